"""What a page shows of a calibration: a measure by day with its band, and the sizes that are seen."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from perennial.drift.calibration import Calibration, DayJudgement
from perennial.drift.causes import Judged
from perennial.drift.measures import Measure
from perennial.drift.scoring import MIX
from perennial.drift.tails import z_of_score

Floats = npt.NDArray[np.float64]
# A normal residual is below this in 95 of 100 days.
_NORMAL_95: Final = 1.6449


@dataclass(frozen=True)
class MeasureDays:
    """A measure by day against its season, each (days,), in the measure's unit; NaN where not checked.

    Attributes:
        measure: Which; of a mix, the share of one value.
        value: As observed.
        expected: As the days before let expect.
        low: Below it the threshold is crossed.
        high: Above it the threshold is crossed.
        score: Of the measure, over all baselines.
    """

    measure: Measure
    value: Floats
    expected: Floats
    low: Floats
    high: Floats
    score: Floats


@dataclass(frozen=True)
class SeenSize:
    """The smallest lasting shift of a measure that its first day shows.

    Attributes:
        column: The column; empty for the number of rows.
        measure: Its kind.
        unit: As `Measure.unit`.
        usual: What is usual.
        up: (two) how far up it must go to be seen on its first day in 50 and in 95 of 100 cases.
        down: (two) likewise down.
    """

    column: str
    measure: str
    unit: str
    usual: float
    up: tuple[float, float]
    down: tuple[float, float]


def strongest(calibration: Calibration) -> dict[str, str]:
    """Of each column the kind of the series with the largest score in the history, its most telling one."""
    judged = calibration.history
    with np.errstate(invalid="ignore"):
        peak = np.where(np.isfinite(judged.scored.scores), judged.scored.scores, -1.0).max(axis=(0, 1))
    best: dict[str, str] = {}
    for place in np.argsort(-peak, kind="stable"):
        best.setdefault(judged.series.columns[place], judged.series.kinds[place])
    return {name: best[name] for name in calibration.columns}


def history_series(calibration: Calibration, column: str, kind: str) -> MeasureDays:
    """A series over the history, all of its days."""
    return _series(calibration, calibration.history, np.arange(len(calibration.days)), column, kind)


def judged_series(calibration: Calibration, judgement: DayJudgement, column: str, kind: str) -> MeasureDays:
    """A series over the judged days."""
    return _series(calibration, judgement.judged, judgement.at, column, kind)


def _series(
    calibration: Calibration, judged: Judged, at: npt.NDArray[np.int64], column: str, kind: str
) -> MeasureDays:
    keys = list(zip(judged.series.columns, judged.series.kinds, strict=True))
    place = keys.index((column, kind))
    own = np.flatnonzero(judged.series.of == place)
    z = np.abs(np.nan_to_num(judged.scored.z[0][at][:, own]))
    measure_at = int(own[z.max(axis=0).argmax()]) if kind == MIX else int(own[0])
    measure = judged.measures[measure_at]
    up, down = _limits(calibration)
    rest, width = judged.scored.residuals, judged.scored.width[0][at, measure_at]
    middle = rest.expected[0][at, measure_at] + calibration.scoring.centre[0, measure_at]
    with np.errstate(invalid="ignore"):
        high, low = middle + up[place] * width, middle - (up if kind == MIX else down)[place] * width
    scores = judged.scored.scores[at][:, :, place]
    score = np.where(np.isfinite(scores), scores, -np.inf).max(axis=1)
    return MeasureDays(
        measure,
        measure.own(rest.observed[0][at, measure_at]),
        measure.own(middle),
        measure.own(low),
        measure.own(high),
        np.where(np.isfinite(score), score, np.nan),
    )


def seen_sizes(calibration: Calibration) -> tuple[SeenSize, ...]:
    """The sizes of all measures, shares of values apart; empty while not calibrated."""
    if not calibration.calibrated:
        return ()
    judged, series = calibration.history, calibration.series
    limits = np.stack(_limits(calibration))
    sizes = []
    for place, kind in enumerate(series.kinds):
        at = int(np.flatnonzero(series.of == place)[0])
        measure, scale = calibration.measures[at], calibration.scoring.scale[0, at]
        expected = judged.scored.residuals.expected[0][:, at]
        if kind == MIX or not np.isfinite(expected).any():
            continue
        middle = np.array([np.nanmedian(expected)])
        usual = float(measure.own(middle)[0])
        up, down = (
            tuple(
                float(measure.own(middle + sign * (limit + more) * scale)[0]) - usual
                for more in (0.0, _NORMAL_95)
            )
            for sign, limit in ((1, limits[0, place]), (-1, limits[1, place]))
        )
        sizes.append(
            SeenSize(series.columns[place], kind, measure.unit, usual, (up[0], up[1]), (down[0], down[1]))
        )
    return tuple(sizes)


def _limits(calibration: Calibration) -> tuple[Floats, Floats]:
    """The z up and down at which a day of the first baseline crosses the threshold, each (series,)."""
    series = len(calibration.series.columns)
    tails = calibration.scoring.tails
    first = type(tails)(*(each[:, :series] for each in (tails.start, tails.scale, tails.shape)))
    if not np.isfinite(calibration.threshold):
        return np.full(series, np.nan), np.full(series, np.nan)
    up, down = z_of_score(calibration.threshold, first, calibration.series.tests)
    return up, down
