"""How the cells of a column read as numbers, and which words are no values."""

import pyarrow as pa
import pytest

from commands.new.sniffing import evidence
from commands.new.sniffing.evidence import Values


def values(*cells: str) -> Values:
    return evidence.values_of(pa.chunked_array([pa.array([cell.encode() for cell in cells], pa.binary())]))


@pytest.mark.parametrize(
    ("cells", "marks"),
    [
        (("1.5", "2"), (".", None)),
        (("1,5", "2,25"), (",", None)),
        (("1.234,5", "2,25"), (",", ".")),
        (("1,234.5", "2.25"), (".", ",")),
        (("1'234.5", "2.25"), (".", "'")),
        (("1 234,5", "2,25"), (",", " ")),
        (("1\u2009234,5", "2,25"), (",", "\u2009")),
        (("a", "b"), (".", None)),
    ],
)
def test_marks_are_those_that_read_most_cells(cells: tuple[str, ...], marks: tuple[str, str | None]) -> None:
    assert evidence.marks_of([evidence.numbers_of(values(*cells))]) == marks


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        (("1", "2", "NA"), "int"),
        (("1", "2.5"), "float"),
        (("00721", "1234"), "string"),
        (("1", "2", "red"), "string"),
        (("9" * 19, "1"), "string"),
        (("NA", "n/a"), "string"),
    ],
)
def test_a_column_has_the_kind_of_nearly_all_its_cells(cells: tuple[str, ...], kind: str) -> None:
    seen = values(*cells)
    assert evidence.kind_of(seen, evidence.numbers_of(seen), (".", None)) == kind


def test_spaces_around_cells_are_not_part_of_them() -> None:
    trimmed = values(" 5", "\u00a05\u202f", "7 ").trimmed()
    assert dict(zip(trimmed.texts.to_pylist(), trimmed.counts.tolist(), strict=True)) == {b"5": 2, b"7": 1}


@pytest.mark.parametrize(
    ("cells", "missing", "kind"),
    [
        (("17.0", "3.0", "NA"), 1, "int"),
        (("17.0", "3", "5"), 0, "int"),
        (("17.0", "3.0"), 0, "float"),
        (("17.00", "3.00", ""), 1, "float"),
        (("17.0", "3.5", ""), 1, "float"),
        (("17", "3", "", ""), 2, "int"),
    ],
)
def test_whole_numbers_that_are_written_as_floats_since_one_is_missing_are_integers(
    cells: tuple[str, ...], missing: int, kind: str
) -> None:
    seen = values(*cells)
    assert evidence.kind_of(seen, evidence.numbers_of(seen), (".", None), missing) == kind


def test_a_value_that_is_not_written_so_is_named() -> None:
    assert evidence.unlike(values("1.5", "1,5", "2.5"), (".", None)) == b"1,5"
