"""Writes the reference of reading: what becomes of a value, the settings, and what people's exports do."""

import datetime
import decimal
import inspect
import re
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from pipeline.config_sections import ExportsSection
from pipeline.reading_reports import REPORTS
from serving.reading.cells import CellRefused, CellRule
from serving.reading.rules import OTHERS, ReadingRules
from serving.reading.values import Kind

_SUMMER: Final = datetime.timezone(datetime.timedelta(hours=2))
# What it is, and a value of the class.
VALUES: Final[Sequence[tuple[str, Any]]] = (
    ("nothing (null)", None),
    ("true", True),
    ("an integer", 17),
    ("a whole double", 17.0),
    ("a double", 17.5),
    ("a whole decimal", decimal.Decimal("17.00")),
    ("NaN", float("nan")),
    ("an infinity", float("inf")),
    ("a date", datetime.date(2024, 3, 29)),
    ("a time", datetime.datetime(2024, 3, 29, 8, 0)),
    ("a time with an offset", datetime.datetime(2024, 3, 29, 8, 0, tzinfo=_SUMMER)),
    ("empty text", ""),
    ("text", "17"),
    ("text", "17.0"),
    ("text", " 17 "),
    ("text", "00721"),
    ("text", "1e3"),
    ("text", "1_000"),
    ("text", "9007199254740993.0"),
    ("text", "True"),
    ("text", "NA"),
    ("text", "2024-03-29"),
    ("text", "2024-03-29T08:00:00+02:00"),
    ("text", "tomorrow"),
    ("bytes that are no UTF-8", b"\xff"),
)
_KINDS: Final[Sequence[tuple[str, Kind]]] = (("integer", "int"), ("number", "float"), ("text", "string"))


class ReadingCase(NamedTuple):
    """What an export does, by a cell and the rules that take it.

    Attributes:
        does: In words.
        setting: As in the YAML; empty: none is needed.
        rules: The same.
        kind: Of the column.
        cell: As it is written.
    """

    does: str
    setting: str
    rules: ReadingRules
    kind: Kind
    cell: object


_DAY: Final = ReadingRules().with_dates("c")
_BERLIN: Final = ReadingRules(time_zone="Europe/Berlin").with_dates("c")
_GERMAN: Final = ReadingRules(date_format={"c": ("%d.%m.%Y %H:%M",)})
CASES: Final[Sequence[ReadingCase]] = (
    ReadingCase("pandas writes integers with a missing cell as floats", "", ReadingRules(), "int", "17.0"),
    ReadingCase("a tool writes truth values in its own case", "", ReadingRules(), "int", "TRUE"),
    ReadingCase("every cell is quoted, a missing number too", "", ReadingRules(), "float", ""),
    ReadingCase("`NA` is a class, and nothing sets it as missing", "", ReadingRules(), "string", "NA"),
    ReadingCase(
        "`NA` is missing, but not in a column", "na_values: {c: [], '*': [NA]}",
        ReadingRules(na_values={"c": (), OTHERS: ("NA",)}), "string", "NA",
    ),
    ReadingCase(
        "-999 stands for missing, and is written as a float", "na_values: {c: [-999]}",
        ReadingRules(na_values={"c": ("-999",)}), "int", -999.0,
    ),
    ReadingCase(
        "an open end is a date far away", "na_values: {c: ['9999-12-31']}",
        ReadingRules(na_values={"c": ("9999-12-31",)}).with_dates("c"), "string", "9999-12-31",
    ),
    ReadingCase(
        "the same, as a typed timestamp", "the same",
        ReadingRules(na_values={"c": ("9999-12-31",)}).with_dates("c"), "string",
        datetime.datetime(9999, 12, 31),
    ),
    ReadingCase(
        "a date that pandas writes as a midnight", "date_format: {c: '%Y-%m-%d'}",
        ReadingRules(date_format={"c": ("%Y-%m-%d",)}), "string", datetime.datetime(2024, 3, 29),
    ),
    ReadingCase("the same, without a format", "", _DAY, "string", datetime.datetime(2024, 3, 29)),
    ReadingCase("other truth values", "true_values: [ja]", ReadingRules(true_values=("ja",)), "int", "ja"),
    ReadingCase(
        "decimal commas, thousands by points", "decimal: ',', thousands: '.'",
        ReadingRules(",", "."), "float", "1.234,5",
    ),
    ReadingCase("days first", "date_format: {c: '%d.%m.%Y %H:%M'}", _GERMAN, "string", "29.03.2024 08:00"),
    ReadingCase("the same column, later in ISO 8601", "the same", _GERMAN, "string", "2024-03-29T08:00:00Z"),
    ReadingCase("other text in it", "the same", _GERMAN, "string", "tomorrow"),
    ReadingCase("an offset, without `time_zone`", "", _DAY, "string", "2024-03-29T08:00:00+02:00"),
    ReadingCase("an offset", "time_zone: Europe/Berlin", _BERLIN, "string", "2024-07-01T08:00:00+00:00"),
    ReadingCase("an hour twice, first", "time_zone: Europe/Berlin", _BERLIN, "string", "2024-10-27 00:30Z"),
    ReadingCase("an hour twice, then", "time_zone: Europe/Berlin", _BERLIN, "string", "2024-10-27 01:30Z"),
    ReadingCase("an ID is beyond 2^53, as a double", "", ReadingRules(), "int", 2.0**60),
    ReadingCase("an ID is beyond int64", "", ReadingRules(), "int", "18446744073709551615"),
)  # fmt: skip

