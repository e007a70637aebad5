"""From other tools' scores to what was found: as a tool is set by default, and at one realised rate."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from benchmarks.quality.drift.oracle import ONE_IN
from benchmarks.quality.drift.rates import openings, recall_of, threshold_of_rate

# Of a day or a month: `columns`, `alarmed`, and `score` of a tool that judges all columns together.
Scores = Mapping[str, Any]
MONTH_DAYS: Final = 30.0
UNIT_LEVEL: Final = 0.98
_STRONGEST: Final = 3  # of a tool that judges all columns together


@dataclass(frozen=True)
class PlantVerdict:
    """Whether a plant was found, and whether by the right column.

    Attributes:
        alarm: Whether anything alarmed on its days.
        right: Whether a damaged column is among what alarmed.
    """

    alarm: bool
    right: bool


@dataclass(frozen=True)
class MatchedTool:
    """A tool at the stated rate: a unit for each statistic of each column, and one threshold for all.

    A statistic's unit is what it reaches on 2 of 100 days of replicas. So each column and statistic has a
    threshold of its own, from days without damage that the tool would not have; one factor on all of them
    makes the rate that of the others. A statistic that is 0 on all these days has a half row as its unit.

    Attributes:
        units: (column, statistic) -> unit.
        least: The unit where there is none, or a smaller one.
        threshold: In units; None where no threshold has the rate.
    """

    units: Mapping[tuple[str, str], float]
    least: float
    threshold: float | None

    def of_columns(self, scores: Scores) -> dict[str, float]:
        """Each column's score, in units."""
        return {
            name: max(
                (
                    value / max(self.units.get((name, statistic), 0.0), self.least)
                    for statistic, value in of_column.items()
                ),
                default=0.0,
            )
            for name, of_column in scores["columns"].items()
        }

    def of_day(self, scores: Scores) -> float:
        """The one score of a day, or month."""
        if "score" in scores:
            return float(scores["score"])
        return max(self.of_columns(scores).values(), default=0.0)

    def verdict(self, batches: Sequence[Scores], columns: Sequence[str]) -> PlantVerdict | None:
        """Whether a plant was found on any of its days; None where the tool has no threshold.

        Args:
            batches: The scores of its days, or of its month.
            columns: The damaged columns.
        """
        if self.threshold is None:
            return None
        loud = [scores for scores in batches if self.of_day(scores) >= self.threshold]
        return PlantVerdict(bool(loud), any(set(columns) & self._named(scores) for scores in loud))

    def _named(self, scores: Scores) -> set[str]:
        by_column = self.of_columns(scores)
        if "score" in scores:
            return set(sorted(by_column, key=lambda name: -by_column[name])[:_STRONGEST])
        return {name for name, score in by_column.items() if score >= (self.threshold or 0.0)}


def matched(streams: Sequence[Sequence[Scores]], rows_a_batch: float, *, monthly: bool) -> MatchedTool:
    """A tool at the stated rate.

    Args:
        streams: Its scores of the days, or months, of each replica, in order.
        rows_a_batch: Rows of a day, or month.
        monthly: Whether they are months.
    """
    values: dict[tuple[str, str], list[float]] = {}
    days = [scores for stream in streams for scores in stream]
    for scores in days:
        if "score" in scores:
            continue
        for name, of_column in scores["columns"].items():
            for statistic, value in of_column.items():
                values.setdefault((name, statistic), []).append(value)
    units = {key: _unit(of_key, len(days)) for key, of_key in values.items()}
    without = MatchedTool(units, 0.5 / rows_a_batch, None)
    scored = [[without.of_day(scores) for scores in stream] for stream in streams]
    one_in = ONE_IN / MONTH_DAYS if monthly else ONE_IN
    return MatchedTool(units, without.least, threshold_of_rate(scored, one_in) if days else None)


def _unit(values: Sequence[float], days: int) -> float:
    """Of all days; one on which the statistic is not written has 0."""
    return float(np.quantile([*values, *([0.0] * (days - len(values)))], UNIT_LEVEL))


def merged(clean: Scores | None, planted: Scores) -> Scores:
    """The scores of a planted day: columns that it did not touch have those of the clean day."""
    if clean is None or "score" in planted:
        return planted
    alarmed = [name for name in clean["alarmed"] if name not in planted["columns"]]
    return {
        "columns": {**clean["columns"], **planted["columns"]},
        "alarmed": [*alarmed, *planted["alarmed"]],
    }


def by_default(batches: Iterable[Scores], columns: Iterable[str]) -> PlantVerdict:
    """Whether a plant was found on any of its days by a tool as it is set."""
    alarmed = {name for scores in batches for name in scores["alarmed"]}
    return PlantVerdict(bool(alarmed), bool(alarmed & set(columns)))


def default_openings(streams: Sequence[Sequence[Scores]]) -> tuple[list[int], list[int]]:
    """The openings of each stream by default, and how many days it has."""
    alarmed = [[float(bool(scores["alarmed"])) for scores in stream] for stream in streams]
    return [openings(stream, 1.0) for stream in alarmed], [len(stream) for stream in alarmed]


@dataclass(frozen=True)
class Recall:
    """What was found of the plants of a kind and share.

    Attributes:
        plants: How many there were.
        alarm: Share that alarmed.
        right: Share that alarmed with the right column.
    """

    plants: int
    alarm: float
    right: float


def recall(verdicts: Sequence[PlantVerdict]) -> Recall:
    """Sums up plants."""
    return Recall(
        len(verdicts),
        recall_of([each.alarm for each in verdicts]),
        recall_of([each.right for each in verdicts]),
    )
