"""Files of `predict` appear whole, beside no other writer, and never over what is read."""

import io
from pathlib import Path

import pandas as pd
import pytest

from commands.predict import predict as command
from commands.predict.output import RefusedRows, refused_file
from perennial.errors import UsageError
from perennial.reading.csv_format import CsvFormat
from perennial.reading.reading import BadRow
from tests.commands.predict.tables import GOOD, csv_file, use_case


@pytest.mark.usefixtures("quick")
def test_what_is_there_is_replaced_only_by_force(homes: dict[str, Path], tmp_path: Path) -> None:
    source, out = csv_file(tmp_path, GOOD), tmp_path / "out.csv"
    out.write_text("mine")
    refused_file(out).write_text("of an earlier time")
    with pytest.raises(UsageError, match=r"out\.csv already exists"):
        command.predict(use_case(homes["plain"]), source, out)
    command.predict(use_case(homes["plain"]), source, out, force=True)
    assert len(pd.read_csv(out)) == 50
    assert not refused_file(out).exists()


@pytest.mark.parametrize("written", ["out.csv", "out.refused.csv"])
def test_what_is_read_is_never_written(written: str, homes: dict[str, Path], tmp_path: Path) -> None:
    source = csv_file(tmp_path, GOOD)
    (tmp_path / written).hardlink_to(source)
    with pytest.raises(UsageError, match="it is one of the files to score"):
        command.predict(use_case(homes["plain"]), source, tmp_path / "out.csv", force=True)
    assert source.read_text() == GOOD


@pytest.mark.parametrize(
    ("out", "beside"),
    [
        ("a.csv", "a.refused.csv"),
        ("a.CSV.GZ", "a.refused.csv"),
        ("a.parquet", "a.refused.csv"),
        ("a", "a.refused.csv"),
    ],
)
def test_refused_rows_go_beside_under_the_name_without_its_suffix(out: str, beside: str) -> None:
    assert refused_file(Path("folder") / out) == Path("folder") / beside


def test_refused_rows_are_written_once_a_quarantine_s_own_columns_left_out() -> None:
    out = io.BytesIO()
    rows = RefusedRows(out, CsvFormat())
    rows.add("a.csv", ("_file", "size"), [])
    assert out.getvalue() == b""
    rows.add("a.csv", ("_file", "size"), [BadRow(3, "size", "too large", (b"x.csv", b"7"))])
    header, row = out.getvalue().decode().splitlines()
    assert header.split(",") == ["_file", "_line", "_column", "_reason", "size", "_extra"]
    assert row.split(",")[:5] == ["a.csv", "3", "size", "too large", "7"]
