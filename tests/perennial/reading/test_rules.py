"""Columns that are read at once are read as each of their cells is: by one rule, whatever the way."""

import datetime
import decimal
import math
import random
from collections.abc import Callable, Sequence
from typing import Any

import pyarrow as pa
import pytest

from perennial.reading.arrow_cells import fits, from_arrow
from perennial.reading.cells import from_text
from perennial.reading.reading import ReadColumn
from serving.reading.cells import CellRefused, CellRule
from serving.reading.rules import ISO, OTHERS, ReadingRules
from serving.reading.values import Kind

D = decimal.Decimal
RULES = [
    ReadingRules(),
    ReadingRules(decimal=",", thousands="."),
    ReadingRules(
        na_values={OTHERS: ("NA", "-999", "?", "9999.5", "0")},
        true_values=("ja", "2"),
        false_values=("nein",),
    ),
    ReadingRules(decimal="\u066b", thousands="\u202f", na_values={OTHERS: ("-", "-0")}),
]
KINDS: tuple[Kind, ...] = ("int", "float", "string")
ODD = [
    *("", "true", "True", "FALSE", "ja", "2", "nein", "NA", "-999", "-999.0", "?", "nan", "-inf", "1e3"),
    *("-2147483648", "-2147483648.0", "9007199254740993", "9007199254740993.0", "9007199254740992.0"),
    *("1e400", "1e-400", "1,5", "1.234,5", "1.234", "1_000", "0x1", "x\0y", "9999.5", "5.", ".5", ".0", "1e"),
    *("+", "++1", "+17.0", "-0", "0.0", "1" + "0" * 1001, "0" * 1001 + "1", "\u0663", "9223372036854775808"),
]


def text(dice: random.Random) -> bytes | None:
    chosen = dice.choice(
        [
            str(dice.randint(-(10 ** dice.randint(0, 20)), 10 ** dice.randint(0, 20))),
            f"{dice.randint(-1000, 1000)}.{'0' * dice.randint(0, 3)}",
            dice.choice(["%.3f", "%e", "%g"]) % dice.uniform(-1e6, 1e6),
            dice.choice(ODD),
            dice.choice(ODD),
            "".join(dice.choice("0123456789.,- eE+\u202f\u066b") for _ in range(dice.randint(1, 8))),
        ]
    )
    padded = dice.choice([" ", "\t"]) + chosen + dice.choice(["", "  "]) if dice.random() < 0.1 else chosen
    if dice.random() < 0.04:
        return None
    return b"\xff" * (dice.random() < 0.01) + padded.encode()


def check(read: ReadColumn, cells: Sequence[object], rule: CellRule) -> set[str]:
    """Compares a column that was read with its cells, one by one; gives what became of them."""
    faults = {fault.row: fault.reason for fault in read.faults}
    fates = set()
    for row, (value, cell) in enumerate(zip(read.values.to_pylist(), cells, strict=True)):
        expected, reason = None, ""
        try:
            expected = rule.read(cell)
        except CellRefused as refusal:
            reason = str(refusal)
        assert (value, faults.get(row, "")) == (expected, reason), (rule.kind, cell)
        if isinstance(value, float) and isinstance(expected, float):
            assert math.copysign(1, value) == math.copysign(1, expected)
        fates.add("refused" if reason else "missing" if value is None else "read")
    return fates


@pytest.mark.parametrize("rules", RULES)
@pytest.mark.parametrize("kind", KINDS)
def test_a_column_of_text_is_read_as_its_cells_are(rules: ReadingRules, kind: Kind) -> None:
    dice, rule = random.Random(7), CellRule.of("c", kind, rules)
    for size in (1, 1, 2, 2, 2, 800):
        cells = [text(dice) for _ in range(size)]
        fates = check(from_text("c", rule, pa.chunked_array([pa.array(cells, pa.binary())])), cells, rule)
    assert fates == {"read", "missing", "refused"}


def when(dice: random.Random) -> datetime.datetime:
    day = datetime.datetime(dice.choice([1, 1900, 1969, 2024, 2200, 9999]), dice.randint(1, 12), 3, 4, 5, 6)
    return day.replace(microsecond=dice.choice([0, 100, 120000, 123456]))


