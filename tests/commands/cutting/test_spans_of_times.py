"""A time whose text has several readings goes to the span that it surely is of, or the file is refused."""

from pathlib import Path

import pyarrow as pa
import pytest

from commands.cutting.span_of_format import span_of_format
from commands.cutting.spans import SpanRule
from commands.cutting.spans_of_times import UNDATED, SpansOfTimes
from perennial.errors import FileRefused
from perennial.reading.columns import Column
from perennial.reading.reading import ExportFormat
from pipeline.config_sections import ExportsSection


def spans_of(times: list[str], *formats: object) -> list[str]:
    exports = ExportsSection(time_column="when", date_format={"when": formats})  # type: ignore[dict-item]
    columns = (Column("when", "string", required=True),)
    by_first = {
        first: ExportFormat(columns, time_column="when", written=written)
        for first, written in exports.time_formats.items()
    }
    cells = pa.array([time.encode() for time in times], pa.binary())
    return SpansOfTimes(SpanRule("month"), by_first).named("part.csv", cells)


def hours_of(times: list[str], zone: str | None = None) -> list[str]:
    exports = ExportsSection(span="hour", time_column="when", time_zone=zone)
    columns = (Column("when", "string", required=True),)
    export = ExportFormat(columns, time_column="when", written=exports.csv_format)
    cells = pa.array([time.encode() for time in times], pa.binary())
    return SpansOfTimes(SpanRule("hour"), {None: export}).named("part.csv", cells)


def test_a_time_goes_to_its_hour_in_utc_and_one_that_is_none_with_the_row_before_it() -> None:
    times = ["2013-01-15 06:59:59.9", "2013-01-15T07:00:00+01:00", "never", "2013-01-15T24:00"]
    assert hours_of(times) == ["2013-01-15T06", "2013-01-15T06", "2013-01-15T06", "2013-01-16T00"]


def test_a_date_without_a_time_of_day_is_of_no_hour_and_refused() -> None:
    with pytest.raises(FileRefused, match="`when`: row 2 has a date without a time of day") as no:
        hours_of(["2013-01-15 06:00", "2013-01-15"])
    assert "exports.span: day" in no.value.remedy


FROM_APRIL = ("%d/%m/%Y", {"format": "%m/%d/%Y", "from": "2024-04"})


def test_each_time_is_read_in_the_format_of_the_span_that_this_gives() -> None:
    times = ["13/02/2024", "03/02/2024", "31/03/2024", "04/13/2024", "05/06/2024", "2024-02-01"]
    assert spans_of(times, *FROM_APRIL) == ["2024-02", "2024-02", "2024-03", "2024-04", "2024-05", "2024-02"]
    # Of a later year no former format holds.
    assert spans_of(["01/02/2025"], *FROM_APRIL) == ["2025-01"]


def test_a_time_of_two_spans_is_refused_with_what_to_do() -> None:
    with pytest.raises(FileRefused, match="the span of 9 rows is not clear, first that of row 4") as no:
        spans_of([f"{day:02}/02/2024" for day in range(1, 29)], *FROM_APRIL)
    assert "--span" in no.value.remedy


def test_a_time_in_a_format_that_is_not_of_its_span_is_refused() -> None:
    with pytest.raises(FileRefused, match="row 2"):
        spans_of(["2024-04-02", "13.04.2024"], "%d.%m.%Y", {"format": "ISO8601", "from": "2024-04"})


def test_a_time_that_is_none_in_any_format_goes_with_the_row_before_it() -> None:
    times = ["never", "13/02/2024", "soon", "04/13/2024", ""]
    spans = ["2024-02", "2024-02", "2024-02", "2024-04", "2024-04"]
    assert spans_of(times, *FROM_APRIL) == spans
    assert spans_of(["never"], *FROM_APRIL) == [UNDATED]


def test_a_file_of_an_unknown_span_is_read_in_the_format_of_its_times(tmp_path: Path) -> None:
    exports = ExportsSection(time_column="when", date_format={"when": FROM_APRIL})  # type: ignore[dict-item]
    columns = (Column("when", "string", required=True),)
    export = ExportFormat(columns, time_column="when", written=exports.csv_format)
    path = tmp_path / "next.csv"
    path.write_text("when\n13/02/2024\n14/02/2024\n")
    assert span_of_format(exports, [path], export) == "2024-02"
    path.write_text("when\n04/13/2024\n")
    assert span_of_format(exports, [path], export) == "2024-04"
    path.write_text("when\n04/13/2024\n13/02/2024\n")
    with pytest.raises(FileRefused, match="different formats"):
        span_of_format(exports, [path], export)
