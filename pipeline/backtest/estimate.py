"""What a backtest will take, from the results so far and from past runs; what is not known is None."""

import itertools
import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from perennial.files import read_json
from pipeline.backtest.results import Results
from pipeline.config import UseCase

_NEWEST_RUNS: Final = 20
# A backtest has no model that is live, so none scores the span.
_NODES_OF_A_SPAN: Final = ("ArrowExampleGen", "DaySummaries", "SpanStatistics", "DataGate")
_NODES_OF_A_TRAINING: Final = ("Window", "Transform", "Trainer")
# The process of each training starts anew; its imports.
_START_SECONDS: Final = 7.0


@dataclass(frozen=True)
class Estimate:
    """What a backtest will take.

    Attributes:
        spans: Spans to read first.
        span_seconds: Seconds for each of them; None: no run has read one.
        trainings: Trainings to do.
        training_seconds: Seconds for each; None: none was done yet.
        trained_from: What `training_seconds` is from: "backtests" or "runs"; "" where it is not known.
        span_bytes: Bytes on the disk that reading leaves; None: not known.
        training_bytes: Bytes that a training takes while it goes on; they are freed after it.
    """

    spans: int
    span_seconds: float | None
    trainings: int
    training_seconds: float | None
    trained_from: str
    span_bytes: int | None
    training_bytes: int | None

    @property
    def seconds(self) -> float | None:
        """Of all; None where a part is not known."""
        reading = self.span_seconds if self.spans else 0.0
        training = self.training_seconds if self.trainings else 0.0
        if reading is None or training is None:
            return None
        return self.spans * reading + self.trainings * training


def estimate_of(
    use_case: UseCase,
    results: Results,
    export_bytes: Sequence[int],
    read: Sequence[tuple[int, Path]],
    trainings: int,
) -> Estimate:
    """Estimates from what is on the disk.

    Args:
        use_case: Whose.
        results: Of earlier backtests.
        export_bytes: Of each export that is to be read.
        read: Bytes of exports that were read, with the folder of the Examples of each.
        trainings: Trainings to do.
    """
    past = list(itertools.islice(_summaries(use_case.root), _NEWEST_RUNS))
    measured = [result.seconds for result in results.all() if not result.refit]
    by_runs = list(filter(None, (_training_seconds(summary["nodes"]) for summary in past)))
    seconds: float | None = None
    trained_from = ""
    if measured:
        seconds, trained_from = statistics.median(measured), "backtests"
    elif by_runs:
        seconds, trained_from = statistics.median(by_runs) + _START_SECONDS, "runs"
    by_span = [each for summary in past for each in _span_seconds(summary["nodes"])]
    return Estimate(
        spans=len(export_bytes),
        span_seconds=statistics.median(by_span) if by_span else None,
        trainings=trainings,
        training_seconds=seconds,
        trained_from=trained_from,
        span_bytes=_bytes_read(export_bytes, read),
        training_bytes=_training_bytes(use_case.root / "artifacts"),
    )


def _summaries(root: Path) -> Iterator[Mapping[str, Any]]:
    """The summaries of runs that did something, the newest first; one that cannot be read does not count."""
    for file in sorted(root.glob("runs/*/summary.json"), reverse=True):
        try:
            content = read_json(file)
        except (OSError, ValueError):
            continue
        if isinstance(content, dict) and isinstance(content.get("nodes"), list) and content["nodes"]:
            yield content


def _training_seconds(nodes: Sequence[Mapping[str, Any]]) -> float:
    """Seconds of the nodes of a training; 0 where not all of them ran."""
    ran = [node for node in nodes if node["name"] in _NODES_OF_A_TRAINING and node["state"] == "COMPLETE"]
    complete = {node["name"] for node in ran} == set(_NODES_OF_A_TRAINING)
    return sum(node["seconds"] for node in ran) if complete else 0.0


def _span_seconds(nodes: Sequence[Mapping[str, Any]]) -> list[float]:
    """Seconds of each span that was read."""
    by_span: dict[str, list[float]] = {}
    for node in nodes:
        if node["name"] in _NODES_OF_A_SPAN and node["state"] == "COMPLETE":
            by_span.setdefault(node.get("span") or "", []).append(node["seconds"])
    return [sum(seconds) for seconds in by_span.values() if len(seconds) == len(_NODES_OF_A_SPAN)]


def _bytes_read(export_bytes: Sequence[int], read: Sequence[tuple[int, Path]]) -> int | None:
    if not export_bytes:
        return 0
    exports, examples = sum(size for size, _ in read), sum(_size(folder) for _, folder in read)
    return round(sum(export_bytes) * examples / exports) if exports and examples else None


def _training_bytes(artifacts: Path) -> int | None:
    """Bytes of the newest outputs of the nodes of a training; the window's are links to the spans'."""
    folders = [
        max(there, key=lambda path: int(path.name))
        for node in ("Transform", "Trainer")
        for key in artifacts.glob(f"{node}/*")
        if (there := [path for path in key.iterdir() if path.name.isdecimal()])
    ]
    return sum(map(_size, folders)) or None


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
