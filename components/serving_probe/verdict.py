"""Decides from scores whether a candidate can be served as it was trained."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np

from perennial.training.head import Head

Scores = Any  # np.ndarray
TOLERANCE: Final = 1e-6
# Float32 sums of a wide network are now and then further apart: so much, in so few of the rows, is rounding.
ROUNDING: Final = 1e-5
ROUNDED_SHARE: Final = 0.01
FORMS: Final[Mapping[str, str]] = {"rows": "raw_columns", "lines": "csv_lines", "examples": "serving_default"}
VERDICT_FILE: Final = "probe.json"


@dataclass(frozen=True)
class Verdict:
    """What the probe found.

    Attributes:
        verdict: SERVABLE or UNSERVABLE.
        reason: A sentence.
        rows: How many rows were scored, through each of the three signatures.
        max_difference: The largest difference of two scores of one row, over all its cells; of a regression
            in units of the label's standard deviation, or of the number where that is larger. None: not
            measured.
        startup_seconds: From the folder to the first scores; None: not measured.
        latency_ms: Of one raw row: `p50` and `p99`, in milliseconds; None: not measured.
    """

    verdict: Literal["SERVABLE", "UNSERVABLE"]
    reason: str
    rows: int = 0
    max_difference: float | None = None
    startup_seconds: float | None = None
    latency_ms: Mapping[str, float] | None = None

    def write(self, folder: Path) -> None:
        """Writes it as `probe.json` into the folder."""
        folder.mkdir(parents=True, exist_ok=True)
        content = json.dumps({"format": 1, **asdict(self)}, indent=2, sort_keys=True, allow_nan=False)
        (folder / VERDICT_FILE).write_text(content + "\n")


def unservable(reason: str, rows: int = 0) -> Verdict:
    """The verdict on a candidate that was not measured to the end."""
    return Verdict("UNSERVABLE", reason, rows)


def judge(expected: Scores, reply: Mapping[str, Any], what: Sequence[str], head: Head) -> Verdict:
    """Compares what the serving process answered with the scores of the training side.

    Args:
        expected: The training side's scores: shape (rows,), or (rows, classes).
        reply: The reply of `serving.offline.probe`.
        what: What each row is, in words.
        head: What the scores are.
    """
    rows = len(expected)
    if "error" in reply:
        row = reply.get("row")
        which = "the rows" if row is None else what[row]
        return unservable(f"The serving process cannot score {which}: {reply['error']}", rows)
    trained = np.asarray(expected, np.float64).reshape(rows, -1)
    lost = np.flatnonzero(~np.isfinite(trained).all(axis=1)).tolist()
    if lost:
        return unservable(f"{_rows(lost, what)} no finite score in training.", rows)
    differences = []
    for form, signature in FORMS.items():
        scores = reply["scores"][form]
        if len(scores) != rows:
            return unservable(f"{signature} gives {len(scores)} scores for {rows} rows.", rows)
        lost = [row for row, score in enumerate(scores) if score is None]
        if lost:
            return unservable(f"{_rows(lost, what)} no finite score through {signature}.", rows)
        served = np.asarray(scores, np.float64).reshape(rows, -1)
        if served.shape != trained.shape:
            return unservable(
                f"{signature} gives {served.shape[1]} scores a row, not {trained.shape[1]}.", rows
            )
        differences.append((np.abs(served - trained) / _unit(trained, head)).max(axis=1))
    return _judge_differences(differences, reply, what)


def _unit(scores: Scores, head: Head) -> Scores:
    """What a difference of 1 is.

    A probability is at most 1, and its rounding is absolute. A regression's float32 number is computed in
    standard deviations of the label and as exact as these and the number itself are: an absolute tolerance
    would refuse every model of salaries, and pass any of millimetres in kilometres.
    """
    if head.task.kind != "regression":
        return np.ones_like(scores)
    unit = np.maximum(np.abs(scores), head.std)
    return np.where(unit > 0, unit, 1)


def _judge_differences(
    differences: Sequence[Scores], reply: Mapping[str, Any], what: Sequence[str]
) -> Verdict:
    rows, largest = len(differences[0]), float(max(difference.max() for difference in differences))
    verdict: Literal["SERVABLE", "UNSERVABLE"] = "SERVABLE"
    reason = f"{rows:,} rows have the same scores through the three signatures as in training."
    for signature, difference in zip(FORMS.values(), differences, strict=True):
        wrong = np.flatnonzero(difference > TOLERANCE).tolist()
        if difference.max() > ROUNDING or len(wrong) > ROUNDED_SHARE * rows:
            by = f"by up to {difference.max():.2g}"
            verdict = "UNSERVABLE"
            reason = f"{_rows(wrong, what)} a different score through {signature} than in training, {by}."
            break
    return Verdict(
        verdict,
        reason,
        rows,
        largest,
        reply["startup_seconds"],
        reply["latency_ms"],
    )


def _rows(rows: Sequence[int], what: Sequence[str]) -> str:
    first = what[rows[0]]
    if len(rows) == 1:
        return f"{first[0].upper()}{first[1:]} has"
    return f"{len(rows):,} rows (the first: {first}) have"
