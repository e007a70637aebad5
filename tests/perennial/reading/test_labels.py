"""What can be a label of a task, and what comes of a row whose label cannot."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from components.arrow_example_gen.ingest import Cutting, Export, read_export
from perennial.reading.columns import Column
from perennial.reading.reading import ExportFormat
from perennial.task import Task

SPECIES = Task("multiclass", "kind", ("setosa", "versicolor", "virginica"))
SIZES = Task("multiclass", "kind", (1, 2, 5))


def read(path: Path, task: Task, kind: Any, share: float = 0.9) -> Export:
    columns = (Column("n", "int", required=True), Column("kind", kind, required=True))
    export = ExportFormat(columns, "kind", task=task)
    return read_export(
        [path], export, Cutting(max_bad_share=share), {"span": "1", "version": 1, "digest": "d"}
    )


def test_a_label_that_is_none_of_the_classes_goes_to_quarantine(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("n,kind\n1,setosa\n2,Setosa\n3,\n4,virginica\n5,setosa\n")
    export_read = read(path, SPECIES, "string")
    assert export_read.table["n"].to_pylist() == [1, 4, 5]
    reasons = [(row["line"], row["column"], row["reason"]) for row in export_read.summary["quarantine"]]
    assert reasons == [(3, "kind", "a label that is not one of the classes")]
    assert export_read.summary["unlabelled"] == 1


def test_the_classes_are_counted_by_split(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("n,kind\n" + "".join(f"{row},{(1, 2, 2, 5)[row % 4]}\n" for row in range(400)))
    splits = read(path, SIZES, "int").summary["splits"]
    assert [
        sum(each) for each in zip(*(split["label_counts"] for split in splits.values()), strict=True)
    ] == [
        100,
        200,
        100,
    ]
    assert all(sum(split["label_counts"]) == split["rows"] for split in splits.values())


def test_a_regressions_label_is_summed_and_must_be_finite(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"n": [1, 2, 3], "kind": pa.array([1.5, float("inf"), -4.0])}), path)
    summary = read(path, Task("regression", "kind"), "float").summary
    assert summary["rows"] == 2
    assert summary["quarantined"] == 1
    assert sum(split["label_sum"] for split in summary["splits"].values()) == -2.5
    assert all(split["label_counts"] == [] for split in summary["splits"].values())


def test_a_label_of_0_and_1_takes_no_other_number(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("n,kind\n1,0\n2,1\n3,2\n")
    summary = read(path, Task("binary", "kind"), "int").summary
    assert (summary["rows"], summary["quarantined"]) == (2, 1)
