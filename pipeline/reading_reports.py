"""Cells that people reported of other software, and what is right; the reference of reading shows them."""

import datetime
from collections.abc import Sequence
from typing import Final, NamedTuple

from serving.reading.rules import ReadingRules
from serving.reading.values import Kind


class ReportedCell(NamedTuple):
    """A cell of a public report.

    Attributes:
        report: The repository and the number of its issue or pull request.
        does: In words.
        setting: As in the YAML, of column `c`; empty: none is needed.
        rules: The same.
        kind: Of the column.
        cell: As it comes.
        right: As the reference shows it.
    """

    report: str
    does: str
    setting: str
    rules: ReadingRules
    kind: Kind
    cell: object
    right: str

    @property
    def address(self) -> str:
        """Where it can be read; pull requests have the same numbers as issues."""
        repository, number = self.report.split("#")
        return f"https://github.com/{repository}/issues/{number}"


def _dates(*written: str, time_zone: str = "UTC") -> ReadingRules:
    rules = ReadingRules(time_zone=time_zone, date_format={"c": written} if written else {})
    return rules.with_dates("c")


_PLAIN: Final = ReadingRules()
_ISO: Final = _dates()
_DAY_FIRST: Final = "date_format: {c: '%d-%m-%Y %H:%M'}"
_HOWE: Final = _dates(time_zone="Australia/Lord_Howe")
_NOON: Final = datetime.datetime(2024, 7, 1, 12, tzinfo=datetime.timezone.utc)

