"""What the columns of a CSV hold: numbers, markers for missing, dates, text."""

from pathlib import Path

import pytest

from tests.commands.new.sniffing.sniffed_text import sniff_text


def test_a_word_that_may_be_a_value_is_missing_only_among_numbers(tmp_path: Path) -> None:
    lines = [
        f"{'None' if row % 5 else 'Stone'},{'None' if row % 6 == 0 else row},{row % 2}" for row in range(60)
    ]
    sniffed = sniff_text(tmp_path, "\n".join(["alley,n,y", *lines]))
    assert sniffed.exports == {"na_values": {"n": ["None"]}}
    assert "`None` (10 cells) counts as missing." in sniffed.notes
    words = [line.split(",")[0] for line in lines]
    assert (
        sniff_text(
            tmp_path, "\n".join(["alley,y", *(f"{word},{n % 2}" for n, word in enumerate(words))])
        ).exports
        == {}
    )


def test_a_blank_where_a_number_should_be_is_missing(tmp_path: Path) -> None:
    lines = [f"a,{' ' if row == 7 else row},{row % 2}" for row in range(60)]
    sniffed = sniff_text(tmp_path, "\n".join(["s,n,y", *lines]))
    assert (sniffed.kinds["n"], sniffed.missing["n"]) == ("int", 1)
    assert sniffed.exports == {}


def test_numbers_that_could_have_decimals_are_read_with_thousands_and_it_is_reported(tmp_path: Path) -> None:
    sniffed = sniff_text(tmp_path, "s;n;y\n" + "".join(f"a;1,23{row % 10};{row % 2}\n" for row in range(40)))
    assert sniffed.exports == {"delimiter": ";", "thousands": ","}
    assert any("each could be a decimal mark" in one for one in sniffed.notes)


@pytest.mark.parametrize(
    ("cells", "sentence"),
    [
        (
            ("5", "6", "red"),
            "Column `n` has numbers in 67% of its cells and other text in the rest (the first is line 4)",
        ),
        (("05", "6"), "Column `n` holds codes (digits with leading zeros): it is read as text."),
    ],
)
def test_text_that_is_nearly_numbers_is_reported(
    tmp_path: Path, cells: tuple[str, ...], sentence: str
) -> None:
    lines = [f"a,{cells[row % len(cells)]},{row % 2}" for row in range(60)]
    sniffed = sniff_text(tmp_path, "\n".join(["s,n,y", *lines]))
    assert sentence in " ".join([*sniffed.notes, *sniffed.problems])


def test_other_dates_of_the_file_decide_which_is_the_day(tmp_path: Path) -> None:
    lines = [f"{row % 28 + 1}/2/2013,{row % 5 + 3}/{row % 3 + 1}/2013,{row % 2}" for row in range(60)]
    sniffed = sniff_text(tmp_path, "\n".join(["sure,open,y", *lines]))
    assert sniffed.dates == {"sure": "%d/%m/%Y", "open": "%d/%m/%Y"}
    assert any("like the other dates of the file" in one for one in sniffed.notes)
