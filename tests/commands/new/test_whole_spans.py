"""A table's first or last span of a few days only is left out, for `land` to hand in when it is whole."""

from pathlib import Path

import pytest

from commands.cutting.spans import TableSpan
from commands.new.new import new
from commands.new.whole_spans import not_whole, typical_rows


def spans(*rows: int) -> list[TableSpan]:
    return [TableSpan(f"2024-{number:02d}", each) for number, each in enumerate(rows, start=1)]


@pytest.mark.parametrize(
    ("rows", "names"),
    [
        ((6_432, 1), ["2024-02"]),
        ((1, 6_432), ["2024-01"]),
        ((300, 310, 290, 120), ["2024-04"]),
        ((120, 300, 310, 290), []),
        ((300, 310, 290, 700), []),
        ((372, 348, 372), []),
        ((500,), []),
    ],
)
def test_it_is_one_of_the_ends_with_far_fewer_rows(rows: tuple[int, ...], names: list[str]) -> None:
    assert [span.name for span in not_whole(spans(*rows))] == names


def test_the_typical_rows_hardly_follow_from_a_small_span() -> None:
    assert typical_rows(spans(1, 6_432)) == 6_432
    assert typical_rows(spans(348, 372, 372)) == 372


def test_new_names_it_and_how_to_hand_it_in_later(home: Path, repository: Path, tmp_path: Path) -> None:
    days = [f"2024-{month:02d}-{day:02d}" for month in (1, 2, 3) for day in range(1, 29) for _ in range(8)]
    days += ["2024-04-01"] * 8
    lines = [f"{day},{row % 7},{row % 2}" for row, day in enumerate(days)]
    table = tmp_path / "sales.csv"
    table.write_text("day,size,sold\n" + "\n".join(lines))
    made = new("sales", table, "sold", "day", None, repository)
    assert sorted(path.name for path in (home / "exports/sales").iterdir()) == [
        "2024-01",
        "2024-02",
        "2024-03",
    ]
    (sentence,) = (each for each in made.look_at if each.startswith("Span 2024-04 is not written"))
    assert "run `land sales FILE`" in sentence
