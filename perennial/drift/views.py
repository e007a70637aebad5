"""What a page shows of a calibration: the sizes that are seen."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from perennial.drift.calibration import Calibration
from perennial.drift.score_series import MIX
from perennial.drift.scoring import z_limits

# A normal residual is below this in 95 of 100 days.
_NORMAL_95: Final = 1.6449


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


def seen_sizes(calibration: Calibration) -> tuple[SeenSize, ...]:
    """The sizes of all measures, shares of values apart; empty while not calibrated."""
    if not calibration.calibrated:
        return ()
    judged, series = calibration.history, calibration.series
    limits = z_limits(calibration.threshold, calibration.scoring, series)[:, 0]
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