# What an export or a client does, what happens, and the test that shows it.
TESTED: Final[Sequence[tuple[str, str, str]]] = (
    (
        "Parquet with times in another zone, in an hour that a clock has twice or not at all",
        "read; the zone's clock",
        "test_an_hour_that_comes_twice_and_one_that_is_left_out_are_read_from_parquet",
    ),
    (
        "one instant, with other zones in other files",
        "one text",
        "test_one_instant_is_one_text_and_one_day_whatever_the_zone_of_its_file",
    ),
    (
        "the format of times changes from a span on",
        "a list with `from`; earlier spans stay as they are",
        "test_a_format_that_begins_with_a_span_reads_no_earlier_one_again",
    ),
    (
        "Spark escapes quotes by backslashes",
        "`escapechar`; `new` finds it",
        "test_spark_escapes_quotes_and_backslashes_in_quoted_cells_only",
    ),
    ("MySQL writes `\\N`", "missing, with `escapechar`", "test_mysql_escapes_anywhere_and_writes_null"),
    ("Hive folders (`station=North/`)", "columns", "test_folders_are_columns_of_new_too"),
    (
        "Hive folders of the time column",
        "make the spans",
        "test_folders_named_by_the_time_column_make_the_spans",
    ),
    (
        "Parquet parts of integers, doubles, text, or without a value",
        "one column",
        "test_types_that_fit_are_one_kind",
    ),
    (
        "CSV parts in another order of columns",
        "one table",
        "test_files_of_one_table_may_have_their_columns_in_another_order",
    ),
    (
        "numbers that are seconds since 1970, or days such as 20240329",
        "reported by `new`",
        "test_numbers_that_look_like_dates_are_reported",
    ),
    ("-999 among numbers, unset", "reported by `new`", "test_a_number_that_may_mean_missing_is_reported"),
    (
        "`NA` for missing numbers and in text",
        "missing",
        "test_a_word_that_is_missing_among_numbers_or_far_too_frequent_is_no_category",
    ),
    ("hidden files and folders", "not read", "test_files_are_listed_without_what_is_hidden"),
    (
        "Parquet of a newer writer, whose stored Arrow schema this Arrow does not know",
        "read by Parquet's own types",
        "test_an_arrow_schema_that_cannot_be_read_is_not_needed",
    ),
    (
        "column names of any language and with any sign",
        "columns, whose features have like names",
        "test_names_of_any_language_become_identifiers_that_look_like_them",
    ),
    ("a request packed with gzip", "unpacked", "test_a_packed_body_is_answered_as_it_is_unpacked"),
    ("the header alone", "no rows", "test_a_header_alone_is_no_row_and_no_refusal"),
    (
        "a class that the use case does not have",
        "to quarantine",
        "test_a_label_that_is_none_of_the_classes_goes_to_quarantine",
    ),
    ("a column has another name", "`exports.rename`; both names are read", "test_either_name_is_the_column"),
    ("every entry point, every setting", "agree", "test_all_entry_points_agree_on_each_cell"),
)

