"""A Parquet file is scored with its columns and types kept."""

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from commands.predict import predict as command
from tests.commands.predict.tables import EXPORTS, use_case


@pytest.mark.usefixtures("quick")
def test_a_parquet_file_keeps_its_types(homes: dict[str, Path], tmp_path: Path) -> None:
    table = pa.table(
        {
            "size": pa.array([None, 1, 9], pa.int8()),
            "colour": pa.array(["red", "blue", "red"]).dictionary_encode(),
            "when": pa.array([1, 2, 3], pa.timestamp("ns", "Europe/Berlin")),
            "day": pa.array(["2013-01-01"] * 3, pa.large_string()),
            "heat": pa.array([1.5, None, 3.0], pa.float64()),
            "more": pa.array([[1], [], None], pa.list_(pa.int64())),
            "text": pa.array(["a", None, "b"]),
        }
    )
    source, out = tmp_path / "in.parquet", tmp_path / "out.parquet"
    pq.write_table(table, source, compression="zstd", row_group_size=2, version="2.6")
    summary = command.predict(use_case(homes["two"], EXPORTS), source, out)
    written = pq.read_table(out)
    assert written.select(table.column_names).equals(table.slice(0, 2))
    assert written.schema.names[7:] == ["prediction", "probability_no", "probability_yes, sir"]
    assert written.schema.field("prediction").type == pa.string()
    assert pq.ParquetFile(out).metadata.row_group(0).column(0).compression == "ZSTD"
    refused = pd.read_csv(summary["refused_file"], dtype=str)
    assert refused[["_line", "_column", "size"]].to_numpy().tolist() == [["3", "size", "9"]]


@pytest.mark.usefixtures("quick")
def test_int96_times_become_nanoseconds_and_a_file_keeps_its_metadata_in_groups_of_bounded_size(
    homes: dict[str, Path], tmp_path: Path
) -> None:
    rows = 70_000
    table = pa.table(
        {
            "size": pa.array([1] * rows, pa.int8()),
            "colour": pa.array(["red"] * rows),
            "heat": pa.array([1.5] * rows, pa.float64()),
            "when": pa.array([1_000] * rows, pa.timestamp("ns")),
        }
    ).replace_schema_metadata({"made by": "a test"})
    source, out = tmp_path / "in.parquet", tmp_path / "out.parquet"
    pq.write_table(table, source, use_deprecated_int96_timestamps=True)
    assert command.predict(use_case(homes["plain"]), source, out)["scored"] == rows
    written = pq.ParquetFile(out)
    groups = [written.metadata.row_group(number).num_rows for number in range(written.num_row_groups)]
    assert sum(groups) == rows
    assert max(groups) <= 65_536
    assert written.schema_arrow.field("when").type == pa.timestamp("ns")
    assert written.schema_arrow.metadata[b"made by"] == b"a test"


@pytest.mark.usefixtures("quick")
def test_the_columns_of_folders_are_columns_of_out(homes: dict[str, Path], tmp_path: Path) -> None:
    for colour in ("red", "__HIVE_DEFAULT_PARTITION__"):
        folder = tmp_path / "table" / f"colour={colour}"
        folder.mkdir(parents=True)
        pq.write_table(pa.table({"day": ["2013-01-01"], "size": [1]}), folder / "part.parquet")
    out = tmp_path / "out.parquet"
    assert command.predict(use_case(homes["plain"], EXPORTS), tmp_path / "table", out)["scored"] == 2
    assert pq.read_table(out)["colour"].to_pylist() == [None, "red"]
