"""What proofs in a browser share: a step and its table, and how text stands out against its background."""

from collections.abc import Sequence
from typing import Final

from benchmarks.harness.browser import Browser

# WCAG 2.2, 1.4.3: text against what is behind it.
LEAST_CONTRAST: Final = 4.5

# The action, what the browser shows, whether that is right.
Observation = tuple[str, str, bool]


def steps_table(steps: Sequence[Observation]) -> str:
    """The steps as a Markdown table."""
    lines = ["| action | in the browser | |", "|---|---|---|"]
    for done, seen, good in steps:
        cell = seen.replace("|", "\\|").replace("<", "&lt;")
        lines.append(f"| {done} | {cell} | {'ok' if good else '**WRONG**'} |")
    return "\n".join(lines)


def contrast(tab: Browser, front: str, back: str) -> float:
    """How a colour stands out against another, both custom properties of the page (WCAG 2.2)."""
    style = "getComputedStyle(document.documentElement).getPropertyValue"
    light, dark = sorted(_luminance(tab.ask(f"{style}('{name}')").strip()) for name in (front, back))[::-1]
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    """Relative luminance of #rrggbb (WCAG 2.2)."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
