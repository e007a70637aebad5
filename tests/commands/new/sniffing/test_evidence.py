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


def test_signs_and_spaces_around_numbers_are_recognised() -> None:
    assert evidence.is_signed(values("$5", "7 €", "(3)", "12%"))
    assert not evidence.is_signed(values("red", "blue"))
    assert evidence.is_spaced(values(" 5", "7 "))
    assert not evidence.is_spaced(values("5 x", "7"))


def test_some_words_are_missing_only_among_numbers() -> None:
    seen = values("NA", "none", "none", "5")
    assert evidence.markers_in(seen, is_text=True) == {"NA": 1}
    assert evidence.markers_in(seen, is_text=False) == {"NA": 1, "none": 2}


def test_a_value_that_is_not_written_so_is_named() -> None:
    assert evidence.unlike(values("1.5", "1,5", "2.5"), (".", None)) == b"1,5"
