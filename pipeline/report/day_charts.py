"""Charts by day: a column's measure in its band of usual values, and the score against its threshold."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

import vl_convert

from pipeline.report.chart_kind import BAD, CONFIG, FAINT, NOW, OTHER, TEXT, ChartKind
from pipeline.report.day_series import MeasureByDay, ScoresByDay, day_of, stretches

_DAY_MS: Final = 86_400_000
_WIDTH: Final = 900
# A score of more times the largest threshold is drawn at the upper edge, with a mark.
_HIGHEST: Final = 3.0
_FEW_DAYS: Final = 70


def warm_up() -> None:
    """Makes this module's kind of chart ready."""
    _MEASURE.svg([], band=[], dots=[], judged=[])


def measure_by_day(measure: MeasureByDay, judged: tuple[int, int] | None = None) -> str:
    """A line in its band, with a dot on each day of an alarm. It has no axes: the page writes their ends.

    Args:
        measure: What is drawn.
        judged: First and last day of what a run judged, which is drawn behind; None: nothing of it.
    """
    low, high = measure.extent or (0.0, 1.0)
    if low == high:
        low, high = low - 0.5, high + 0.5
    days = measure.days or [0]
    pieces = list(stretches(measure.days, measure.values))
    return _MEASURE.svg(
        _broken([{"d": day, "v": value} for day, value in piece] for piece in pieces),
        domains={"x": [days[0] - 0.5, days[-1] + 0.5], "y": [low, high]},
        band=_band(measure, low, high),
        dots=_dots(measure, pieces),
        judged=[{"d": max(judged[0], days[0]) - 0.5, "e": judged[1] + 0.5}] if judged else [],
    )


def _band(measure: MeasureByDay, bottom: float, top: float) -> list[dict[str, Any]]:
    """The usual values as far as they are shown, each stretch of days by itself."""
    upper = dict(zip(measure.days, measure.high, strict=True))
    lower = [
        low if upper[day] is not None else None for day, low in zip(measure.days, measure.low, strict=True)
    ]
    return _broken(
        [
            {"d": day, "l": min(max(low, bottom), top), "h": max(min(high, top), bottom)}
            for day, low in piece
            if (high := upper[day]) is not None
        ]
        for piece in stretches(measure.days, lower)
    )