# By the kinds: entry points, instants, spellings, formats.
REPORTS: Final[Sequence[ReportedCell]] = (
    ReportedCell(
        "NatLabRockies/Wattile#234", "trained on one clock, asked in another",
        "time_zone: America/Denver", _dates(time_zone="America/Denver"), "string",
        "2022-11-22T18:00:00Z", "`'2022-11-22 11:00:00'`",
    ),
    ReportedCell(
        "mlflow/mlflow#12516", "a double where training had an integer", "", _PLAIN, "int", 27.0, "`27`",
    ),
    ReportedCell("mlflow/mlflow#5207", "no value for a number", "", _PLAIN, "float", None, "missing"),
    ReportedCell(
        "tensorflow/serving#1199", "JSON true in a request, 1 in training", "", _PLAIN, "int", True, "`1`",
    ),
    ReportedCell(
        "UCL/TLOmodel#1071", "the text 0 counted as true", "", _PLAIN, "int", "0", "`0`",
    ),
    ReportedCell(
        "bxparks/bigquery-schema-generator#19", "BigQuery's UTC", "", _ISO, "string",
        "2019-01-16 09:18:26 UTC", "`'2019-01-16 09:18:26'`",
    ),
    ReportedCell(
        "shun0102/embulk-parser-jsonl#7", "the same with a fraction, on another clock",
        "time_zone: Asia/Tokyo", _dates(time_zone="Asia/Tokyo"), "string",
        "2015-05-20 21:34:02.123456 UTC", "`'2015-05-21 06:34:02.123456'`",
    ),
    ReportedCell(
        "JodaOrg/joda-time#147", "UTC within a time", "date_format: {c: '%a %b %d %H:%M:%S %z %Y'}",
        _dates("%a %b %d %H:%M:%S %z %Y"), "string",
        "Tue May 20 17:18:39 UTC 2014", "`'2014-05-20 17:18:39'`",
    ),
    ReportedCell(
        "Pylons/colander#128", "a Z where another zone is set",
        "date_format: {c: '%Y-%m-%dT%H:%M:%SZ'}, time_zone: Europe/Berlin",
        _dates("%Y-%m-%dT%H:%M:%SZ", time_zone="Europe/Berlin"), "string",
        "1994-11-05T13:15:30Z", "`'1994-11-05 14:15:30'`",
    ),
    ReportedCell(
        "juxt/tick#115", "Java's name of the zone", "", _ISO, "string",
        "2017-12-08T12:00:10Z[Europe/London]", "`'2017-12-08 12:00:10'`",
    ),
    ReportedCell(
        "spencermountain/spacetime#464", "a summer of half an hour", "time_zone: Australia/Lord_Howe",
        _HOWE, "string", "2026-01-15T00:00:00Z", "`'2026-01-15 11:00:00'`",
    ),
    ReportedCell(
        "moment/moment-timezone#456", "an hour that comes twice", "time_zone: America/Chicago",
        _dates(time_zone="America/Chicago"), "string",
        "2017-11-05T01:00:00-07:00", "`'2017-11-05 02:00:00'`",
    ),
    ReportedCell(
        "apache/doris#33217", "Parquet's isAdjustedToUTC, read as eight hours more",
        "time_zone: Asia/Shanghai", _dates(time_zone="Asia/Shanghai"), "string",
        _NOON, "`'2024-07-01 20:00:00'`",
    ),
    ReportedCell(
        "arrow-py/arrow#703", "the end of a day", "", _ISO, "string",
        "2019-10-29T24:00:00", "`'2019-10-30 00:00:00'`",
    ),
    ReportedCell(
        "eclipse-basyx/basyx-python-sdk#582", "a time after the end of a day", "", _ISO, "string",
        "2019-10-29T24:00:01", "refused: a date that does not exist",
    ),
    ReportedCell(
        "mlflow/mlflow#3798", "an integer became a float, as one is missing", "", _PLAIN, "int", "3.0", "`3`",
    ),
    ReportedCell(
        "pandas-dev/pandas#4598", "thousands in a number with a fraction", "thousands: ','",
        ReadingRules(thousands=","), "float", "2,334.01", "`2334.010009765625`",
    ),
    ReportedCell(
        "JuliaData/CSV.jl#626", "a point for thousands", "decimal: ',', thousands: '.'",
        ReadingRules(",", "."), "int", "1.199", "`1199`",
    ),
    ReportedCell(
        "pandas-dev/pandas#65397", "a separator without digits after it", "thousands: ','",
        ReadingRules(thousands=","), "int", "1 ,", "refused: expected an integer such as 1,234, got text",
    ),
    ReportedCell(
        "dotnet/machinelearning-modelbuilder#2782", "truth values in a CSV", "", _PLAIN, "int", "true", "`1`",
    ),
    ReportedCell(
        "NVIDIA/cudf#1015", "an integer taken for a truth value", "", _PLAIN, "int", "3977", "`3977`",
    ),
    ReportedCell(
        "apple/turicreate#1695", "a quoted false in a column of text", "", _PLAIN, "string",
        "false", "`'false'`",
    ),
    ReportedCell(
        "tidyverse/readr#796", "a space that does not break, for thousands",
        "decimal: ',', thousands: '\u202f'", ReadingRules(",", "\u202f"), "float",
        "1\u202f234,5", "`1234.5`",
    ),
    ReportedCell(
        "apache/ofbiz-framework#845", "such spaces around a number", "", _PLAIN, "int",
        "\u00a029000\u202f", "`29000`",
    ),
    ReportedCell(
        "airbytehq/airbyte#36225", "SQL Server's datetimeoffset", "time_zone: Europe/Moscow",
        _dates(time_zone="Europe/Moscow"), "string",
        "2024-05-10 16:00:01.6048050 +03:00", "`'2024-05-10 16:00:01.604805'`",
    ),
    ReportedCell(
        "arrow-py/arrow#393", "a leap second", "", _ISO, "string",
        "2016-12-31T23:59:60", "`'2017-01-01 00:00:00'`",
    ),
    ReportedCell(
        "pandas-dev/pandas#27454", "a day below 13 taken for the month", _DAY_FIRST,
        _dates("%d-%m-%Y %H:%M"), "string", "05-01-2019 00:37", "`'2019-01-05 00:37:00'`",
    ),
    ReportedCell(
        "pandas-dev/pandas#3341", "a month above 12, read as the day", "date_format: {c: '%d-%m-%Y'}",
        _dates("%d-%m-%Y"), "string", "01-13-2012",
        "refused: expected a date written %d-%m-%Y or ISO8601, got a date; see exports.date_format",
    ),
    ReportedCell(
        "pandas-dev/pandas#11725", "a day of one digit", "date_format: {c: '%d.%m.%Y'}",
        _dates("%d.%m.%Y"), "string", "1.3.1945", "`'1945-03-01'`",
    ),
    ReportedCell(
        "pandas-dev/pandas#55244", "May, which is short and long at once, before June",
        "date_format: {c: '%d-%b-%Y %H:%M:%S'}", _dates("%d-%b-%Y %H:%M:%S"), "string",
        "01-Jun-2022 00:00:01", "`'2022-06-01 00:00:01'`",
    ),
    ReportedCell(
        "pandas-dev/pandas#50939", "ISO 8601 of several shapes in one column", "", _ISO, "string",
        "2000-01-12T00:00:00.500+00:00", "`'2000-01-12 00:00:00.5'`",
    ),
    ReportedCell(
        "graphhopper/graphhopper#2186", "Sept, since a new Java", "date_format: {c: '%Y %b %d'}",
        _dates("%Y %b %d"), "string", "2015 Sept 30", "`'2015-09-30'`",
    ),
    ReportedCell(
        "gyanz/pydsstools#7", "the end of a day in another format", "date_format: {c: '%d %b%Y %H:%M:%S'}",
        _dates("%d %b%Y %H:%M:%S"), "string", "29 Jan2019 24:00:00", "`'2019-01-30 00:00:00'`",
    ),
)  # fmt: skip
