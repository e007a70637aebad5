"""Draws how cost grows as an SVG: a panel an axis, logarithmic scales, all in multiples of the least."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

SIZE: Final = 260
MARGIN: Final = 46
TICKS: Final = (1, 2, 3, 5, 10)
COLOURS: Final = ("#1b6ca8", "#c0392b", "#2e8b57")


@dataclass(frozen=True)
class Panel:
    """One axis of growth.

    Attributes:
        title: What grows.
        labels: The points' names, from least to most.
        growth: The points in multiples of the least.
        lines: Name of a line -> its values at the points.
    """

    title: str
    labels: Sequence[str]
    growth: Sequence[float]
    lines: Mapping[str, Sequence[float]]


def svg(panels: Sequence[Panel]) -> str:
    """The picture; lines of one name have one colour, the dashed line is linear growth."""
    width, height = len(panels) * (SIZE + MARGIN) + MARGIN, SIZE + 3 * MARGIN
    body = "".join(_panel(panel, MARGIN + index * (SIZE + MARGIN)) for index, panel in enumerate(panels))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}"'
        f' viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="11">'
        f'<rect width="{width}" height="{height}" fill="white"/>{body}'
        f"{_legend(panels, height)}</svg>\n"
    )


def _panel(panel: Panel, left: float) -> str:
    top, bottom = MARGIN, MARGIN + SIZE
    parts = [
        f'<text x="{left + SIZE / 2}" y="{top - 14}" text-anchor="middle">{panel.title}</text>',
        f'<rect x="{left}" y="{top}" width="{SIZE}" height="{SIZE}" fill="none" stroke="#999"/>',
    ]
    for tick in TICKS:
        parts.append(
            f'<line x1="{left}" x2="{left + SIZE}" y1="{_y(tick)}" y2="{_y(tick)}" stroke="#eee"/>'
            f'<text x="{left - 5}" y="{_y(tick) + 4}" text-anchor="end">{tick}\u00d7</text>'
        )
    for label, growth in zip(panel.labels, panel.growth, strict=True):
        x = left + _along(growth)
        parts.append(f'<text x="{x}" y="{bottom + 16}" text-anchor="middle">{label}</text>')
    parts.append(
        f'<line x1="{left}" y1="{bottom}" x2="{left + SIZE}" y2="{top}" stroke="#999" stroke-dasharray="4"/>'
    )
    for colour, values in zip(COLOURS, panel.lines.values(), strict=False):
        points = [
            (left + _along(growth), _y(value / values[0]))
            for growth, value in zip(panel.growth, values, strict=True)
        ]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in points]
    return "".join(parts)


def _legend(panels: Sequence[Panel], height: int) -> str:
    names = [*(panels[0].lines if panels else ()), "linear"]
    return "".join(
        f'<text x="{MARGIN + index * 130}" y="{height - 14}" fill="{colour}">{name}</text>'
        for index, (name, colour) in enumerate(zip(names, [*COLOURS[: len(names) - 1], "#777"], strict=True))
    )


def _along(multiple: float) -> float:
    """How far along a scale from 1 to 10 a multiple is; beyond its ends it stays at them."""
    return SIZE * min(max(math.log10(multiple), 0.0), 1.0)


def _y(multiple: float) -> float:
    return MARGIN + SIZE - _along(multiple)
