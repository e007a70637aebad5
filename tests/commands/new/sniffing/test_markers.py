"""Which words and dates mean missing, in which columns; which texts are truth values."""

from pathlib import Path
from typing import Any

import pytest

from tests.commands.new.sniffing.sniffed_text import sniff_text


def _sniffed(folder: Path, **columns: list[str]) -> Any:
    rows = zip(*columns.values(), strict=True)
    return sniff_text(folder, "\n".join([",".join(columns), *(",".join(row) for row in rows)]))


def _cycle(*cells: str, rows: int = 60) -> list[str]:
    return [cells[row % len(cells)] for row in range(rows)]


@pytest.mark.parametrize(
    ("cells", "is_missing"),
    [
        (("EU", "NA", "APAC"), False),  # regions
        (("DE", "DE", "DE", "FR", "FR", "NA"), False),  # Namibia
        (("high", "low", "N/A"), False),  # as frequent as the others
        (("yes", "no", "NA"), True),
        (("stone", "stone", "stone", "wood", "wood", "wood", "NA"), True),
        (("a", "b", "NULL"), True),
    ],
)
def test_a_word_that_is_as_the_other_values_is_one(
    tmp_path: Path, cells: tuple[str, ...], is_missing: bool
) -> None:
    sniffed = _sniffed(tmp_path, region=_cycle(*cells), n=_cycle("1", "2", "3.5"))
    assert sniffed.exports.get("na_values", []) == ([cells[-1]] if is_missing else [])


def test_a_word_is_missing_among_numbers_and_a_value_among_codes(tmp_path: Path) -> None:
    sniffed = _sniffed(tmp_path, region=_cycle("EU", "NA", "APAC"), n=_cycle(*"1234567", "NA"))
    assert sniffed.exports["na_values"] == {"*": ["NA"], "region": []}
    assert (sniffed.missing["region"], sniffed.missing["n"]) == (0, 7)


def test_a_word_with_spaces_around_it_is_missing_among_numbers(tmp_path: Path) -> None:
    cells = (" 1", " 2", "3 ", "5", "6", "7", "8", "9", "NA ")
    sniffed = _sniffed(tmp_path, s=_cycle("a", "b"), n=_cycle(*cells))
    assert (sniffed.kinds["n"], sniffed.exports, sniffed.problems) == ("int", {"na_values": ["NA"]}, ())


def test_quoted_cells_without_text_are_missing_among_numbers_and_dates(tmp_path: Path) -> None:
    columns = {"s": ["a", ""], "n": ["5", ""], "d": ["2024-01-02", ""]}
    sniffed = _sniffed(
        tmp_path, **{name: [f'"{cell}"' for cell in _cycle(*cells)] for name, cells in columns.items()}
    )
    assert sniffed.kinds == {"s": "string", "n": "int", "d": "string"}
    assert sniffed.missing == {"s": 0, "n": 30, "d": 30}
    assert any("Quoted cells" in note and "`n` (30 cells), `d` (30 cells)" in note for note in sniffed.notes)


@pytest.mark.parametrize(
    ("usual", "placeholder", "share"),
    [
        ("2024-01-{:02}", "9999-12-31", 2),
        ("2024-01-{:02}", "0000-00-00", 3),
        ("{:02}.01.2024", "31.12.9999", 2),
        ("01/{:02}/2024", "01/01/1900", 3),
        ("2024-01-{:02} 10:00:00", "1970-01-01 00:00:00", 3),
        ("202401{:02}", "99991231", 9),
    ],
)
def test_a_date_that_stands_for_none_is_missing(
    tmp_path: Path, usual: str, placeholder: str, share: int
) -> None:
    cells = [placeholder if row % share == 0 else usual.format(row % 28 + 1) for row in range(90)]
    sniffed = _sniffed(tmp_path, until=cells, n=_cycle("1", "2", rows=90))
    assert sniffed.exports["na_values"] == [placeholder]
    assert (set(sniffed.dates), sniffed.missing["until"]) == ({"until"}, len(range(0, 90, share)))
    assert any(f"`{placeholder}`" in note and "stands for no date" in note for note in sniffed.notes)


def test_the_first_day_of_a_clock_is_a_date_as_others_are(tmp_path: Path) -> None:
    born = [f"19{70 + row % 20}-01-{row % 28 + 1:02}" for row in range(200)]
    sniffed = _sniffed(tmp_path, born=born, n=_cycle("1", "2", rows=200))
    assert (sniffed.exports, set(sniffed.dates)) == ({"date_format": {"born": "ISO8601"}}, {"born"})


@pytest.mark.parametrize(
    ("cells", "settings"),
    [
        (("true", "True", "FALSE"), {}),
        (("true", "false", "", "NA"), {"na_values": ["NA"]}),
        (("1", "0", "true"), {}),
        (("Yes", "yes", "YES", "no"), {"true_values": ["Yes", "yes", "YES"], "false_values": ["no"]}),
        (("ja", "Ja", "nein"), {"true_values": ["ja", "Ja"], "false_values": ["nein"]}),
    ],
)
def test_truth_values_are_0_and_1(tmp_path: Path, cells: tuple[str, ...], settings: dict[str, Any]) -> None:
    sniffed = _sniffed(tmp_path, member=_cycle(*cells), n=_cycle("1", "2"))
    assert (sniffed.kinds["member"], sniffed.exports) == ("int", settings)


def test_two_words_of_one_spelling_each_stay_a_category(tmp_path: Path) -> None:
    sniffed = _sniffed(tmp_path, member=_cycle("yes", "no"), n=_cycle("1", "2"))
    assert (sniffed.kinds["member"], sniffed.exports) == ("string", {})


def test_a_word_that_is_missing_among_numbers_or_far_too_frequent_is_no_category(tmp_path: Path) -> None:
    sizes = ["NA", "small", "large"] * 20
    both = "\n".join(
        ["s,n,y", *(f"{size},{'NA' if row % 7 else row},{row % 2}" for row, size in enumerate(sizes))]
    )
    assert sniff_text(tmp_path, both).exports["na_values"] == ["NA"]
    mostly = ["NA"] * 50 + ["late nest", "no blood"] * 5
    rare = "\n".join(["s,n,y", *(f"{text},{row},{row % 2}" for row, text in enumerate(mostly))])
    assert sniff_text(tmp_path, rare).exports["na_values"] == ["NA"]
