"""One rule a type: what a value of each class becomes in a column of each kind."""

import datetime
import decimal
import math

import pytest

from serving.reading.cells import CellRefused, CellRule
from serving.reading.rules import ISO, OTHERS, ReadingRules
from serving.reading.values import Kind

RULES = ReadingRules(
    decimal=",",
    thousands=".",
    na_values={"*": ("NA", "?"), "class": ()},
    true_values=("ja",),
    false_values=("nein",),
    date_format={"when": ("%d.%m.%Y %H:%M",), "day": ("%Y%m%d",)},
    time_zone="Europe/Berlin",
)
REFUSED = "refused"
BERLIN = datetime.timezone(datetime.timedelta(hours=1))


def read(name: str, kind: Kind, value: object, rules: ReadingRules = RULES) -> object:
    try:
        return CellRule.of(name, kind, rules).read(value)
    except CellRefused:
        return REFUSED


@pytest.mark.parametrize(
    ("value", "integer", "number"),
    [
        (None, None, None),
        ("", None, None),
        ("  ", None, None),
        ("NA", None, None),
        (" ? ", None, None),
        (math.nan, None, None),
        (True, 1, 1.0),
        ("TRUE", 1, 1.0),
        ("False", 0, 0.0),
        ("ja", 1, 1.0),
        ("nein", 0, 0.0),
        ("yes", REFUSED, REFUSED),
        (17, 17, 17.0),
        ("17", 17, 17.0),
        (" +17\t", 17, 17.0),
        (b"17", 17, 17.0),
        (17.0, 17, 17.0),
        ("17,0", 17, 17.0),
        ("1.700", 1700, 1700.0),
        (decimal.Decimal("17.00"), 17, 17.0),
        (17.5, REFUSED, 17.5),
        ("17,5", REFUSED, 17.5),
        ("17.5", REFUSED, REFUSED),
        (2**53, 2**53, float(2**53)),
        (float(2**53), 2**53, float(2**53)),
        (float(2**54), REFUSED, float(2**54)),
        (2**63, REFUSED, float(2**63)),
        (-(2**31), REFUSED, -float(2**31)),
        (math.inf, REFUSED, REFUSED),
        (1e39, REFUSED, REFUSED),
        (1e-60, REFUSED, REFUSED),
        ("1e-60", REFUSED, REFUSED),
        ("0x11", REFUSED, REFUSED),
        ("text", REFUSED, REFUSED),
        ([1], REFUSED, REFUSED),
        ({"b64": "MTc="}, REFUSED, REFUSED),
        (datetime.date(2024, 1, 1), REFUSED, REFUSED),
    ],
)
def test_numbers(value: object, integer: object, number: object) -> None:
    assert read("c", "int", value) == integer
    assert read("c", "float", value) == number


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, None),
        ("", b""),
        (" a ", b" a "),
        ("NA", None),
        ("ü", "ü".encode()),
        (True, b"true"),
        ("TRUE", b"TRUE"),
        (17, REFUSED),
        (1.5, REFUSED),
        ("a\0b", REFUSED),
        ("\ud800", REFUSED),
        (b"\xff", REFUSED),
        (datetime.date(2024, 3, 29), b"2024-03-29"),
        (datetime.datetime(2024, 3, 29, 8, 0, 0, 500000), b"2024-03-29 08:00:00.5"),
    ],
)
def test_text(value: object, text: object) -> None:
    assert read("c", "string", value) == text


def test_what_is_missing_is_set_column_by_column() -> None:
    assert read("class", "string", "NA") == b"NA"


@pytest.mark.parametrize(
    ("value", "when"),
    [
        ("29.03.2024 08:00", b"2024-03-29 08:00:00"),
        ("2024-03-29T07:00:00Z", b"2024-03-29 08:00:00"),
        (" 2024-03-29 ", b"2024-03-29"),
        ("", None),
        ("NA", None),
        (None, None),
        ("tomorrow", REFUSED),
        ("30.02.2024 08:00", REFUSED),
        (17, REFUSED),
        (True, REFUSED),
        (datetime.date(2024, 3, 29), b"2024-03-29"),
        (datetime.datetime(2024, 3, 29, 8), b"2024-03-29 08:00:00"),
        (datetime.datetime(2024, 7, 1, 8, tzinfo=BERLIN), b"2024-07-01 09:00:00"),
    ],
)
def test_dates(value: object, when: object) -> None:
    assert read("when", "string", value) == when


@pytest.mark.parametrize("value", ["20240329", 20240329, 20240329.0])
def test_a_date_of_digits_may_be_a_number(value: object) -> None:
    assert read("day", "string", value) == b"2024-03-29"


