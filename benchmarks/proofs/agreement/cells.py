"""Makes the cells of a trial, so that each fate is frequent among them."""

import datetime
import math
import random
from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np

from benchmarks.proofs.agreement.trials import FATES, NAME, ROLES, Fate, Trial
from serving.reading.rules import ISO, ReadingRules
from serving.reading.values import MISSING_INT

# A part of each trial's cells that has this fate at least, where the column can have it.
_LEAST: Final = 0.3
_WORDS: Final = (
    *(
        "",
        "",
        " ",
        "true",
        "True",
        "FALSE",
        "ja",
        "nein",
        "yes",
        "N",
        "2",
        "NA",
        "-999",
        "-999.0",
        "?",
        "-",
        "null",
    ),
    *("n/a", "0", "9999.5", "nan", "-inf", "1e3", "-2147483648", "9007199254740993", "9007199254740993.0"),
    *(
        "9007199254740992.0",
        "1e400",
        "1e-400",
        "1,5",
        "1.234,5",
        "1.234",
        "1 234",
        "1_000",
        "0x1",
        "5.",
        ".5",
        "+7",
    ),
    *(
        "17.0",
        "-0",
        "00721",
        "9999-12-31",
        "0000-00-00",
        "2023-02-29",
        "tomorrow",
        "1.2.3",
        "(5)",
        "12 \u20ac",
        "2024-10-26T24:00",
        "2024-10-26 24:00:00.5",
        "2016-12-31 23:59:60Z",
        "\u00a07\u202f",
        "red",
        "green",
        "Red",
        "1;5",
    ),
)
_TEXTS: Final = (
    *(
        "a, b",
        "x;y",
        "tab\there",
        "two\nlines",
        "cr\r\nlf",
        'say "hi"',
        "it's",
        "C:\\temp",
        "\\",
        "\\N",
        "é☃",
        " pad ",
    ),
    *("a|b", "'", '"', "\\n", "#", "=1+1"),
)


def text_cells(dice: random.Random, trial: Trial, count: int) -> list[str | None]:
    """Cells of text, None for one that is not there; of each possible fate at least three tenths."""
    return _of_each_fate(dice, count, trial, lambda: _text(dice, trial))


def typed_cells(dice: random.Random, trial: Trial, count: int, kind: type) -> list[Any]:
    """Cells that are not text: of one of the classes int, float, bool and bytes, and None."""
    made = _TYPED[kind]
    return _of_each_fate(dice, count, trial, lambda: None if dice.random() < 0.1 else made(dice, trial))


def _of_each_fate(dice: random.Random, count: int, trial: Trial, cell: Callable[[], Any]) -> list[Any]:
    by_fate: dict[Fate, list[Any]] = {fate: [] for fate in FATES}
    for _ in range(3 * count):
        value = cell()
        by_fate[trial.outcome_of(value).fate].append(value)
    chosen = [value for values in by_fate.values() for value in values[: math.ceil(count * _LEAST)]]
    rest = [value for values in by_fate.values() for value in values[math.ceil(count * _LEAST) :]]
    chosen += dice.sample(rest, max(0, min(count - len(chosen), len(rest))))
    dice.shuffle(chosen)
    return chosen


def _text(dice: random.Random, trial: Trial) -> str | None:
    rules = trial.written.rules
    if dice.random() < 0.05:
        return None
    task = ROLES[trial.role].task
    if task and task.classes and dice.random() < 0.5:
        chosen = str(dice.choice(task.classes))
    elif dice.random() < 0.3:
        chosen = dice.choice([*rules.missing_texts(NAME), *rules.true_values, *rules.false_values, *_WORDS])
    elif ROLES[trial.role].is_date:
        chosen = _date(dice, rules.date_format[NAME])
    elif trial.kind == "string":
        chosen = dice.choice(_TEXTS)
    else:
        chosen = _number(dice, rules)
    if dice.random() < 0.1:
        chosen = dice.choice(" \t\u00a0\u2009") + chosen + dice.choice(["", "  "])
    return chosen


def _number(dice: random.Random, rules: ReadingRules) -> str:
    digits = dice.randint(0, 19)
    number: int | float = dice.randint(-(10**digits), 10**digits)
    pattern = "{:,}" if rules.thousands and dice.random() < 0.6 else "{}"
    if dice.random() < 0.5:
        number, pattern = (
            number / dice.choice([1, 8, 1000]),
            dice.choice(["{:,.3f}", "{:.0e}", "{:.2f}", "{}"]),
        )
    text = pattern.format(number)
    marks = {",": rules.thousands or ",", ".": rules.decimal}
    # Now and then as in another country.
    return text if dice.random() < 0.15 else "".join(marks.get(mark, mark) for mark in text)


def _moment(dice: random.Random) -> datetime.datetime:
    year, month = dice.choice([1, 1900, 1969, 2024, 2200, 9999]), dice.choice([1, 3, 10, 12])
    return datetime.datetime(
        year, month, dice.randint(24, 31), dice.randint(0, 23), dice.choice([0, 30]),
        dice.choice([0, 59]), dice.choice([0, 100, 120000, 123456]),
    )  # fmt: skip


def _date(dice: random.Random, formats: tuple[str, ...]) -> str:
    moment, written = _moment(dice), dice.choice([*formats, ISO])
    offset = datetime.timezone(datetime.timedelta(minutes=30 * dice.randint(-20, 20)))
    if written == ISO:
        tail = dice.choice(
            ["", "", "Z", "+02:00", "-0530", " +05", "+99:99", " UTC", " GMT+2", "Z[UTC]", "-03:30 (x)"]
        )
        text = dice.choice([moment.isoformat() + tail, moment.isoformat(" ")[:16] + tail, f"{moment.date()}"])
    else:
        text = moment.replace(tzinfo=offset).strftime(written)
    place = dice.randrange(len(text))
    return text[:place] + dice.choice("0139-x: ") + text[place + 1 :] if dice.random() < 0.3 else text


def _int(dice: random.Random, trial: Trial) -> int:
    # 2^31 below zero stands for missing in a typed tensor.
    drawn = dice.choice(
        [dice.randint(-(2**62), 2**62), dice.randint(-99, 99), 0, 1, 2, -999, 20240329, 16777217]
    )
    return drawn if drawn != MISSING_INT else 1


def _float(dice: random.Random, trial: Trial) -> float:
    # Those of a tf.Example are float32.
    values = [
        math.nan,
        math.inf,
        17.0,
        5.5,
        -0.0,
        -999.0,
        9999.5,
        16777216.0,
        1e-40,
        1e30,
        dice.uniform(-9, 9),
    ]
    return float(np.float32(dice.choice(values)))


def _bytes(dice: random.Random, trial: Trial) -> bytes:
    if dice.random() < 0.5:
        return dice.choice([b"\xff", b"a\0b", b"\xc3", "é".encode("latin-1")])
    return (_text(dice, trial) or "").encode()


_TYPED: Final[Mapping[type, Callable[[random.Random, Trial], Any]]] = {
    int: _int,
    float: _float,
    bool: lambda dice, trial: dice.random() < 0.5,
    bytes: _bytes,
}
