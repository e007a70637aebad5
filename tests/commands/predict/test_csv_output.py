"""Scored parts of CSVs are written as one file, with one header and a line end between files."""

import gzip
import io
from dataclasses import dataclass

import pytest

from commands.predict.csv_output import csv_output
from commands.predict.csv_table import ScoredText
from perennial.reading.csv_format import CsvFormat


@dataclass
class Opened:
    """What the output takes of a table."""

    opening: bytes = b"a,prediction"
    after_header: bytes = b"\r\n"


def written(encoding: str = "utf-8", is_pressed: bool = False) -> bytes:
    out = io.BytesIO()
    with csv_output(out, CsvFormat(encoding=encoding), is_pressed) as output:
        for text in ("ä,1", "b,2"):
            output.begin(Opened())  # type: ignore[arg-type]
            output.write(ScoredText(True, text.encode(), b""))
            output.write(None)
    return out.getvalue()


def test_two_files_have_one_header_and_a_line_end_between_them() -> None:
    assert written().decode() == "a,prediction\r\nä,1\r\nb,2"


def test_the_file_is_in_the_encoding_of_the_exports() -> None:
    assert written("latin-1") == "a,prediction\r\nä,1\r\nb,2".encode("latin-1")


def test_the_same_rows_give_the_same_gzip() -> None:
    assert written(is_pressed=True) == written(is_pressed=True)
    assert gzip.decompress(written(is_pressed=True)) == written()


@pytest.mark.parametrize("after", [b"", b"\n\n"])
def test_the_last_line_ends_stay_as_they_are(after: bytes) -> None:
    out = io.BytesIO()
    with csv_output(out, CsvFormat(), is_pressed=False) as output:
        output.begin(Opened())  # type: ignore[arg-type]
        output.write(ScoredText(True, b"a,1", after))
    assert out.getvalue() == b"a,prediction\r\na,1" + after
