"""What looks like something else in most cells of a column of text is reported, by one rule."""

from pathlib import Path

import pytest

from tests.commands.new.sniffing.sniffed_text import sniff_text


@pytest.mark.parametrize(
    ("cells", "look"),
    [
        (("1:30", "2:45", "0:05"), "durations or times of day"),
        (("1h 30m", "45m", "2h"), "durations or times of day"),
        (("PT1H30M", "P2D", "PT5S"), "durations or times of day"),
        (("0 days 01:30:00", "1 days 02:00:00"), "durations or times of day"),
        (("5 kg", "7.5 kg", "12 kg"), "numbers with a unit"),
        (("$5", "$7.50", "$1,200"), "numbers with a sign such as $, € or %"),
        (("0x1F", "0xA0", "0x07"), "hexadecimal numbers"),
        (("10-20", "20-30", "30+"), "ranges or bounds of numbers"),
        (("52.5,13.4", "48.1,11.6"), "pairs of numbers or places on a map"),
        (("POINT (13.4 52.5)", "POINT (11.6 48.1)"), "pairs of numbers or places on a map"),
        (("[1, 2]", "[3]"), "JSON"),
        (("red|blue", "red|green|blue"), "lists"),
        (("18446744073709551615", "18446744073709551614"), "integers of more than 18 digits"),
        (("\u0661\u0662", "\u0663\u0664"), "numbers in other digits than 0 to 9"),
        (("\u22125", "7", "\u221212"), "numbers"),
    ],
)
def test_what_all_cells_look_like_is_reported(tmp_path: Path, cells: tuple[str, ...], look: str) -> None:
    lines = [f'a,"{cells[row % len(cells)]}",{row % 2}' for row in range(30)]
    (note,) = [n for n in sniff_text(tmp_path, "\n".join(["s,n,y", *lines])).notes if "`n`" in n]
    assert f"all of its cells look like {look} (the first is line 2)" in note


@pytest.mark.parametrize(
    ("usual", "odd", "sentence"),
    [
        ("17", "n/k", "has numbers in 80% of its cells"),
        ("2024-05-{day:02}", "soon", "has dates or times in 80% of its cells"),
        ("true", "perhaps", "has truth values in 80% of its cells"),
        ("yes", "perhaps", "has truth values in 80% of its cells"),
        ("0:{day:02}", "late", "has durations or times of day in 80% of its cells"),
    ],
)
def test_what_most_cells_look_like_is_reported_with_the_first_that_does_not(
    tmp_path: Path, usual: str, odd: str, sentence: str
) -> None:
    lines = [f"a,{odd if row % 5 == 3 else usual.format(day=row % 28 + 1)},{row % 2}" for row in range(50)]
    (note,) = [n for n in sniff_text(tmp_path, "\n".join(["s,n,y", *lines])).notes if "`n`" in n]
    assert f"Column `n` {sentence} and other text in the rest (the first is line 5)" in note


@pytest.mark.parametrize(
    "cells",
    [
        ("red", "blue"),
        ("yes", "no"),
        ("A1", "B2"),
        ("00721", "12"),
        ("5a", "x"),
        ("p", "h"),
        ("555-123-4567", "555-987-6543"),
        ("(030) 123 45", "x"),
        ("+49 170 1234567", "+49 30 123456"),
        ("10.20.30.40", "192.168.0.1"),
        ("90210-1234", "10115-0815"),
    ],
)
def test_what_is_text_is_not_reported(tmp_path: Path, cells: tuple[str, ...]) -> None:
    lines = [f"a,{cells[row % len(cells)]},{row % 2}" for row in range(30)]
    notes = sniff_text(tmp_path, "\n".join(["s,n,y", *lines])).notes
    assert not any("look" in note or "rest" in note for note in notes)
