"""A kind of chart: a Vega-Lite specification that is compiled once and filled with each picture's rows."""

import functools
from collections.abc import Mapping, Sequence
from typing import Any, Final

import vl_convert

# Custom properties of the page's style sheet, so that one picture fits light, dark and paper.
NOW, THEN, OTHER = "var(--now)", "var(--then)", "var(--other)"
SOFT, LINE, FAINT, TEXT, BAD = "var(--soft)", "var(--line)", "var(--faint)", "var(--text)", "var(--bad)"
CONFIG: Final[Mapping[str, Any]] = {
    # Each figure has a sentence and a table beside it, which say more to a screen reader than its marks.
    "aria": False,
    "background": None,
    "padding": 2,
    "view": {"stroke": None},
    "axis": {
        "labelColor": SOFT,
        "titleColor": SOFT,
        "domainColor": LINE,
        "tickColor": LINE,
        "gridColor": FAINT,
        "labelFontSize": 11,
        "titleFontSize": 11,
        "titleFontWeight": "normal",
        "tickSize": 3,
    },
}
ROWS: Final = "rows"


class ChartKind:
    """One specification for many pictures; to compile it once saves most of the time."""

    def __init__(self, specification: Mapping[str, Any]) -> None:
        """Compiles nothing yet.

        Args:
            specification: Vega-Lite, without its rows: a layer names its own, else they are `ROWS`.
        """
        self._specification = specification

    def svg(
        self,
        rows: Sequence[Mapping[str, Any]],
        *,
        height: int | None = None,
        domains: Mapping[str, Sequence[float]] | None = None,
        **others: Sequence[Mapping[str, Any]],
    ) -> str:
        """Draws one picture.

        Args:
            rows: What is drawn.
            height: In pixels; None: the specification's.
            domains: The two ends of the scales `x` and `y`, where these are not those of the rows.
            others: Rows of the layers that name their own.
        """
        vega = {**self._compiled, **({"height": height} if height else {})}
        named = {ROWS: rows, **others}
        vega["data"] = [
            {**each, "values": list(named[each["name"]])} if each["name"] in named else each
            for each in vega["data"]
        ]
        if domains:
            vega["scales"] = [
                {**each, "domain": list(domains.get(each["name"], each["domain"]))} for each in vega["scales"]
            ]
        return str(vl_convert.vega_to_svg(vega, allowed_base_urls=[]))

    @functools.cached_property
    def _compiled(self) -> dict[str, Any]:
        specification = {"config": dict(CONFIG), "data": {"name": ROWS}, **self._specification}
        return dict(vl_convert.vegalite_to_vega(specification))


def printable(text: Any) -> str:
    """A text without what does not print: SVG has no place for control characters."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in str(text))
