"""A file that a command writes for a person appears whole, beside no other writer."""

from pathlib import Path

import pytest

from perennial.errors import Busy
from perennial.partial_file import partial_file


def test_what_a_killed_process_left_is_taken_over_and_a_living_ones_is_not(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    (tmp_path / ".out.csv.partial").write_text("half a line")
    with partial_file(path) as file:
        file.write(b"whole")
        with pytest.raises(Busy, match=r"Another process is writing out\.csv"), partial_file(path):
            pass
    assert path.read_text() == "whole"
    assert [one.name for one in tmp_path.iterdir()] == ["out.csv"]


def test_what_has_no_row_is_no_file_and_a_failure_leaves_the_former_one(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    path.write_text("former")
    with pytest.raises(TypeError), partial_file(path) as file:
        file.write("text where bytes are expected")  # type: ignore[call-overload]
    assert path.read_text() == "former"
    with partial_file(path):
        pass
    assert list(tmp_path.iterdir()) == []
