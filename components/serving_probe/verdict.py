"""Decides from scores whether a candidate can be served as it was trained."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Literal

TOLERANCE: Final = 1e-6
FORMS: Final[Mapping[str, str]] = {"rows": "raw_columns", "lines": "csv_lines", "examples": "serving_default"}
VERDICT_FILE: Final = "probe.json"


@dataclass(frozen=True)
class Verdict:
    """What the probe found.

    Attributes:
        verdict: SERVABLE, UNSERVABLE, or NOT_PROBED where the Evaluator did not bless the candidate.
        reason: A sentence.
        rows: How many rows were scored, through each of the three signatures.
        max_difference: The largest difference of two scores of one row; None: not measured.
        startup_seconds: From the folder to the first scores; None: not measured.
        latency_ms: Of one raw row: `p50` and `p99`, in milliseconds; None: not measured.
    """

    verdict: Literal["SERVABLE", "UNSERVABLE", "NOT_PROBED"]
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


def judge(expected: Sequence[float], reply: Mapping[str, Any], what: Sequence[str]) -> Verdict:
    """Compares what the serving process answered with the scores of the training side.

    Args:
        expected: The training side's score of each row.
        reply: The reply of `serving.probe`.
        what: What each row is, in words.
    """
    if "error" in reply:
        row = reply.get("row")
        which = "the rows" if row is None else what[row]
        return unservable(f"The serving process could not score {which}: {reply['error']}", len(expected))
    lost = [row for row, score in enumerate(expected) if not math.isfinite(score)]
    if lost:
        return unservable(f"{_rows(lost, what)} no finite score on the training side.", len(expected))
    differences = []
    for form, signature in FORMS.items():
        scores = reply["scores"][form]
        if len(scores) != len(expected):
            return unservable(
                f"{signature} gave {len(scores)} scores for {len(expected)} rows.", len(expected)
            )
        lost = [row for row, score in enumerate(scores) if score is None]
        if lost:
            return unservable(f"{_rows(lost, what)} no finite score through {signature}.", len(expected))
        differences.append([abs(score - other) for score, other in zip(scores, expected, strict=True)])
    return _judge_differences(differences, reply, what)


def _judge_differences(
    differences: Sequence[Sequence[float]], reply: Mapping[str, Any], what: Sequence[str]
) -> Verdict:
    rows, largest = len(differences[0]), max(max(found) for found in differences)
    reason = f"{rows:,} rows scored alike through three signatures and by the training-side transform."
    for signature, found in zip(FORMS.values(), differences, strict=True):
        wrong = [row for row, difference in enumerate(found) if difference > TOLERANCE]
        if wrong:
            by = f"by up to {max(found):.2g}"
            reason = f"{_rows(wrong, what)} another score through {signature} than in training, {by}."
            break
    return Verdict(
        "SERVABLE" if largest <= TOLERANCE else "UNSERVABLE",
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