_ADDED: Final = """## What an entry point adds
- **A typed tensor** (gRPC `raw_columns`) has no null: -2147483648 in an integer one, NaN, and an empty text
  are missing.
- **JSON**: an integer beyond 64 bits is a double; `NaN` and `Infinity` are numbers, `{"b64": "..."}` bytes.
- **A float of a tf.Example** is a float32 before it is read. A tf.Example has no truth values.
- **A line of delimiters alone** is a row whose cells are missing, for the server and `predict`: answers and
  lines pair up. `run`, `check` and `new` leave it out. An empty line is never a row.
- **CSV of a request** is split by the use case's dialect, or by commas if that fits its header better. A body
  with a NUL is refused as a whole; of a file, the row.
- **`csv_lines` of the exported graph**, as TF Serving runs it, knows no rules: plain CSV alone. This server
  reads the lines by the rules.
- **`run` and `check`** refuse a row without a time: they cannot put it into a span. `predict` and the server
  score it, with the time missing, as they do for any other column.
- **An empty text** is a value in a span's text column; the model is given the same for it as for missing.
- **The request log** has numbers with a point and dates as ISO text, whatever the rules say.
"""


def shown(rule: CellRule, value: object) -> str:
    """What a cell becomes, as the page shows it."""
    try:
        cell = rule.read(value)
    except CellRefused as refused:
        return f"refused: {refused}"
    if cell is None:
        return "missing"
    return f"`{cell.decode() if isinstance(cell, bytes) else cell!r}`" if cell != b"" else "empty text"


def _written(value: object) -> str:
    if isinstance(value, str):
        return f'`"{value}"`'
    return "" if value is None else f"`{value!r}`" if isinstance(value, bytes) else f"`{value}`"


def _rows(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    cells = ([cell.replace("|", "\\|") for cell in row] for row in rows)
    return [
        f"| {' | '.join(head)} |",
        "|---" * len(head) + "|",
        *(f"| {' | '.join(row)} |" for row in cells),
        "",
    ]


def _settings() -> list[tuple[str, str, str]]:
    _, _, attributes = (inspect.getdoc(ExportsSection) or "").partition("Attributes:\n")
    lines = re.sub(r"\n    +(?=\S)", "\n", inspect.cleandoc(attributes).replace("\n    ", " "))
    means = dict(line.split(": ", 1) for line in lines.splitlines() if ": " in line)
    names = [name for name in ExportsSection.model_fields if name in _OF_CELLS]
    return [
        (
            f"`{name}`",
            _default(ExportsSection.model_fields[name].get_default(call_default_factory=True)),
            means[name],
        )
        for name in names
    ]


def _default(value: object) -> str:
    return "none" if value in (None, (), {}) else f"`{value!r}`"


_OF_CELLS: Final = frozenset(
    {
        *("delimiter", "encoding", "decimal", "thousands", "na_values", "true_values", "false_values"),
        *("date_format", "time_zone", "skipinitialspace", "quotechar", "escapechar", "escape_unquoted"),
        "skipfooter",
    }
)


def reading_text() -> str:
    """The page: each row of values and cases is made by the rule itself."""
    rules = [CellRule.of("c", kind, ReadingRules()) for _, kind in _KINDS]
    rules.append(CellRule.of("c", "string", _DAY))
    values = [(name, _written(value), *(shown(rule, value) for rule in rules)) for name, value in VALUES]
    cases = [
        (
            case.does,
            f"`{case.setting}`" if ":" in case.setting else case.setting,
            _written(case.cell),
            shown(CellRule.of("c", case.kind, case.rules), case.cell),
        )
        for case in CASES
    ]
    reports = [
        (
            f"[{one.report}]({one.address})",
            one.does,
            f"`{one.setting}`" if one.setting else "",
            _written(one.cell),
            shown(CellRule.of("c", one.kind, one.rules), one.cell),
        )
        for one in REPORTS
    ]
    return "\n".join(
        [
            "# Reading",
            "",
            "`make reference` writes this page from the code. One rule reads a cell in `run`, `check`,",
            "`predict`, and each form of a request ([measured](../proofs/agreement.md)). How to set it:",
            "[exports](../guides/exports.md#how-columns-are-read).",
            "",
            "## What becomes of a value",
            "Without a setting. A row with a refused cell goes to quarantine, or is refused in the reply.",
            "",
            *_rows(("class of value", "such as", *(name for name, _ in _KINDS), "dates"), values),
            "## Settings",
            "Keys of `exports`.",
            "",
            *_rows(("key", "default", "means"), _settings()),
            "## What exports do",
            "",
            *_rows(("an export", "setting (column `c`)", "cell", "becomes"), cases),
            "Reported of other software:",
            "",
            *_rows(("report", "what it is about", "setting", "cell", "becomes"), reports),
            "Shown by tests:",
            "",
            *_rows(("an export", "here", "test"), [(one, two, f"`{test}`") for one, two, test in TESTED]),
            _ADDED,
        ]
    )
