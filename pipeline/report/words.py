"""How a page writes numbers, names and times."""

import math
from datetime import datetime, timezone
from typing import Any, Final

from markupsafe import Markup, escape

NONE: Final = "\N{EN DASH}"
_HARD: Final = "\N{NO-BREAK SPACE}"
_NAMES: Final = {
    "auc": "AUC",
    "auc_pr": "AUC-PR",
    "f1_macro": "F1 (macro)",
    "rmse": "RMSE",
    "mae": "Mean absolute error",
    "r2": "R²",
}


def metric(name: str) -> str:
    """A metric's name for a person: `log_loss` is "Log loss"."""
    return _NAMES.get(name, name.replace("_", " ").capitalize())


def number(value: Any) -> str:
    """A number in few digits: whole ones with thousands apart, others in four digits that count."""
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return NONE
    if float(value).is_integer() and abs(value) < 1e15:
        return f"{value:,.0f}"
    if abs(value) >= 1000:
        return f"{value:,.0f}" if abs(value) < 1e9 else f"{value:.3e}"
    return f"{value:.4g}"


def score(value: Any) -> str:
    """A metric's value: four decimals, fewer where it is large, more where it is tiny."""
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return NONE
    if isinstance(value, int):
        return f"{value:,}"
    size = abs(value)
    if size >= 10:
        return f"{value:,.0f}" if size >= 1000 else f"{value:.2f}"
    return f"{value:.4f}" if size >= 0.001 or not size else f"{value:.3g}"


def signed(value: float | None) -> str:
    """As `score`, with a plus before what is above zero."""
    return NONE if value is None else f"{'+' if value > 0 else ''}{score(value)}"


def share(value: float | None) -> str:
    """A share in percent; what is above 0 is never shown as 0."""
    if value is None:
        return NONE
    text = "< 0.1%" if 0 < value < 0.001 else f"{value:.1%}".replace(".0%", "%")
    return text.replace(" ", _HARD).replace("%", f"{_HARD}%")


def ends(interval: Any) -> str:
    """An interval's two ends; empty without one."""
    return f"{score(interval[0])} to {score(interval[1])}" if interval else ""


def seconds(value: float) -> str:
    """A length of time."""
    if value < 60:
        return f"{value:.1f} s"
    return f"{value // 60:.0f} min {value % 60:.0f} s"


def moment(run_id: str) -> str:
    """When a run began, as its id tells; the id itself where it does not."""
    try:
        began = datetime.strptime(run_id.partition("-")[0], "%Y%m%dT%H%M%S.%fZ").replace(tzinfo=timezone.utc)
    except ValueError:
        return run_id
    return began.strftime("%-d %B %Y, %H:%M UTC")


def days(facts: Any) -> str:
    """First and last day of rows; empty where rows have no time."""
    if not facts or not facts.get("first_day"):
        return ""
    first, last = facts["first_day"], facts["last_day"]
    return str(first) if first == last else f"{first} to {last}"


def with_code(text: Any) -> Markup:
    """A sentence as HTML: escaped, and what stands between backticks as code."""
    parts = str(text).split("`")
    if len(parts) % 2 == 0:  # a backtick without its other half
        return escape(text)
    pieces = (
        Markup("<code>{}</code>").format(part) if place % 2 else escape(part)
        for place, part in enumerate(parts)
    )
    return Markup("").join(pieces)
