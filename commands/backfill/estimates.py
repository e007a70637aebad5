"""What a backfill will take: seconds, from the runs of this root, and bytes, from what they wrote."""

import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Final

from commands.backfill.plan import BackfillPlan
from perennial import disk
from perennial.files import read_json
from perennial.store.ledger import Ledger
from pipeline.config import UseCase

# The newest runs that are looked at.
_RUNS: Final = 50


@dataclass(frozen=True)
class PastTimes:
    """How long it took in past runs of this root.

    Attributes:
        spans: Seconds of each span that was read.
        trainings: Seconds of each run that trained, without those of its spans.
    """

    spans: tuple[float, ...]
    trainings: tuple[float, ...]

    def expected(self, spans: int, trainings: int) -> float | None:
        """Seconds that so many spans and trainings will take; None where there is no past one."""
        if (spans and not self.spans) or (trainings and not self.trainings):
            return None
        reading = spans * statistics.median(self.spans) if spans else 0.0
        return reading + (trainings * statistics.median(self.trainings) if trainings else 0.0)


def past_times(root: Path) -> PastTimes:
    """The times of the newest runs; a summary that cannot be read is left out.

    A span counts where ArrowExampleGen ran, a training where the Trainer did: what comes from the cache takes
    no time.
    """
    spans: list[float] = []
    trainings: list[float] = []
    for summary in islice(_summaries(root), _RUNS):
        read = _by_span(summary["nodes"])
        of_spans = {span: nodes for span, nodes in read.items() if span is not None}
        spans += [_seconds(nodes) for nodes in of_spans.values() if _ran(nodes, "ArrowExampleGen")]
        if _ran(read.get(None, []), "Trainer"):
            others = sum(_seconds(nodes) for nodes in of_spans.values())
            trainings.append(max(float(summary["seconds"]) - others, 0.0))
    return PastTimes(tuple(spans), tuple(trainings))


def expected(use_case: UseCase, ledger: Ledger, plan: BackfillPlan) -> dict[str, Any]:
    """What a plan will take.

    Returns:
        `spans` and `trainings`: how many; `seconds`: how long, and `longest_run`: the longest of its runs
        (both None where there is no past one to go by); `past_spans` and `past_trainings`: how many of these
        there are; `bytes`: by the rule that each run checks the disk by; `bytes_free`.
    """
    times, trainings = past_times(use_case.root), sum(run.trains for run in plan.runs)
    reads = [
        times.expected(
            len([span for span in (*run.spans, *run.others) if span in plan.sizes]), int(run.trains)
        )
        for run in plan.runs
    ]
    known = [seconds for seconds in reads if seconds is not None]
    is_known = len(known) == len(reads)
    return {
        "spans": len(plan.sizes) if plan.runs else 0,
        "trainings": trainings,
        "seconds": sum(known) if is_known else None,
        "longest_run": max(known, default=0.0) if is_known else None,
        "past_spans": len(times.spans),
        "past_trainings": len(times.trainings),
        "bytes": _bytes(use_case, ledger, plan, trainings) if plan.runs else 0,
        "bytes_free": disk.free_bytes(_existing(use_case.root)),
    }


def _bytes(use_case: UseCase, ledger: Ledger, plan: BackfillPlan, trainings: int) -> int:
    versions = (ledger.spans.in_use(span) for span in ledger.spans.names())
    read = [
        (size, Path(version.examples))
        for version in versions
        if version
        and version.examples
        and Path(version.examples).is_dir()
        and (size := _size(use_case.exports_folder / version.span))
    ]
    training = disk.needed_bytes(use_case.root, [], read)
    reading = disk.needed_bytes(use_case.root, [*plan.sizes.values()], read) - training
    return reading + trainings * training


def _existing(folder: Path) -> Path:
    """The folder, or the nearest above it that exists."""
    return next(path for path in (folder, *folder.parents) if path.exists())


def _summaries(root: Path) -> Iterator[Mapping[str, Any]]:
    """The summaries of runs, newest first."""
    for folder in sorted((root / "runs").glob("*"), reverse=True):
        try:
            yield read_json(folder / "summary.json")
        except (OSError, ValueError):
            continue


def _by_span(nodes: Sequence[Mapping[str, Any]]) -> dict[str | None, list[Mapping[str, Any]]]:
    passes: dict[str | None, list[Mapping[str, Any]]] = {}
    for node in nodes:
        passes.setdefault(node["span"], []).append(node)
    return passes


def _ran(nodes: Sequence[Mapping[str, Any]], name: str) -> bool:
    return any(node["name"] == name and node["state"] == "COMPLETE" for node in nodes)


def _seconds(nodes: Sequence[Mapping[str, Any]]) -> float:
    return sum(float(node["seconds"]) for node in nodes)


def _size(folder: Path) -> int:
    """Bytes of the files of an export; 0 where it is gone."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
