"""What a page shows of drift, from plain values: the state, alarms, the score by day, a chart a column."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from markupsafe import Markup

from perennial.text import plural
from pipeline.report import day_charts, drift_words, words
from pipeline.report.columns_view import OPEN
from pipeline.report.day_series import MeasureByDay, ScoresByDay

CALIBRATED: Final = "calibrated"
# Points of a small chart that is folded away: a picture of 236 pixels shows hardly more.
_FOLDED_POINTS: Final = 110
_TONES: Final = {"block": "bad", "warn": "warn", "note": "calm"}


def drift_view(drift: Mapping[str, Any]) -> dict[str, Any]:
    """What the templates show of drift.

    Args:
        drift: As `pipeline.report.drift_content` makes it. Its text may be hostile: templates escape it.
    """
    shown, names = _scores(drift), drift_words.DayNames(drift["dated"])
    cards = [_card(each, drift, place) for place, each in enumerate(drift["columns"])]
    return {
        **_state(drift),
        "alarms": [_alarm(each, names) for each in drift["alarms"]],
        "severities": any(each.get("severity") for each in drift["alarms"]),
        "scores": Markup(day_charts.scores_by_day(shown)) if _known(shown.scores) else None,
        "scores_alt": _scores_alt(shown, names),
        "days": _day_rows(shown, names),
        "judged": names.several(*drift["judged"]) if drift["judged"] else "",
        "cards": cards[:OPEN],
        "folded": cards[OPEN:],
        "by_effect": any(each.get("effect") for each in drift["columns"]),
        "baselines": [drift_words.baseline_title(each) for each in drift["baselines"]],
        "not_checked": drift["not_checked"],
    }


def _state(drift: Mapping[str, Any]) -> dict[str, Any]:
    """Whether days are judged; where they are not, how many more days that takes. It is never green then."""
    rate = f"{drift['rate']}, all columns together"
    if drift["state"] != CALIBRATED:
        sentence = (
            f"Drift by day is not judged yet: {plural(drift['needed'], 'more day')} of accepted rows needed"
            f" to hold false alarms at {rate}. Until then no alarm is raised by day; the thresholds of the"
            " schema judge as before."
        )
        name = f"NOT CALIBRATED: {plural(drift['needed'], 'more day')} needed"
        return {"calibrated": False, "state": name, "tone": "warn", "sentence": sentence}
    history, names = drift["history"], drift_words.DayNames(drift["dated"])
    days = plural(history["days"], "day")
    dates = f", {names.several(history['first'], history['last'])}" if history["days"] else ""
    sentence = f"False alarms are held at {rate}. The threshold follows from {days} of accepted rows{dates}."
    return {"calibrated": True, "state": "CALIBRATED", "tone": "good", "sentence": sentence}


def run_drift_view(drift: Mapping[str, Any], span: str) -> dict[str, Any]:
    """The same for the page of a run that judged the days of a span; with an alarm it is never green.

    Args:
        drift: Of these days.
        span: Its name.
    """
    view = {**drift_view(drift), "span": span}
    if not view["calibrated"]:
        return view
    alarms = view["alarms"]
    tones = [each["tone"] for each in alarms]
    tone = next((each for each in ("bad", "warn", "calm") if each in tones), "good")
    return {**view, "state": plural(len(alarms), "ALARM") if alarms else "NO ALARM", "tone": tone}


def _scores(drift: Mapping[str, Any]) -> ScoresByDay:
    return ScoresByDay(
        drift["days"],
        drift["scores"],
        drift["thresholds"],
        frozenset(drift["openings"]),
        tuple(drift["judged"]) if drift["judged"] else None,
        drift["dated"],
    )


def _known(values: Sequence[float | None]) -> list[float]:
    return [each for each in values if each is not None]


def _scores_alt(shown: ScoresByDay, names: drift_words.DayNames) -> str:
    """What the chart of scores shows, for who does not see it."""
    pairs = zip(shown.scores, shown.thresholds, strict=True)
    judged = [(score, limit) for score, limit in pairs if score is not None and limit is not None]
    if not judged:
        return "Score by day; no day has been held against a threshold yet."
    above = sum(score > limit for score, limit in judged)
    return (
        f"Score by day against the threshold, {names.several(shown.days[0], shown.days[-1])}:"
        f" above it on {above} of {len(judged)} days; highest score {max(_known(shown.scores)):.1f},"
        f" threshold at the end {judged[-1][1]:.1f}."
    )


def _day_rows(shown: ScoresByDay, names: drift_words.DayNames) -> list[tuple[str, str, str, bool]]:
    """Day, score, threshold and whether it is above, newest first."""
    rows = [
        (
            names.one(day),
            _score(score),
            _score(limit),
            score is not None and limit is not None and score > limit,
        )
        for day, score, limit in zip(shown.days, shown.scores, shown.thresholds, strict=True)
    ]
    return rows[::-1]


def _score(value: float | None) -> str:
    return words.NONE if value is None else f"{value:.1f}"


def _alarm(alarm: Mapping[str, Any], names: drift_words.DayNames) -> dict[str, Any]:
    """An alarm in words: what moved most, and what moved at the same time."""
    until, severity, effect = alarm["until"], alarm.get("severity") or "", alarm.get("effect") or {}
    shifts = [_shift(each) for each in alarm["shifts"]]
    return {
        "since": names.one(alarm["since"]),
        "until": "still open" if until is None else _until(alarm["since"], until, names),
        "first": shifts[0],
        "others": shifts[1:],
        "score": _score(alarm["score"]),
        "threshold": _score(alarm["threshold"]),
        "chance": drift_words.chance(alarm["sure"]),
        "segment": alarm["segment"],
        "severity": severity,
        "tone": _TONES.get(severity, "calm"),
        "effect": effect.get("text", ""),
    }


def _until(since: int, until: int, names: drift_words.DayNames) -> str:
    return "one day" if until == since else f"until {names.one(until)}"


def _shift(shift: Mapping[str, Any]) -> dict[str, str]:
    measure = _measure(shift)
    return {
        "column": drift_words.column_title(shift["column"]),
        "measure": f"{measure[:1].lower()}{measure[1:]}" if shift["column"] else "",
        "change": drift_words.change(shift["value"], shift["expected"], shift["unit"]),
        "against": drift_words.baseline_title(shift["baseline"]),
    }


def _measure(measured: Mapping[str, Any]) -> str:
    """What is measured, and over how many days together."""
    title = drift_words.measure_title(measured["kind"], measured["named"])
    return title if measured["together"] == 1 else f"{title}, mean of {measured['together']} days"


def _card(column: Mapping[str, Any], drift: Mapping[str, Any], place: int) -> dict[str, Any]:
    """A column's chart, with all that stands beside it; folded away, it is drawn in fewer points."""
    measure = MeasureByDay(
        drift["days"], column["values"], column["low"], column["high"], frozenset(column["alarms"])
    )
    drawn = measure if place < OPEN else measure.thinned(_FOLDED_POINTS)
    judged = tuple(drift["judged"]) if drift["judged"] else None
    extent, unit = measure.extent, column["unit"]
    step = extent[1] - extent[0] if extent else 0.0
    title = _measure(column)
    last = _last(measure)
    return {
        "name": drift_words.column_title(column["name"]),
        "measure": title,
        "chart": Markup(day_charts.measure_by_day(drawn, judged)) if extent else None,
        "ends": [drift_words.amount(each, unit, step) for each in (extent or ())][::-1],
        "days": [drift_words.DayNames(drift["dated"]).one(day) for day in _ends(drift["days"])],
        "alt": _card_alt(column, measure, title, _last_text(last, unit, step)),
        "last": "Private column: no value is shown." if column["hidden"] else _last_text(last, unit, step),
        "score": _score(column["score"]),
        "openings": column["openings"],
        "effect": words.signed((column["effect"] or {}).get("number")) if column["effect"] else "",
        "seen": (seen := [_seen(each) for each in column["seen"]]),
        "noticed": next((each for each in seen if _is_of(each, column)), None),
    }


