"""The page of a drift calibration: its state, what would have alarmed, columns by day, what is noticed."""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, Final

from perennial.drift.calibration import Calibration
from perennial.text import plural
from pipeline.report import words
from pipeline.report.columns_view import OPEN
from pipeline.report.drift_content import of_history
from pipeline.report.drift_view import drift_view
from pipeline.report.drift_words import DayNames
from pipeline.report.page_template import page_frame, page_template

_HERE: Final = Path(__file__).parent
# Measures whose sizes are shown at once; the others of a column are folded away.
_MAIN: Final = ("rows", "missing", "level", "rate", "unseen")


def calibration_page(
    calibration: Calibration, use_case: str, number: int, made: str, private: Collection[str] = ()
) -> str:
    """The page of a calibration as HTML.

    Args:
        calibration: Of which.
        use_case: Its name.
        number: The calibration's.
        made: When it was made.
        private: Columns of which no value is shown.
    """
    return html_of(use_case, f"number {number}, made {made}", of_history(calibration, private))


def html_of(use_case: str, made: str, drift: Mapping[str, Any]) -> str:
    """The page's HTML.

    Args:
        use_case: Its name.
        made: When the calibration was made, and which number it has; empty if neither is known.
        drift: As `pipeline.report.drift_content` makes it, of the history. Its text may be hostile.
    """
    view, names = drift_view(drift), DayNames(drift["dated"])
    sizes = [(each["name"], each["seen"]) for each in [*view["cards"], *view["folded"]] if each["seen"]]
    return page_template(_HERE).render(
        use_case=use_case,
        made=made,
        drift=view,
        facts=_facts(drift, view),
        realised=_realised(drift),
        main_sizes=[(name, [each for each in seen if each["kind"] in _MAIN]) for name, seen in sizes[:OPEN]],
        sizes=sizes,
        left_out=[(names.several(*each["days"]), each["why"]) for each in drift["left_out"]],
        calendar=[names.one(day) for day in drift["calendar"]],
        words=words,
        plural=plural,
        **page_frame(),
    )


def _judged_days(drift: Mapping[str, Any]) -> int:
    pairs = zip(drift["scores"], drift["thresholds"], strict=True)
    return sum(score is not None and limit is not None for score, limit in pairs)


def _expected(drift: Mapping[str, Any]) -> str:
    """How many false alarms the judged days would have at the stated rate."""
    return f"{_judged_days(drift) / drift['rate_days']:.1f}"


def _realised(drift: Mapping[str, Any]) -> str:
    """Stated and realised, in a sentence; empty where no day was judged."""
    days = _judged_days(drift)
    if not days:
        return ""
    return (
        f"{plural(len(drift['alarms']), 'alarm')} on {plural(days, 'judged day')}. At the stated rate"
        f" ({drift['rate']}), about {_expected(drift)} false alarms are expected on so many days. An alarm"
        " with a cause, such as a storm or a change at the source, is not a false one and comes on top."
    )


def _facts(drift: Mapping[str, Any], view: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """What stands in large figures: a name, a figure, and what goes with it."""
    history, names = drift["history"], DayNames(drift["dated"])
    dates = names.several(history["first"], history["last"]) if history["days"] else ""
    columns = sum(1 for each in drift["columns"] if each["name"])
    facts = [("Stated rate", drift["rate"], "false alarms, all columns together")]
    if view["calibrated"]:
        alarms, beside = len(drift["alarms"]), f"about {_expected(drift)} at the stated rate"
        facts.append(
            ("Would have alarmed", plural(alarms, "time"), f"in {_judged_days(drift)} judged days; {beside}")
        )
    else:
        facts.append(("Still needed", plural(drift["needed"], "day"), "of accepted rows"))
    facts.append(("History", plural(history["days"], "day"), dates))
    facts.append(("Columns", f"{columns}", "and the number of rows"))
    limits = [
        (day, each) for day, each in zip(drift["days"], drift["thresholds"], strict=True) if each is not None
    ]
    if limits and view["calibrated"]:
        facts.append(("Threshold now", f"{limits[-1][1]:.1f}", f"as of {names.one(limits[-1][0])}"))
    return facts
