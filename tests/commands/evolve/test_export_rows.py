"""What `evolve` compares: the rows of the spans in use, and an export's added columns."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from commands.evolve.added_cells import only_text, rows_of_added, settings_of
from commands.evolve.changes import changes_of
from commands.evolve.export_rows import export_rows, former_rows
from commands.evolve.rename_answers import RenameAnswers
from commands.new.sniffing.sniff import Sniffed, sniff
from commands.new.source import written_as
from perennial.reading.columns import export_columns
from perennial.reading.csv_format import CsvFormat
from perennial.store.ledger import Ledger
from perennial.store.span_version import Verdict
from pipeline.config import UseCase
from serving.reading.rules import ReadingRules
from tests.flights_spans import batch_of, flights_schema, rows_of, write_examples

_CELLS: Final[Mapping[str, Callable[[int], Any]]] = {
    "plain": lambda row: row,
    "truth": lambda row: ("yes", "no", "Yes", "NO")[row % 4],
    "gaps": lambda row: ("NA", row)[row % 3 > 0],
    "day": lambda row: f"{1 + row % 28:02d}/{1 + row % 12:02d}/2023",
}


def _in_use(ledger: Ledger, span: str, examples: Path, verdict: Verdict = "OK") -> None:
    examples.mkdir(parents=True, exist_ok=True)
    version = ledger.spans.arrive(span, span)
    ledger.spans.judge(
        version,
        verdict,
        [],
        rows=1,
        quarantined=0,
        judged_with="",
        run_id="r",
        examples=str(examples),
        statistics=str(examples),
    )


def _export(folder: Path) -> Sniffed:
    folder.mkdir(parents=True, exist_ok=True)
    lines = [",".join(str(cell(row)) for cell in _CELLS.values()) for row in range(60)]
    (folder / "part.csv").write_text("\n".join([",".join(_CELLS), *lines]) + "\n")
    return sniff(folder)


def test_the_rows_of_the_newest_spans_in_use_are_read_oldest_first(
    use_case: UseCase, ledger: Ledger, tmp_path: Path
) -> None:
    columns = export_columns(flights_schema())
    assert former_rows(use_case, ledger, columns, 2) == []
    for span in ("2013-01", "2013-02", "2013-03"):
        rows = rows_of(f"{span}-01")
        parts = {"head": [batch_of(rows[:90])], "tail": [batch_of(rows[90:])]}
        write_examples(tmp_path / span, parts)
        _in_use(ledger, span, tmp_path / span)
    _in_use(ledger, "2013-04", tmp_path / "2013-04", "BLOCK")
    (tmp_path / "2013-03").rename(tmp_path / "gone")

    former = former_rows(use_case, ledger, columns, 2)
    assert [table["sched_dep"][0].as_py()[:7] for table in former] == [b"2013-01", b"2013-02"]
    assert [len(table) for table in former] == [len(rows_of(f"{span}-01")) for span in ("2013-01", "2013-02")]
    assert former[0].column_names == [column.name for column in columns]
    temp = rows_of("2013-01-01")["temp"]
    assert former[0]["temp"].null_count == temp.isna().sum()
    assert abs(sum(former[0]["temp"].drop_null().to_pylist()) - temp.sum()) < 1


def test_a_new_column_that_only_a_folder_names_is_read(tmp_path: Path) -> None:
    for region in ("north", "south"):
        _export(tmp_path / "t" / f"region={region}")
    sniffed = sniff(tmp_path / "t")
    rows = rows_of_added(sniffed, {"region": "string"}, written_as(sniffed))
    assert rows.column_names == ["region"]
    assert rows["region"].to_pylist() == [b"north"] * 60 + [b"south"] * 60


def test_numbers_that_need_a_setting_of_all_columns_are_read_as_text(tmp_path: Path) -> None:
    sniffed = _export(tmp_path / "t")
    assert sniffed.kinds["truth"] == "int"
    added = [*_CELLS]
    assert only_text(sniffed, CsvFormat(), added) == ("truth",)
    rules = ReadingRules(true_values=("yes", "Yes"), false_values=("no", "NO"))
    assert only_text(sniffed, CsvFormat(rules=rules), added) == ()


def test_settings_are_those_of_the_columns_that_are_read(tmp_path: Path) -> None:
    sniffed = _export(tmp_path / "t")
    settings = settings_of(ReadingRules(), sniffed, ["plain", "gaps", "day"])
    assert settings == {"date_format": {"day": "%d/%m/%Y"}, "na_values": {"gaps": ["NA"]}}
    assert settings_of(ReadingRules(), sniffed, ["plain"]) == {}


def test_a_new_column_of_lists_is_named_and_not_read(use_case: UseCase, tmp_path: Path) -> None:
    lists = pa.array([["a", "b"]] * 30)
    pq.write_table(
        pa.table({"temp": [1.5] * 30, "rating": [*range(30)], "tags": lists}), tmp_path / "t.parquet"
    )
    export = export_rows(use_case, flights_schema(), tmp_path / "t.parquet")
    assert (export.present, export.added, export.unreadable) == (("temp",), ("rating",), ("tags",))
    (remark,) = changes_of(use_case, flights_schema(), export, [], RenameAnswers()).remarks
    assert remark.startswith("`tags` is new, and of a type that cannot be read")