TYPED: list[tuple[pa.DataType, Callable[[random.Random], Any]]] = [
    (pa.int64(), lambda dice: dice.choice([dice.randint(-(2**63), 2**63 - 1), -999, -(2**31), 20240329])),
    (pa.uint64(), lambda dice: dice.choice([dice.randint(0, 2**64 - 1), 5])),
    (pa.bool_(), lambda dice: dice.random() < 0.5),
    (
        pa.float64(),
        lambda dice: dice.choice(
            [math.nan, 5.0, 5.5, -0.0, -math.inf, 1e300, 1e-300, -999.0, 9999.5, 2.0**53, 0.1]
        ),
    ),
    (pa.float32(), lambda dice: dice.choice([math.nan, 5.0, 5.5, math.inf, 16777216.0])),
    (pa.decimal128(38, 0), lambda dice: dice.choice([D(dice.randint(-(2**65), 2**65)), D(5), D(-999)])),
    (
        pa.decimal128(20, 2),
        lambda dice: dice.choice([D("5.00"), D("5.25"), D("-999.00"), D("9007199254740993.00")]),
    ),
    (pa.timestamp("us"), when),
    (pa.date32(), lambda dice: when(dice).date()),
]


@pytest.mark.parametrize("values", TYPED, ids=lambda values: str(values[0]))
@pytest.mark.parametrize("rules", [*RULES[::2], ReadingRules(date_format={"c": ("%Y%m%d",)})])
def test_a_typed_column_is_read_as_its_cells_are(
    rules: ReadingRules, values: tuple[pa.DataType, Callable[[random.Random], Any]]
) -> None:
    arrow_type, value = values
    dice = random.Random(3)
    column = pa.chunked_array([pa.array([value(dice) for _ in range(200)] + [None], arrow_type)])
    for kind in ("string",) if rules.date_format else KINDS:
        rule = CellRule.of("c", kind, rules)
        if fits(rule, arrow_type):
            check(from_arrow("c", rule, column), column.to_pylist(), rule)


@pytest.mark.parametrize("formats", [(), (ISO,), ("%Y-%m-%d",)], ids=str)
@pytest.mark.parametrize("zone", [None, "+00:00"])
def test_typed_dates_and_truth_values_may_stand_for_missing(
    formats: tuple[str, ...], zone: str | None
) -> None:
    rules = ReadingRules(
        na_values={OTHERS: ("9999-12-31", "true")}, date_format={"c": formats} if formats else {}
    )
    rule, days = CellRule.of("c", "string", rules), [datetime.date(9999, 12, 31), datetime.date(2024, 3, 29)]
    times = [
        datetime.datetime(9999, 12, 31),
        datetime.datetime(2024, 3, 29),
        datetime.datetime(2024, 3, 29, 8),
    ]
    for cells, arrow_type in ((days, pa.date32()), (times, pa.timestamp("us", zone))):
        column = pa.chunked_array([pa.array(cells, arrow_type)])
        assert check(from_arrow("c", rule, column), column.to_pylist(), rule) == {"missing", "read"}
    for kind in KINDS if not formats else ():
        truths = pa.chunked_array([pa.array([True, False, None])])
        read = check(
            from_arrow("c", CellRule.of("c", kind, rules), truths),
            [True, False, None],
            rule=CellRule.of("c", kind, rules),
        )
        assert read == {"missing", "read"}


FORMATS = [
    ("%Y-%m-%d",),
    ("%d.%m.%Y %H:%M",),
    (ISO,),
    ("%d/%m/%Y", "%Y%m%d"),
    ("%d %b %Y %I:%M %p", ISO),
    ("%Y-%m-%dT%H:%M:%S.%f%z",),
    ("%Y-%d-%m",),
    ("%b %y",),
]


