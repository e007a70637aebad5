"""Figures of alarms: realised over stated, thresholds of one rate, sizes that are seen."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, stdev
from typing import Final

Z: Final = 1.96


@dataclass(frozen=True)
class AlarmRatio:
    """Realised over stated false alarms, with the bounds of its 95% interval.

    Attributes:
        value: The ratio.
        low: The lower bound.
        high: The upper bound.
        alarms: How many there were.
        days: In how many days.
    """

    value: float
    low: float
    high: float
    alarms: int
    days: int

    def within(self, low: float, high: float) -> bool:
        """Whether the whole interval lies within bounds."""
        return low <= self.low and self.high <= high


def realised_over_stated(counts: Sequence[int], days: Sequence[int], one_in: float) -> AlarmRatio:
    """The ratio of streams of days that know nothing of each other.

    The interval is from how much the streams differ. With fewer than ten streams it is that of Poisson's
    distribution, as if alarms came independently.

    Args:
        counts: The alarms of each stream.
        days: Its days.
        one_in: One alarm in so many days was stated.
    """
    alarms, total = sum(counts), sum(days)
    value = alarms * one_in / total
    if len(counts) >= 10:
        ratios = [count * one_in / each for count, each in zip(counts, days, strict=True)]
        half = Z * stdev(ratios) / math.sqrt(len(ratios))
        return AlarmRatio(value, value - half, value + half, alarms, total)
    half = Z * math.sqrt(max(alarms, 1)) * one_in / total
    return AlarmRatio(value, max(0.0, value - half), value + half, alarms, total)


def openings(scores: Sequence[float], threshold: float) -> int:
    """How often scores of days that follow one another rise to a threshold or above."""
    above = [score >= threshold for score in scores]
    return sum(now and not before for before, now in zip([False, *above], above, strict=False))


def threshold_of_rate(streams: Sequence[Sequence[float]], one_in: float) -> float | None:
    """The lowest threshold at which streams open so many alarms, or fewer.

    Args:
        streams: Scores of the days of each stream.
        one_in: One alarm in so many days is wanted.

    Returns:
        Above the wanted threshold no larger one opens more alarms than are wanted. None: the highest scores
        are so many alike that a threshold would have to be above them, so that nothing could alarm.
    """
    wanted = sum(len(stream) for stream in streams) / one_in
    best: float | None = None
    for threshold in sorted({score for stream in streams for score in stream}, reverse=True):
        if sum(openings(stream, threshold) for stream in streams) > wanted:
            break
        best = threshold
    return best


def size_seen(recalls: Mapping[float, float], wanted: float) -> float | None:
    """The size from which on a share of the plants is found, between the measured sizes on a log scale.

    Args:
        recalls: Size -> recall.
        wanted: The recall.

    Returns:
        None where even the largest is found less often; the smallest where that is found as often.
    """
    sizes = sorted(recalls)
    enough = [
        size for place, size in enumerate(sizes) if all(recalls[each] >= wanted for each in sizes[place:])
    ]
    if not enough:
        return None
    size = enough[0]
    place = sizes.index(size)
    if place == 0:
        return size
    below = sizes[place - 1]
    part = (wanted - recalls[below]) / (recalls[size] - recalls[below])
    return math.exp(math.log(below) + part * (math.log(size) - math.log(below)))


def recall_of(verdicts: Sequence[bool]) -> float:
    """The share that was found; NaN of none."""
    return fmean(map(float, verdicts)) if verdicts else math.nan
