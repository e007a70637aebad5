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
from pipeline.run import drift_effects, live_predictions

# The newest runs that are looked at.
_RUNS: Final = 50
# The runs of a backfill do not have the live model score spans.
_OF_THE_LIVE_MODEL: Final = (live_predictions.NODE, drift_effects.NODE)


@dataclass(frozen=True)
class PastTimes:
    """How long it took in past runs of this root, in seconds.

    Attributes:
        spans: Of each span that was read.
        judgings: Of each span that was judged again, from what was read of it before.
        trainings: Of each training half.
        starts: Of the rest of each run that had anything to do: its processes begin, and its page is made.
    """

    spans: tuple[float, ...]
    judgings: tuple[float, ...]
    trainings: tuple[float, ...]
    starts: tuple[float, ...]

    def expected(self, spans: int, judgings: int, trainings: int) -> float | None:
        """Seconds that one run will take with so many of each; None where there is no past one."""
        if (spans and not self.spans) or (trainings and not self.trainings) or not self.starts:
            return None
        # Where none was judged again so far, its time is small beside that of a reading.
        of_each = (spans, self.spans), (judgings, self.judgings), (trainings, self.trainings)
        work = sum(count * statistics.median(past) for count, past in of_each if past)
        return work + statistics.median(self.starts)


def past_times(root: Path) -> PastTimes:
    """The times of the newest runs; a summary that cannot be read is left out.

    A span counts as read where ArrowExampleGen ran, as judged again where only DataGate did, and a training
    where the Trainer ran: what comes from the cache takes no time.
    """
    spans: list[float] = []
    judgings: list[float] = []
    trainings: list[float] = []
    starts: list[float] = []
    for summary in islice(_summaries(root), _RUNS):
        try:
            passes, seconds = _by_span(summary["nodes"]), float(summary["seconds"])
            took = {span: _seconds(nodes) for span, nodes in passes.items()}
        except (KeyError, TypeError, ValueError):
            continue
        for span, nodes in passes.items():
            if span is None:
                trainings += [took[span]] if _ran(nodes, "Trainer") else []
            elif _ran(nodes, "ArrowExampleGen"):
                spans.append(took[span])
            elif _ran(nodes, "DataGate"):
                judgings.append(took[span])
        if passes:
            starts.append(max(seconds - sum(took.values()), 0.0))
    return PastTimes(tuple(spans), tuple(judgings), tuple(trainings), tuple(starts))


def expected(use_case: UseCase, ledger: Ledger, plan: BackfillPlan) -> dict[str, Any]:
    """What a plan will take.

    Returns:
        `spans` and `trainings`: how many; `seconds`: how long, and `longest_run`: the longest of its runs
        (both None where there is no past one to go by); `past_spans` and `past_trainings`: how many of these
        there are; `bytes`: by the rule that each run checks the disk by; `bytes_free`.
    """
    times, trainings = past_times(use_case.root), sum(run.trains for run in plan.runs)
    reads = []
    for number, run in enumerate(plan.runs):
        read = [span for span in (*run.spans, *run.others) if span in plan.sizes]
        again = len(plan.moved) if number == 0 else 0
        reads.append(times.expected(len(read), again, int(run.trains)))
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
        and not version.pruned
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
        if node["name"] not in _OF_THE_LIVE_MODEL:
            passes.setdefault(node["span"], []).append(node)
    return passes


def _ran(nodes: Sequence[Mapping[str, Any]], name: str) -> bool:
    return any(node["name"] == name and node["state"] == "COMPLETE" for node in nodes)


def _seconds(nodes: Sequence[Mapping[str, Any]]) -> float:
    return sum(float(node["seconds"]) for node in nodes)


def _size(folder: Path) -> int:
    """Bytes of the files of an export; 0 where it is gone."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
