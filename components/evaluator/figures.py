"""How metrics are written: those in the label's unit may be of any size."""

from typing import Final

IN_THE_LABELS_UNIT: Final = ("rmse", "mae", "bias")
_MANY: Final = 1000


def figure(metric: str, value: float, sign: str = "") -> str:
    """Writes the value of a metric, or a difference of two; `sign` is "+" where one is wanted."""
    if metric not in IN_THE_LABELS_UNIT:
        return f"{value:{sign}.4f}"
    return f"{value:{sign},.0f}" if abs(value) >= _MANY else f"{value:{sign}.4g}"
