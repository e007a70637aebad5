"""Cron lines that a translation can get wrong, and any number of others."""

import random
from datetime import datetime
from typing import Final

from cronsim import CronSim, CronSimError

START: Final = datetime(2026, 1, 1)
# A few of everything: steps, ranges, names, 7 for Sunday, days and weekdays at once.
LINES: Final = (
    *("30 5 * * *", "*/15 * * * *", "* * * * *", "7,22,37,52 * * * *", "5-59/7 3-20/5 * * *"),
    *(
        "10/20 4 * * *",
        "0 4 * jan/2 *",
        "0 4 1/9 * *",
        "0 0 1 * *",
        "0 9 31 * *",
        "0 12 * * 7",
        "0 12 * * 0-7",
        "0 12 * * 5-7",
    ),
    *("0 12 * jan,mar-may sun", "0 0 1,15 * mon", "0 9 13 * fri", "0 9 1-31 * mon", "0 5 */2 * mon"),
    *("0 5 1-7 * */2", "0 5 * * */2"),
)
# Those that cron itself does not know.
EXTENDED: Final = (
    *("0 0 L * *", "0 0 LW * *", "0 9 * * mon#2", "0 9 * * mon#5", "0 9 * * 5L"),
    "0 9 15,L * 1,3#1",
)
_FIELDS: Final = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
# A line that comes true less often tells a test little, and costs it much.
_LATEST_YEAR: Final = START.year + 2


def random_lines(count: int) -> list[str]:
    """Lines of five fields that come true within some years; always the same ones."""
    generator = random.Random(16)
    lines: list[str] = []
    while len(lines) < count:
        line = " ".join(_field(generator, low, high) for low, high in _FIELDS)
        try:
            soon = next(CronSim(line, START)).year <= _LATEST_YEAR
        except (CronSimError, StopIteration):
            soon = False
        lines += [line] if soon else []
    return lines


def _field(generator: random.Random, low: int, high: int) -> str:
    if generator.random() < 0.4:
        return "*"
    return ",".join(_term(generator, low, high) for _ in range(generator.randint(1, 3)))


def _term(generator: random.Random, low: int, high: int) -> str:
    first, last = sorted((generator.randint(low, high), generator.randint(low, high)))
    step = generator.randint(1, max(high // 2, 2))
    return generator.choice([str(first), f"{first}-{last}", f"{first}-{last}/{step}", f"*/{step}"])
