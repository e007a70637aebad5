"""The picture of a backtest: the loss of each policy by span, with intervals, as SVG for light and dark."""

import re
from collections.abc import Mapping
from typing import Any, Final

import vl_convert

from pipeline.backtest.comparison import PolicyComparison, PolicyFigures
from pipeline.backtest.sentences import policy_text
from pipeline.report.chart_kind import CONFIG

# The colours of the page's style sheet, for a picture that stands alone.
_STYLE: Final = (
    "<style>:root{--now:#0072b2;--then:#d55e00;--good:#0a6b4c;--other:#6b7580;--soft:#56606b;--line:#cfd6dd;"
    "--faint:#e8ecf0;--text:#1a1f26}@media (prefers-color-scheme:dark){:root{--now:#56b4e9;--then:#f0a03c;"
    "--good:#58d0a0;--other:#93a0ad;--soft:#a3adb8;--line:#38414b;--faint:#252c35;--text:#e7ecf2}"
    "svg{background:#171c23}}</style>"
)
# One name a line: how wide a text is, is known only where it is shown.
_LEGEND: Final[Mapping[str, Any]] = {
    "title": None,
    "orient": "top",
    "columns": 1,
    "labelColor": "var(--text)",
    "labelLimit": 600,
    "symbolType": "stroke",
    "symbolStrokeWidth": 2,
}
RECOMMENDED, BEST, NEVER, OTHER = "recommended", "best", "never", "other"
# Colour, width and dashes of each kind of policy's line; those of others are behind.
_LINES: Final[Mapping[str, tuple[str, float, list[int]]]] = {
    OTHER: ("var(--other)", 1.0, [1, 0]),
    NEVER: ("var(--then)", 2.0, [1, 0]),
    BEST: ("var(--good)", 2.0, [5, 3]),
    RECOMMENDED: ("var(--now)", 2.5, [1, 0]),
}
_LABELS: Final = 40
_NAMES: Final = {RECOMMENDED: "recommended", BEST: "smallest loss"}


def kind_of(comparison: PolicyComparison, figures: PolicyFigures) -> str:
    """What a policy is in the picture: recommended, the best, one that never retrains, or another."""
    if figures is comparison.recommended:
        return RECOMMENDED
    if figures is comparison.best:
        return BEST
    return NEVER if figures.planned.policy.every is None else OTHER


def names(comparison: PolicyComparison) -> dict[str, str]:
    """The kinds of policies that the picture shows, and what each is in words; the most important first."""
    present = {kind_of(comparison, figures) for figures in comparison.policies}
    words = {NEVER: "never retrained", OTHER: "other policies"}
    for kind, figures in ((RECOMMENDED, comparison.recommended), (BEST, comparison.best)):
        if figures:
            words[kind] = f"{policy_text(figures.planned.policy)} ({_NAMES[kind]})"
    return {kind: words[kind] for kind in reversed(list(_LINES)) if kind in present}


def inline_svg(comparison: PolicyComparison) -> str:
    """The picture for a page that has the colours in its style sheet, and what each line is."""
    return _drawn(_specification(comparison, legend=None))


def svg(comparison: PolicyComparison) -> str:
    """The picture as a file of its own."""
    drawn = _drawn(_specification(comparison, legend=_LEGEND))
    return re.sub(r"(<svg[^>]*>)", lambda start: start[1] + _STYLE, drawn, count=1)


def _drawn(specification: Mapping[str, Any]) -> str:
    return str(vl_convert.vegalite_to_svg(dict(specification), allowed_base_urls=[]))


def _specification(comparison: PolicyComparison, *, legend: Mapping[str, Any] | None) -> dict[str, Any]:
    spans = list(comparison.best.by_span)
    rows = [
        {
            "policy": number,
            "kind": kind_of(comparison, figures),
            "place": place,
            "loss": each.loss,
            "low": each.interval[0] if each.interval else None,
            "high": each.interval[1] if each.interval else None,
        }
        for number, figures in enumerate(comparison.policies)
        for place, each in enumerate(figures.by_span.values())
    ]
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "config": dict(CONFIG),
        "data": {"values": rows},
        "width": 760,
        "height": 280,
        "layer": [
            layer
            for kind in _LINES
            if kind in names(comparison)
            for layer in _layers(kind, spans, comparison, legend)
        ],
    }


def _layers(
    kind: str, spans: list[str], comparison: PolicyComparison, legend: Mapping[str, Any] | None
) -> list[dict[str, Any]]:
    """Line, whiskers and points of the policies of one kind."""
    _, width, dashes = _LINES[kind]
    shown_as = names(comparison)
    scale = {"domain": list(shown_as.values()), "range": [_LINES[each][0] for each in shown_as]}
    colour = {"datum": shown_as[kind], "type": "nominal", "scale": scale, "legend": legend}
    labels = "[" + ",".join(f"'{span}'" for span in spans) + "]"
    shown = {"x": _place(labels, len(spans)), "y": _loss("loss", comparison), "color": colour}
    only = [{"filter": f"datum.kind == '{kind}'"}]
    line = {
        "transform": only,
        "mark": {
            "type": "line",
            "strokeWidth": width,
            "strokeDash": dashes,
            "opacity": 0.55 if kind == OTHER else 1,
        },
        "encoding": {**shown, "detail": {"field": "policy", "type": "nominal"}},
    }
    if kind == OTHER:
        return [line]
    whiskers = {
        "transform": [*only, {"filter": "isValid(datum.low)"}],
        "mark": {"type": "rule", "strokeWidth": 1.2, "opacity": 0.7},
        "encoding": {**shown, "y": _loss("low", comparison), "y2": {"field": "high"}},
    }
    points = {
        "transform": only,
        "mark": {"type": "point", "filled": True, "size": 40, "opacity": 1},
        "encoding": shown,
    }
    return [whiskers, line, points]


def _place(labels: str, count: int) -> dict[str, Any]:
    step = max(1, round(count / _LABELS))
    return {
        "field": "place",
        "type": "quantitative",
        "scale": {"domain": [-0.3, count - 0.7], "nice": False, "zero": False},
        "axis": {
            "title": None,
            "grid": False,
            "values": list(range(0, count, step)),
            "labelExpr": f"{labels}[datum.value]",
            "labelAngle": -40 if count > 12 else 0,
            "labelOverlap": "greedy",
        },
    }


def _loss(field: str, comparison: PolicyComparison) -> dict[str, Any]:
    return {
        "field": field,
        "type": "quantitative",
        "scale": {"zero": False, "padding": 8},
        "axis": {"title": comparison.measures.title, "tickCount": 5, "domain": False, "ticks": False},
    }