def _is_of(size: Mapping[str, Any], column: Mapping[str, Any]) -> bool:
    """Whether a size is one of the measure that is drawn; sizes are those of single days."""
    return bool(size["kind"] == column["kind"] and column["together"] == 1)


def _ends(days: Sequence[int]) -> list[int]:
    return [days[0], days[-1]] if days else []


def _last(measure: MeasureByDay) -> tuple[float, float | None, float | None] | None:
    """The newest value that is known, and the band on that day."""
    for value, low, high in zip(measure.values[::-1], measure.low[::-1], measure.high[::-1], strict=True):
        if value is not None:
            return value, low, high
    return None


def _last_text(last: tuple[float, float | None, float | None] | None, unit: str, extent: float) -> str:
    if last is None:
        return "Not measured."
    value, low, high = last
    usual = ""
    if low is not None and high is not None:
        ends = (drift_words.amount(each, unit, extent) for each in (low, high))
        usual = f", usual {' to '.join(ends)}"
    return f"Last day {drift_words.amount(value, unit, extent)}{usual}"


def _card_alt(column: Mapping[str, Any], measure: MeasureByDay, title: str, last: str) -> str:
    values = _known(measure.values)
    name = (
        f"{title}, {drift_words.column_title(column['name'])}" if column["name"] else drift_words.ROWS_TITLE
    )
    if not values:
        return f"{name}: not measured."
    unit, alarms = column["unit"], len(column["alarms"])
    return (
        f"{name}, by day: {drift_words.amount(min(values), unit)} to {drift_words.amount(max(values), unit)}."
        f" {last}." + (f" In an alarm on {alarms} {'day' if alarms == 1 else 'days'}." if alarms else "")
    )


def _seen(size: Mapping[str, Any]) -> dict[str, str]:
    unit = size["unit"]
    return {
        "kind": size["kind"],
        "measure": drift_words.measure_title(size["kind"]),
        "usual": drift_words.amount(size["usual"], unit),
        "half": drift_words.both_ways(size["half"], unit),
        "most": drift_words.both_ways(size["most"], unit),
    }
