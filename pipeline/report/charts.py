"""The page's charts: Vega-Lite specifications of plain data, drawn to SVG without a browser or a network."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from pipeline.report.chart_kind import NOW, OTHER, SOFT, TEXT, THEN, ChartKind, printable

_SERIES: Final = {"now": (NOW, "circle"), "then": (THEN, "diamond"), "other": (OTHER, "square")}


def warm_up() -> None:
    """Makes the drawing engine ready, which takes longer than all charts of a page."""
    for kind in _KINDS.values():
        kind.svg([])


def histogram(now: Sequence[Sequence[float]], then: Sequence[Sequence[float]]) -> str:
    """Shares of rows per unit of width: filled for now, an outline for then.

    Args:
        now: Lower end, upper end and count of each bin.
        then: The same of the former span; empty where there is none.
    """
    bars = [{"s": "now", "x": low, "x2": high, "y": share} for low, high, share in _densities(now)]
    outline = _outline(_densities(then))
    most = max((each["y"] for each in [*bars, *outline]), default=1.0)
    return _KINDS["histogram"].svg([{**each, "y": each["y"] / most} for each in [*bars, *outline]])


def top_values(values: Sequence[Mapping[str, Any]]) -> str:
    """A bar for each value's share of rows now, and a stroke where it was; `value, share, was`."""
    rows = [
        {"row": place, "name": printable(each["value"]), "share": each["share"], "was": each["was"]}
        for place, each in enumerate(values)
    ]
    return _KINDS["top values"].svg(rows, height=14 * max(len(rows), 1))


def intervals(rows: Sequence[Mapping[str, Any]], *, rule: float | None = None, wide: bool = False) -> str:
    """A dot for each value and a whisker for its interval, on one axis.

    Args:
        rows: `name, value, interval` (or None), `series` (`now`, `then` or `other`); rows of one name share
            a line.
        rule: Where a dashed line stands; None for none.
        wide: Whether there is room for long names.
    """
    places = {name: place for place, name in enumerate(dict.fromkeys(str(row["name"]) for row in rows))}
    marks: list[dict[str, Any]] = []
    for row in rows:
        low, high = row.get("interval") or (None, None)
        name, place = printable(row["name"]), places[str(row["name"])]
        mark = {"row": place, "name": name, "value": row["value"], "low": low, "high": high}
        marks.append({"kind": "dot", **mark, "series": row["series"]})
    marks += [{"kind": "rule", "value": rule}] if rule is not None else []
    return _KINDS["wide intervals" if wide else "intervals"].svg(marks, height=22 * max(len(places), 1))


def curves(train: Sequence[float], validation: Sequence[float], chosen: int | None) -> str:
    """The loss by epoch, of the training and the validation rows; a line at the best epoch."""
    marks: list[dict[str, Any]] = [
        {"kind": "dot", "epoch": epoch, "loss": loss, "series": name}
        for name, losses in (("then", train), ("now", validation))
        for epoch, loss in enumerate(losses, 1)
    ]
    return _KINDS["curves"].svg(marks + ([{"kind": "rule", "epoch": chosen}] if chosen else []))


def _densities(bins: Sequence[Sequence[float]]) -> list[tuple[float, float, float]]:
    total = sum(count for _, _, count in bins) or 1.0
    return [(low, high, count / total / (high - low)) for low, high, count in bins]


def _outline(bins: Sequence[tuple[float, float, float]]) -> list[dict[str, Any]]:
    """The upper edge of bins as one line: up at its start, down at its end, the ground between."""
    points: list[tuple[float, float]] = []
    for low, high, height in bins:
        if not points or points[-1][0] < low:
            points += [(points[-1][0], 0.0)] if points else []
            points.append((low, 0.0))
        points += [(low, height), (high, height)]
    points += [(points[-1][0], 0.0)] if points else []
    return [{"s": "then", "x": x, "x2": x, "y": y, "n": place} for place, (x, y) in enumerate(points)]


def _quantity(field: str, **more: Any) -> dict[str, Any]:
    return {"field": field, "type": "quantitative", "axis": None, **more}


def _series(channel: int) -> dict[str, Any]:
    scale = {"domain": list(_SERIES), "range": [style[channel] for style in _SERIES.values()]}
    return {"field": "series", "type": "nominal", "scale": scale, "legend": None}


def _names(room: int, size: int) -> dict[str, Any]:
    """A layer with the name of each row left of the axis, cut off where there is no room."""
    text = {"type": "text", "align": "right", "color": TEXT, "fontSize": size, "limit": room - 10}
    return {
        "transform": [{"filter": "isValid(datum.row)"}],
        "mark": text,
        "encoding": {"x": {"value": room - 8}, "y": _BESIDE, "text": {"field": "name", "type": "nominal"}},
    }