def test_a_reason_has_no_value_in_it() -> None:
    with pytest.raises(CellRefused) as error:
        CellRule.of("when", "string", RULES).read("my secret")
    assert str(error.value) == "expected a date written %d.%m.%Y %H:%M or ISO8601, got text"


def test_rules_travel_as_json() -> None:
    assert ReadingRules.from_json(RULES.to_json()) == RULES
    assert ReadingRules.from_json("{}") == ReadingRules()
    with pytest.raises(ValueError, match="expected reading rules"):
        ReadingRules.from_json('{"decimals": ","}')


@pytest.mark.parametrize(
    ("marker", "kind", "values"),
    [
        ("9999-12-31", "date", ["9999-12-31", "9999-12-31 00:00:00", "9999-12-31T00:00", "31.12.9999 00:00"]),
        ("9999-12-31", "date", [datetime.date(9999, 12, 31), datetime.datetime(9999, 12, 31)]),
        ("31.12.9999 23:59", "date", [datetime.datetime(9999, 12, 31, 23, 59), "9999-12-31 23:59:00"]),
        ("99991231", "date", [99991231, 99991231.0]),
        (
            "9999-12-31",
            "string",
            ["9999-12-31", datetime.date(9999, 12, 31), datetime.datetime(9999, 12, 31)],
        ),
        ("true", "string", [True, "true"]),
        ("true", "int", [True, "true"]),
        ("-999", "float", [-999, -999.0, "-999.00", decimal.Decimal("-999.0")]),
        ("-999", "int", [-999, -999.0, "-999.00", decimal.Decimal("-999.0")]),
        ("0", "int", [False, 0, -0.0, "false"]),
    ],
)
def test_what_stands_for_missing_does_in_each_class(marker: str, kind: str, values: list[object]) -> None:
    formats = {"c": ("%d.%m.%Y %H:%M",)} if kind == "date" else {}
    rules = ReadingRules(na_values={"c": (marker,)}, date_format=formats)
    column: Kind = "string" if kind == "date" else kind  # type: ignore[assignment]
    assert [read("c", column, value, rules) for value in values] == [None] * len(values)


def test_a_date_that_is_no_marker_is_read() -> None:
    rules = ReadingRules(na_values={"*": ("9999-12-31", "0000-00-00")}, date_format={"c": (ISO,)})
    assert read("c", "string", datetime.datetime(9999, 12, 31, 8), rules) == b"9999-12-31 08:00:00"
    assert read("c", "string", "9999-12-31 00:00", ReadingRules(na_values={"*": ("9999-12-31",)}))


@pytest.mark.parametrize(
    "midnight", ["2024-03-29 00:00:00", "2024-03-29T00:00", datetime.datetime(2024, 3, 29)]
)
def test_a_midnight_is_a_day_where_no_format_has_a_time(midnight: object) -> None:
    for written, text in (
        (("%d.%m.%Y",), b"2024-03-29"),
        (("%Y-%m-%d",), b"2024-03-29"),
        (("%d.%m.%Y", "%d.%m.%Y %H:%M"), b"2024-03-29 00:00:00"),
        ((ISO,), b"2024-03-29 00:00:00"),
    ):
        rules = ReadingRules(date_format={"c": written})
        assert read("c", "string", midnight, rules) == text
        assert read("c", "string", datetime.date(2024, 3, 29), rules) == b"2024-03-29"
    rules = ReadingRules(date_format={"c": ("%Y-%m-%d",)})
    assert read("c", "string", "2024-03-29 08:00", rules) == b"2024-03-29 08:00:00"


@pytest.mark.parametrize(
    ("kind", "value", "setting"),
    [
        ("float", "NA", "exports.na_values"),
        ("int", "--", "exports.na_values"),
        ("float", "1.234,5", "exports.decimal and exports.thousands"),
        ("float", "1 234,5", "exports.decimal and exports.thousands"),
        ("int", "1,234", "exports.decimal and exports.thousands"),
        ("int", "ja", "exports.true_values and exports.false_values"),
        ("date", "29.03.2024", "exports.date_format"),
        ("date", "29.03.2024, 08:00", "exports.date_format"),
        ("date", "2024/3/29", "exports.date_format"),
        ("date", "29-Mar-24", "exports.date_format"),
        ("date", "Fri Mar 29 08:00:00 2024", "exports.date_format"),
        ("date", "March 29, 2024", "exports.date_format"),
        ("date", "20240329", "exports.date_format"),
        ("date", 20240329, "exports.date_format"),
        ("date", "0000-00-00", "exports.na_values"),
        ("date", "n/a", "exports.na_values"),
        ("date", 17, ""),
        ("date", "tomorrow", ""),
        ("int", "red", ""),
        ("int", "17.5", ""),
        ("int", "10.0.0.1", ""),
        ("int", math.inf, ""),
        ("string", 17, ""),
    ],
)
def test_a_refusal_names_the_setting_that_would_take_the_value(
    kind: str, value: object, setting: str
) -> None:
    rules = ReadingRules().with_dates("c") if kind == "date" else ReadingRules()
    column: Kind = "string" if kind == "date" else kind  # type: ignore[assignment]
    with pytest.raises(CellRefused) as error:
        CellRule.of("c", column, rules).read(value)
    assert str(error.value).partition("; see ")[2] == setting


