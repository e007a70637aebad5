"""The proof of retention: which weeks there are, and what its page says of them."""

import argparse
from typing import Any

import pytest

from benchmarks.harness.resume import StepFailed
from benchmarks.proofs import retention


def _state(week: int, size: int) -> dict[str, Any]:
    rows = {"mlmd_rows": 10 * week, "ledger_rows": week}
    held = {"bytes": size << 20, "files": 5 * week, **rows, "versions": 10, "runs": 7}
    return {"span": f"2013-W{week:02d}", "week": week, "verdict": "PUSHED", "seconds": 20.0, **held}


def test_the_year_has_52_whole_weeks_of_as_many_rows() -> None:
    weeks = retention.exports_by_week()
    assert sorted(weeks) == [f"2013-W{week:02d}" for week in range(1, 53)]
    assert {len(rows) for rows in weeks.values()} == {retention.ROWS}
    assert weeks["2013-W02"]["sched_dep"].between("2013-01-07", "2013-01-14").all()


def test_the_page_has_the_size_month_by_month_and_the_growth_after_the_home_was_full() -> None:
    states = [_state(week, size) for week, size in ((2, 6), (4, 8), (24, 19), (26, 20), (28, 20), (52, 23))]
    page = retention.page(states, {"status": [0.5, 0.7, 0.6]})
    assert "From 2013-W26 to 2013-W52 the size grows to 1.15 times" in page
    assert [week for week in (2, 4, 24, 26, 28, 52) if f"| 2013-W{week:02d} |" in page] == [2, 26, 52]
    assert "| `status weekly --json` | 0.60 | 0.50 |" in page


def test_a_part_of_the_year_has_no_seconds_of_commands() -> None:
    assert "Commands" not in retention.page([_state(2, 6)], {})


@pytest.mark.parametrize(
    ("code", "answer"), [(2, {"verdict": "NOTHING_NEW"}), (0, None), (0, {"verdict": "PUSHED"})]
)
def test_a_command_that_fails_or_has_something_new_is_not_measured(
    code: int, answer: dict[str, Any] | None
) -> None:
    with pytest.raises(StepFailed):
        retention._answered("run", code, answer, 0.1)


def test_the_year_goes_on_by_whole_steps() -> None:
    parser = argparse.ArgumentParser()
    retention.arguments(parser)
    assert parser.parse_args(["--weeks", "4"]).weeks == 4
    with pytest.raises(SystemExit):
        parser.parse_args(["--weeks", "3"])


def test_a_home_that_grows_by_more_than_a_fifth_is_not_flat() -> None:
    assert retention.is_flat([_state(2, 6), _state(26, 20), _state(52, 24)])
    assert not retention.is_flat([_state(2, 6), _state(26, 20), _state(52, 25)])