def date_text(dice: random.Random, formats: tuple[str, ...]) -> str:
    moment = when(dice).replace(hour=dice.randint(0, 23), minute=dice.choice([0, 30]))
    written = dice.choice([*formats, ISO])
    offset = datetime.timezone(datetime.timedelta(minutes=30 * dice.randint(-20, 20)))
    if written == ISO:
        zone = dice.choice(["", "", "Z", "+02:00", "-0530", " +05", "+99:99"])
        chosen = dice.choice(
            [moment.isoformat() + zone, moment.isoformat(" ")[:16] + zone, f"{moment.date()}"]
        )
    else:
        chosen = moment.replace(tzinfo=offset).strftime(written)
    place = dice.randrange(len(chosen))
    fate = dice.random()
    if fate < 0.15:
        return chosen[:place] + dice.choice("0139-x: ") + chosen[place + (fate < 0.1) :]
    odd = [
        f" {chosen}\t",
        "",
        "2023-02-29",
        "0000-01-01",
        "9999-12-31T23:59:59-01:00",
        "0001-01-01 00:00+05:00",
    ]
    return dice.choice(odd) if fate < 0.25 else chosen


@pytest.mark.parametrize("formats", FORMATS, ids=str)
@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "Australia/Lord_Howe"])
def test_a_column_of_dates_is_read_as_its_cells_are(formats: tuple[str, ...], zone: str) -> None:
    dice = random.Random(11)
    rule = CellRule.of("c", "string", ReadingRules(date_format={"c": formats}, time_zone=zone))
    for size in (1, 1, 1, 400):
        cells = [date_text(dice, formats) for _ in range(size)]
        texts = pa.chunked_array([pa.array([cell.encode() for cell in cells], pa.binary())])
        fates = check(from_text("c", rule, texts), cells, rule)
    assert fates == {"read", "missing", "refused"}


@pytest.mark.parametrize("tail", ["", "Z", "offset"])
@pytest.mark.parametrize("digits", [None, 0, 3, 9])
def test_times_of_one_shape_are_read_as_their_cells_are(digits: int | None, tail: str) -> None:
    dice = random.Random(5)
    rule = CellRule.of("c", "string", ReadingRules(date_format={"c": (ISO,)}, time_zone="America/St_Johns"))

    def shaped() -> str:
        clock = when(dice).isoformat("T", "minutes" if digits is None else "seconds")
        fraction = f".{dice.choice([0, 5, 120, 10**8]):09}"[: digits + 1] if digits else ""
        offset = f"{dice.choice('+-')}{dice.randint(0, 14):02}:{dice.choice([0, 30]):02}"
        return clock + fraction + (offset if tail == "offset" else tail)

    for odd in ("", None, "x", "2023-02-29T10:00:00", "2024-13-01T10:00:00"):
        cells = [shaped() for _ in range(40)] + ([] if odd == "" else [odd])
        texts = pa.array([None if cell is None else cell.encode() for cell in cells], pa.binary())
        check(from_text("c", rule, pa.chunked_array([texts[:20], texts[20:]])), cells, rule)


def test_a_word_for_missing_may_stand_among_spaces_in_a_column_of_dates() -> None:
    rule = CellRule.of("c", "string", ReadingRules(na_values={OTHERS: ("9999-12-31",)}).with_dates("c"))
    cells = [b" 9999-12-31 ", b"2024-03-29 ", b"9999-12-31"]
    assert check(from_text("c", rule, pa.chunked_array([pa.array(cells)])), cells, rule) == {
        "missing",
        "read",
    }


@pytest.mark.parametrize(
    "cells",
    [
        pa.array([datetime.date(9999, 12, 31), datetime.date(2024, 3, 29)]),
        pa.array([datetime.datetime(9999, 12, 31), datetime.datetime(2024, 3, 29)], pa.timestamp("us")),
        pa.array([99991231, 20240329]),
        pa.array([b"9999-12-31", b"20240329"], pa.binary()),
    ],
)
def test_a_date_that_means_missing_does_so_in_every_type_of_column(cells: pa.Array) -> None:
    rules = ReadingRules(na_values={"d": ("99991231",)}, date_format={"d": ("%Y%m%d",)})
    read = from_arrow("d", CellRule.of("d", "string", rules), pa.chunked_array([cells]))
    assert (read.values.is_null().to_pylist(), read.faults) == ([True, False], [])
