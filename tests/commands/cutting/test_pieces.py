"""A table is cut into spans in the way it is written: what comes later has to be read alike."""

import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from commands.new.new import new
from commands.new.summary import NewSummary
from components.arrow_example_gen.ingest import Cutting, Export, read_export
from perennial.reading.columns import export_columns
from perennial.reading.reading import ExportFormat
from perennial.schema import read_schema
from pipeline import config

ROWS = 450
pytestmark = pytest.mark.usefixtures("home")


def days() -> list[datetime.date]:
    return [datetime.date(2013, 1, 1) + datetime.timedelta(row // 5) for row in range(ROWS)]


def as_run_reads(made: NewSummary, repository: Path) -> list[Export]:
    """Each span as an ingestion with the use case's settings reads it."""
    text = (repository / "pipeline/use_cases/sales.yaml").read_text()
    exports_settings = config.parse(text, name="sales", home=config.home(), source="sales.yaml").exports
    schema = read_schema(repository / "schemas/sales.pbtxt")
    export = ExportFormat(
        export_columns(schema), "umsatz", exports_settings.time_column or "", exports_settings.csv_format
    )
    cutting = Cutting(
        max_bad_share=exports_settings.max_bad_share,
        max_unlabelled_share=exports_settings.max_unlabelled_share,
        anchor_share=exports_settings.anchor_share,
        tail_days=exports_settings.tail_days,
    )
    exports = []
    for span in made.plan.spans:
        files = sorted(path for path in (made.exports / span.name).iterdir() if path.name != "_SUCCESS")
        exports.append(read_export(files, export, cutting, {"span": span.name, "version": 1, "digest": ""}))
    return exports


def test_a_csv_to_be_ashamed_of_is_cut_into_spans_that_are_read_to_the_same_rows(tmp_path: Path) -> None:
    lines = ["Tag;Filiale;Größe;umsatz", ""]
    for row, day in enumerate(days()):
        size = "N/A" if row % 20 == 7 else f"{row % 9},5"
        lines.append(f"{day.day}/{day.month}/{day.year};Köln {row % 4};{size};1.{row * 7 % 900:03d},25")
    lines += ["", f"Summe;;;{ROWS}.000,00"]
    source = tmp_path / "umsätze.csv"
    source.write_bytes("\r\n".join(lines).encode("latin-1"))
    made = new("sales", source, "umsatz", "Tag", None, tmp_path / "repository")
    assert [span.name for span in made.plan.spans] == ["2013-01", "2013-02", "2013-03"]
    exports = as_run_reads(made, tmp_path / "repository")
    assert sum(export.table.num_rows for export in exports) == ROWS
    for span in made.plan.spans:
        (file,) = (made.exports / span.name).glob("*.csv")
        assert file.read_bytes().startswith("Tag;Filiale;Größe;umsatz\r\n".encode("latin-1"))
        assert file.read_bytes().rstrip().endswith(b"000,00")
    assert sum(export.summary["quarantined"] for export in exports) == 0
    sizes = pa.concat_tables([export.table for export in exports])["Größe"]
    assert sizes.null_count == sum(row % 20 == 7 for row in range(ROWS))


def test_a_folder_of_parquet_files_is_cut_by_its_timestamps(tmp_path: Path) -> None:
    folder = tmp_path / "sales"
    folder.mkdir()
    table = pa.table(
        {
            "when": pa.array([datetime.datetime(day.year, day.month, day.day, 12, 30) for day in days()]),
            "open": pa.array([row % 3 == 0 for row in range(ROWS)]),
            "price": pa.array([row * 0.5 for row in range(ROWS)], pa.float64()),
            "umsatz": pa.array([float(row * 37 % 100) for row in range(ROWS)]),
        }
    )
    pq.write_table(table.slice(0, 100), folder / "a.parquet")
    pq.write_table(table.slice(100), folder / "b.parquet")
    made = new("sales", folder, "umsatz", "when", "regression", tmp_path / "repository")
    exports = as_run_reads(made, tmp_path / "repository")
    assert (
        pa.concat_tables([export.table for export in exports])["price"].to_pylist()
        == table["price"].to_pylist()
    )


def test_the_newest_rows_without_a_label_yet_make_no_span(tmp_path: Path) -> None:
    lines = ["day,size,umsatz"]
    for row, day in enumerate(days()):
        lines.append(f"{day},{row % 9},{'' if day.month == 3 else row * 37 % 100 + 0.5}")
    source = tmp_path / "sales.csv"
    source.write_text("\n".join(lines))
    made = new("sales", source, "umsatz", "day", None, tmp_path / "repository")
    assert [path.name for path in sorted(made.exports.iterdir())] == ["2013-01", "2013-02"]
    assert "No span is written for 2013-03: no row has a usable label." in made.look_at
