"""A value of a column is named with its file and line."""

from pathlib import Path

import pyarrow as pa
import pytest

from commands.new.sniffing.file_profile import FileProfile, Places, count, text_column


def test_a_place_is_the_line_of_the_first_cell_with_the_value(tmp_path: Path) -> None:
    files = (tmp_path / "a.csv", tmp_path / "b.csv")
    files[0].write_text('name,n\n"two\nlines",1\n\nx,2\n')
    files[1].write_text("name,n\ny,3\nz,4\n")
    cells = pa.chunked_array([pa.array([b"1", b"2", b"3", b"4"], pa.binary())])
    column = text_column("n", cells)
    places = Places(files, [0, 2], FileProfile())
    assert [places.of(column, value) for value in (b"1", b"2", b"4")] == [
        "a.csv, line 2",
        "a.csv, line 5",
        "b.csv, line 3",
    ]
    assert Places(files[:1], [0], FileProfile()).of(column, b"2") == "line 5"


def test_how_the_files_are_written_follows_from_what_is_known() -> None:
    profile = FileProfile()
    assert profile.written.delimiter == ","
    profile.exports["delimiter"] = ";"
    assert profile.written.delimiter == ";"


@pytest.mark.parametrize(("number", "words"), [(1, "1 cell"), (0, "0 cells"), (1234, "1,234 cells")])
def test_one_thing_is_counted_in_the_singular(number: int, words: str) -> None:
    assert count(number, "cell") == words
