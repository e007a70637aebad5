"""The page of what the schedule costs."""

from benchmarks.speed.schedule.bench import Idle, page


def test_the_page_has_a_row_for_each_number_of_use_cases() -> None:
    text = page([Idle(1, 0.0001, 52.4, 29.0, 0.36), Idle(50, 0.0035, 54.0, 31.0, 2.8)], 60)
    assert "| 1 | 0.01% | 52 | 29 | 0.36 |" in text
    assert "| 50 | 0.35% | 54 | 31 | 2.80 |" in text
    assert "over 60 s" in text