def _intervals(room: int, width: int) -> dict[str, Any]:
    x = {
        "field": "value",
        "type": "quantitative",
        "scale": {"zero": False, "nice": False, "padding": 8, "range": [room, width]},
        "axis": {
            "title": None,
            "tickCount": 4,
            "domain": False,
            "ticks": False,
            "labelOverlap": "greedy",
            "labelSeparation": 6,
            "labelFlush": False,
        },
    }
    dots, whole = [{"filter": "datum.kind == 'dot'"}], [{"filter": "isValid(datum.low)"}]
    layers = [
        {
            "transform": [{"filter": "datum.kind == 'rule'"}],
            "mark": {"type": "rule", "strokeDash": [3, 3], "color": SOFT},
            "encoding": {"x": x},
        },
        {
            "transform": whole,
            "mark": {"type": "rule", "strokeWidth": 2},
            "encoding": {
                "x": {**x, "field": "low"},
                "x2": {"field": "high"},
                "y": _BESIDE,
                "color": _series(0),
            },
        },
        {
            "transform": dots,
            "mark": {"type": "point", "filled": True, "size": 75, "opacity": 1},
            "encoding": {"x": x, "y": _BESIDE, "color": _series(0), "shape": _series(1)},
        },
        _names(room, 12),
    ]
    return {"width": width, "height": 100, "layer": layers}


_SMALL: Final = {"width": 236, "height": 84}
_BESIDE: Final = {"field": "row", "type": "ordinal", "axis": None, "scale": {"padding": 0.2}}
_ACROSS: Final = _quantity("x", scale={"zero": False, "nice": False})
_UP: Final = _quantity("y", scale={"domain": [0, 1]})
_SHARE: Final = _quantity("share", scale={"range": [88, 232], "zero": True, "nice": False})
_EPOCH: Final = {
    "field": "epoch",
    "type": "quantitative",
    "scale": {"zero": False, "nice": False, "padding": 10},
    "axis": {
        "title": "epoch",
        "grid": False,
        "ticks": False,
        "tickCount": 8,
        "labelExpr": "datum.value % 1 ? '' : format(datum.value, 'd')",
    },
}
_LOSS: Final = {
    "field": "loss",
    "type": "quantitative",
    "scale": {"zero": False, "padding": 6},
    "axis": {"title": None, "tickCount": 4, "domain": False, "ticks": False},
}
_DOTS: Final = [{"filter": "datum.kind == 'dot'"}]
_SPECIFICATIONS: Final[Mapping[str, Mapping[str, Any]]] = {
    "histogram": {
        **_SMALL,
        "layer": [
            {
                "transform": [{"filter": "datum.s == 'now'"}],
                "mark": {"type": "rect", "color": NOW, "fillOpacity": 0.55},
                "encoding": {"x": _ACROSS, "x2": {"field": "x2"}, "y": _UP, "y2": {"datum": 0}},
            },
            {
                "transform": [{"filter": "datum.s == 'then'"}],
                "mark": {"type": "line", "color": THEN, "strokeWidth": 1.75},
                "encoding": {"x": _ACROSS, "y": _UP, "order": {"field": "n", "type": "quantitative"}},
            },
        ],
    },
    "top values": {
        **_SMALL,
        "layer": [
            {
                "mark": {"type": "bar", "color": NOW, "fillOpacity": 0.55},
                "encoding": {"x": _SHARE, "x2": {"datum": 0}, "y": _BESIDE},
            },
            {
                "transform": [{"filter": "isValid(datum.was)"}],
                "mark": {"type": "tick", "color": THEN, "thickness": 2.5, "height": 12},
                "encoding": {"x": {**_SHARE, "field": "was"}, "y": _BESIDE},
            },
            _names(92, 11),
        ],
    },
    "intervals": _intervals(96, 320),
    "wide intervals": _intervals(150, 340),
    "curves": {
        "width": 290,
        "height": 150,
        "layer": [
            {
                "transform": [{"filter": "datum.kind == 'rule'"}],
                "mark": {"type": "rule", "strokeDash": [3, 3], "color": SOFT},
                "encoding": {"x": _EPOCH},
            },
            {
                "transform": _DOTS,
                "mark": {"type": "line", "strokeWidth": 2},
                "encoding": {"x": _EPOCH, "y": _LOSS, "color": _series(0)},
            },
            {
                "transform": _DOTS,
                "mark": {"type": "point", "filled": True, "size": 45, "opacity": 1},
                "encoding": {"x": _EPOCH, "y": _LOSS, "color": _series(0), "shape": _series(1)},
            },
        ],
    },
}
_KINDS: Final = {name: ChartKind(each) for name, each in _SPECIFICATIONS.items()}
