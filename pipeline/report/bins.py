"""Histograms of two spans made comparable: ends rounded, some width for all, common bins."""

import math
from collections.abc import Iterable, Sequence
from typing import Any, Final

# More would measure how TFDV's ten bins, of other width in each span, fall onto these.
_COMMON: Final = 10

Bin = tuple[float, float, float]


def bins_of(stats: Any) -> list[Bin]:
    """Lower and upper end and count of each bin that has rows.

    The outermost ends are the values of single rows, which must not be shown: all ends are rounded, these
    outwards, to a hundredth of the power of ten below the range.

    Args:
        stats: TFDV's `NumericStatistics`.
    """
    standard = next((each.buckets for each in stats.histograms if each.type == each.STANDARD), ())
    buckets = [each for each in standard if math.isfinite(each.low_value) and math.isfinite(each.high_value)]
    if not buckets:
        return []
    step = _step(buckets[-1].high_value - buckets[0].low_value or abs(buckets[0].low_value) or 1.0)
    ends = [_rounded(each.low_value, step, round) for each in buckets]
    ends[0] = _rounded(buckets[0].low_value, step, math.floor)
    ends.append(_rounded(buckets[-1].high_value, step, math.ceil))
    return [
        (ends[place], ends[place + 1], bucket.sample_count)
        for place, bucket in enumerate(buckets)
        if bucket.sample_count > 0
    ]


def _step(extent: float) -> float:
    return 10.0 ** (math.floor(math.log10(extent)) - 2) if math.isfinite(extent) else 0.0


def _rounded(value: float, step: float, rounding: Any) -> float:
    """A multiple of a step, as short as it can be written; what is one but for its last bits stays."""
    if not step:
        return value
    steps = value / step
    whole = round(steps) if abs(steps - round(steps)) < 1e-6 else rounding(steps)
    return float(f"{whole * step:.12g}")


def with_width(bins: Sequence[Bin], others: Sequence[Bin]) -> list[Bin]:
    """Gives a bin without width that of the other span's bin it lies in, else enough to be seen."""
    return [(*_widened(low, high, others), count) for low, high, count in bins]


def _widened(low: float, high: float, others: Sequence[Bin]) -> tuple[float, float]:
    if high > low:
        return low, high
    around = [(left, right) for left, right, _ in others if left <= low <= right and right > left]
    if around:
        return around[0]
    widths = [right - left for left, right, _ in others if right > left]
    half = (max(widths) if widths else max(abs(low), 1.0) / 100) / 2
    return low - half, high + half


def on_common_bins(now: Sequence[Bin], then: Sequence[Bin]) -> tuple[dict[int, float], dict[int, float]]:
    """Both on the same bins of equal width, each old bin's rows spread evenly over it; all need width."""
    ends = [end for low, high, _ in (*now, *then) for end in (low, high)]
    if not ends:
        return {}, {}
    low, width = min(ends), (max(ends) - min(ends)) / _COMMON
    return _spread(now, low, width), _spread(then, low, width)


def _spread(bins: Iterable[Bin], start: float, width: float) -> dict[int, float]:
    counts: dict[int, float] = {}
    for low, high, count in bins:
        for place in range(_COMMON):
            left = start + place * width
            inside = min(high, left + width) - max(low, left)
            if inside > 0:
                counts[place] = counts.get(place, 0.0) + count * inside / (high - low)
    return counts
