"""An alarm in words and numbers: since when, which columns, how far, in their own unit, and how sure."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Shift:
    """What moved.

    Attributes:
        column: The column; empty for the number of rows.
        measure: As `Measure.kind`; `mix` for the shares of a column's values.
        baseline: With what it was compared: `season`, `previous`, `training` or `pinned`.
        days: How many days together, 1 for a single one.
        value: What was observed, in the unit.
        expected: What was expected.
        unit: `share`, `rows`, `values`, `characters`, `correlation`, or `` for the column's own unit.
        score: -log10 of its tail probability.
        detail: Of a mix, the value whose share moved most; else empty. It is data: not for logs.
    """

    column: str
    measure: str
    baseline: str
    days: int
    value: float
    expected: float
    unit: str
    score: float
    detail: str = ""


@dataclass(frozen=True)
class Alarm:
    """One cause: everything that moved together.

    Attributes:
        since: The day on which it opened.
        until: The last day on which one of its columns was above the threshold; None while it is open, or
            where the week after it stays like the changed days.
        shifts: One of each column, strongest first.
        score: The largest.
        threshold: Of the day on which it opened.
        sure: How many alarms with at least this score a day without drift has: the smaller, the surer.
        segment: Where it is concentrated, as `origin=EWR`; empty if nowhere, or if not looked for.
    """

    since: date
    until: date | None
    shifts: tuple[Shift, ...]
    score: float
    threshold: float
    sure: float
    segment: str = ""

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns, strongest first."""
        return tuple(shift.column for shift in self.shifts)

    @property
    def measure(self) -> str:
        """Of the strongest shift."""
        return self.shifts[0].measure

    @property
    def baseline(self) -> str:
        """Of the strongest shift."""
        return self.shifts[0].baseline

    @property
    def value(self) -> float:
        """Of the strongest shift, in its unit."""
        return self.shifts[0].value

    @property
    def expected(self) -> float:
        """Of the strongest shift, in its unit."""
        return self.shifts[0].expected

    @property
    def unit(self) -> str:
        """Of the strongest shift."""
        return self.shifts[0].unit