def _broken(pieces: Iterable[list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """Points of a line or an area, with one without values between pieces: there it is broken."""
    rows: list[dict[str, Any]] = []
    for piece in pieces:
        rows += [{**dict.fromkeys(piece[0]), "d": piece[0]["d"]}] if rows and piece else []
        rows += piece
    return rows


def _dots(measure: MeasureByDay, pieces: Sequence[Sequence[tuple[int, float]]]) -> list[dict[str, Any]]:
    """Days of alarms, and days that have no neighbour a line could lead to."""
    alone = [{"d": piece[0][0], "v": piece[0][1], "a": False} for piece in pieces if len(piece) == 1]
    known = (pair for piece in pieces for pair in piece)
    return alone + [{"d": day, "v": value, "a": True} for day, value in known if day in measure.alarms]


def scores_by_day(shown: ScoresByDay) -> str:
    """A bar for each day's score, red from the threshold on, and the threshold as a line."""
    limits = [each for each in shown.thresholds if each is not None]
    scores = [each for each in shown.scores if each is not None]
    top = max([*scores, *limits], default=1.0) or 1.0
    if limits:
        top = min(top, _HIGHEST * max(limits))
    days = shown.days or [0]
    bars = [
        {"d": day, "s": min(score, top), "above": limit is not None and score > limit, "cut": score > top,
         "opens": day in shown.openings}
        for day, score, limit in zip(shown.days, shown.scores, shown.thresholds, strict=True)
        if score is not None
    ]  # fmt: skip
    specification = {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "config": dict(CONFIG),
        "width": _WIDTH,
        "height": 190,
        "layer": _score_layers(bars, shown, _across(days, shown.dated), _upward(top * 1.08)),
    }
    return str(vl_convert.vegalite_to_svg(specification, allowed_base_urls=[]))


def _score_layers(
    bars: list[dict[str, Any]], shown: ScoresByDay, x: dict[str, Any], y: dict[str, Any]
) -> list[dict[str, Any]]:
    limits = [
        {"d": day - 0.5 + half, "s": limit, "n": place}
        for place, piece in enumerate(stretches(shown.days, shown.thresholds))
        for day, limit in piece
        for half in (0, 1)
    ]
    bar_width = max(0.7 * _WIDTH / max(shown.days[-1] - shown.days[0] + 1, 1), 1.0) if shown.days else 1.0
    colour = {"condition": {"test": "datum.above", "value": BAD}, "value": NOW}
    span = [{"d": shown.judged[0] - 0.5, "e": shown.judged[1] + 0.5}] if shown.judged else []
    return [
        {
            "data": {"values": span},
            "mark": {"type": "rect", "color": FAINT},
            "encoding": {"x": x, "x2": {"field": "e"}},
        },
        {
            "data": {"values": bars},
            "mark": {"type": "rule", "strokeWidth": min(bar_width, 14)},
            "encoding": {"x": x, "y": y, "y2": {"datum": 0}, "color": colour},
        },
        {
            "data": {"values": limits},
            "mark": {"type": "line", "color": TEXT, "strokeWidth": 1.5},
            "encoding": {"x": x, "y": y, "detail": {"field": "n"}},
        },
        {
            "data": {"values": [bar for bar in bars if bar["opens"] or bar["cut"]]},
            "mark": {"type": "point", "filled": True, "opacity": 1, "size": 55, "yOffset": -5, "color": BAD},
            "encoding": {
                "x": x,
                "y": y,
                "shape": {"condition": {"test": "datum.cut", "value": "triangle-up"}, "value": "circle"},
            },
        },
    ]


def _across(days: Sequence[int], dated: bool) -> dict[str, Any]:
    """The axis of days: months, or weeks where there are few days; or the numbers of spans."""
    first, last = days[0], days[-1]
    text = f"utcFormat(datum.value * {_DAY_MS}, %s)"
    if not dated:
        step = max(1, round((last - first) / 12))
        ticks, form, text = list(range(first, last + 1, step)), "datum.value + 1", "%s"
    elif last - first < _FEW_DAYS:
        step = max(1, round((last - first) / 8))
        ticks, form = list(range(first, last + 1, step)), "'%-d %b'"
    else:
        starts = [day for day in range(first, last + 1) if day_of(day).day == 1]
        ticks = starts[:: max(1, round(len(starts) / 14))]
        form = f"utcmonth(datum.value * {_DAY_MS}) === 0 || datum.index === 0 ? '%b %Y' : '%b'"
    return {
        "field": "d",
        "type": "quantitative",
        "scale": {"domain": [first - 0.5, last + 0.5], "nice": False, "zero": False},
        "axis": {
            "title": None,
            "grid": False,
            "values": ticks,
            "labelExpr": text % form,
            "labelOverlap": "greedy",
            "labelFlush": False,
        },
    }


def _upward(top: float) -> dict[str, Any]:
    return {
        "field": "s",
        "type": "quantitative",
        "scale": {"domain": [0, top], "nice": False},
        "axis": {"title": "score", "tickCount": 4, "domain": False, "ticks": False},
    }


_X: Final = {
    "field": "d",
    "type": "quantitative",
    "axis": None,
    "scale": {"domain": [0, 1], "zero": False, "nice": False},
}
_Y: Final = {**_X, "field": "v"}
_MEASURE: Final = ChartKind(
    {
        "width": 236,
        "height": 72,
        "layer": [
            {
                "data": {"name": "judged"},
                "mark": {"type": "rect", "color": FAINT},
                "encoding": {"x": _X, "x2": {"field": "e"}},
            },
            {
                "data": {"name": "band"},
                "mark": {"type": "area", "color": OTHER, "fillOpacity": 0.22},
                "encoding": {
                    "x": _X,
                    "y": {**_Y, "field": "l"},
                    "y2": {"field": "h"},
                },
            },
            {
                "mark": {"type": "line", "color": NOW, "strokeWidth": 1.25},
                "encoding": {"x": _X, "y": _Y},
            },
            {
                "data": {"name": "dots"},
                "mark": {"type": "point", "filled": True, "opacity": 1, "size": 26},
                "encoding": {
                    "x": _X,
                    "y": _Y,
                    "color": {"condition": {"test": "datum.a", "value": BAD}, "value": NOW},
                },
            },
        ],
    }
)