def test_an_infinity_is_named_in_a_column_of_integers() -> None:
    with pytest.raises(CellRefused, match=r"^expected an integer, got an infinity$"):
        CellRule.of("c", "int", ReadingRules()).read(-math.inf)


def test_a_number_that_stands_for_missing_is_missing_however_it_is_written() -> None:
    rules = ReadingRules(na_values={OTHERS: ("-999", "NA"), "x": ("9999.9",)})
    whole = CellRule.of("n", "int", rules)
    cells = ("-999", " -999.0", -999, -999.0, decimal.Decimal("-999"), "-9.99e2")
    assert [whole.read(cell) for cell in cells] == [None] * len(cells)
    assert [whole.read(cell) for cell in ("-99", -99)] == [-99, -99]
    fraction = CellRule.of("x", "float", rules)
    assert [fraction.read(cell) for cell in ("9999.9", 9999.9, "9999.90")] == [None] * 3
    assert fraction.read(-999) == -999.0
    assert CellRule.of("s", "string", rules).read("-999.0") == b"-999.0"


def test_a_typed_nan_is_missing_in_every_column() -> None:
    kinds: tuple[Kind, ...] = ("int", "float", "string")
    dates = CellRule.of("c", "string", ReadingRules(date_format={"c": (ISO,)}))
    for rule in (*(CellRule.of("c", kind, ReadingRules()) for kind in kinds), dates):
        assert rule.read(math.nan) is None
        assert rule.read(decimal.Decimal("NaN")) is None


def test_a_decimal_without_a_fraction_is_an_integer_of_any_size() -> None:
    rule = CellRule.of("n", "int", ReadingRules())
    assert rule.read(decimal.Decimal(2**63 - 1)) == 2**63 - 1
    with pytest.raises(CellRefused):
        rule.read(decimal.Decimal("9007199254740993.0"))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("31.12.9999", None),
        ("9999-12-31", None),
        ("9999-12-31T00:00:00", None),
        (datetime.date(9999, 12, 31), None),
        (datetime.datetime(9999, 12, 31), None),
        (datetime.datetime(9999, 12, 31, 23, 59), b"9999-12-31 23:59:00"),
        ("0000-00-00", None),
        (datetime.date(2024, 3, 29), b"2024-03-29"),
    ],
)
def test_a_date_that_means_missing_does_so_however_it_is_written(value: object, expected: object) -> None:
    rules = ReadingRules(na_values={"d": ("31.12.9999", "0000-00-00")}, date_format={"d": ("%d.%m.%Y",)})
    assert read("d", "string", value, rules) == expected


@pytest.mark.parametrize("text", ["1e-400", "1e-99999999999999999999", "0.0001e-400"])
def test_a_number_too_small_for_a_double_is_refused(text: str) -> None:
    rule = CellRule.of("x", "float", ReadingRules())
    with pytest.raises(CellRefused, match="so small that float32 rounds it to 0"):
        rule.read(text)
    assert rule.read("0e-99999999999999999999") == rule.read("-0.00e999999999999999999999") == 0


def test_names_of_months_are_english_letters() -> None:
    rule = CellRule.of("d", "string", ReadingRules(date_format={"d": ("%d %B %Y",)}))
    assert rule.read("3 AUGUST 2024") == b"2024-08-03"
    with pytest.raises(CellRefused, match="expected a date written"):
        rule.read("3 augu\u017ft 2024")


def test_a_day_that_means_missing_does_so_among_times() -> None:
    rules = ReadingRules(na_values={"d": ("31.12.9999",)}, date_format={"d": ("%d.%m.%Y %H:%M",)})
    rule = CellRule.of("d", "string", rules)
    assert [rule.read(text) for text in ("31.12.9999", "31.12.9999 00:00", "9999-12-31")] == [None] * 3
    assert rule.read("31.12.2024 00:00") == b"2024-12-31 00:00:00"


@pytest.mark.parametrize("offset", ["+25:00", "+05:60", "-24"])
def test_an_offset_that_no_clock_has_is_refused(offset: str) -> None:
    rule = CellRule.of("d", "string", ReadingRules(date_format={"d": ("ISO8601",)}))
    with pytest.raises(CellRefused, match="expected a date written"):
        rule.read(f"2024-03-15T08:00:00{offset}")
