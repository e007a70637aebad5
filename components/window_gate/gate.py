"""Compares the rows of a window with those of the live model; plain data, no TFX."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

_NAMED_SPANS = 5


@dataclass(frozen=True)
class LiveRows:
    """What the live version was trained on, as far as it still counts.

    Attributes:
        version: Its number; 0: nothing is live, or its card has no rows.
        rows: Training rows that a candidate is compared with: those of its card, without spans that a person
            rejected since; at most those that a person accepted while it was live.
        spans: Training rows of each of its spans.
        states: Of a span that is not in use now: why, such as `refused`.
        same_window: Whether the window's settings are those of its run.
        rejected: Names of its spans that a person rejected.
    """

    version: int
    rows: int
    spans: Mapping[str, int]
    states: Mapping[str, str]
    same_window: bool
    rejected: tuple[str, ...] = ()

    def to_json(self) -> str:
        """As a parameter of the node."""
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> "LiveRows":
        """From `to_json`."""
        values = json.loads(text)
        return cls(**{**values, "rejected": tuple(values["rejected"])})


NO_LIVE_ROWS = LiveRows(version=0, rows=0, spans={}, states={}, same_window=True)


@dataclass(frozen=True)
class WindowResult:
    """What the gate found.

    Attributes:
        version: The live version; 0: there is none to compare with.
        live_rows: Training rows that it counts for.
        rows: Training rows of the window.
        missing: Its spans that give fewer rows now, each with rows then and now and why.
        fewer: Whether there are fewer rows than `max_shrink` allows.
        same_window: Whether the window's settings are those of the live version's run.
    """

    version: int
    live_rows: int
    rows: int
    missing: tuple[str, ...]
    fewer: bool
    same_window: bool

    @property
    def blocks(self) -> bool:
        """Whether a person has to accept it before anything is trained."""
        return self.fewer and self.same_window

    def sentence(self) -> str:
        """What is wrong with the window; empty if there are not many fewer rows."""
        if not self.fewer:
            return ""
        share = 1 - self.rows / self.live_rows
        others = len(self.missing) - _NAMED_SPANS
        named = ", ".join(self.missing[:_NAMED_SPANS]) + (f" and {others} more" if others > 0 else "")
        which = f" Spans with fewer rows: {named}." if named else ""
        return (
            f"The window has {self.rows:,} rows to train on, {share:.0%} fewer than the {self.live_rows:,} of"
            f" version {self.version}, which is live.{which}"
        )


def judge_window(window: Mapping[str, Any], live: LiveRows, max_shrink: float) -> WindowResult:
    """Compares a window's rows with those of the live version.

    Args:
        window: `window.json`.
        live: What the live version was trained on.
        max_shrink: The share of its rows that may be gone; 1 allows all.
    """
    rows = window["train"]["rows"]
    now = {span["span"]: span["train_rows"] for span in window["spans"]}
    missing = tuple(
        f"{span} ({now.get(span, 0):,} of {then:,}{_why(live.states.get(span, ''))})"
        for span, then in live.spans.items()
        if now.get(span, 0) < then and span not in live.rejected
    )
    fewer = rows < (1 - max_shrink) * live.rows
    return WindowResult(live.version, live.rows, rows, missing, fewer, live.same_window)


def _why(state: str) -> str:
    return f", {state}" if state else ""
