"""What the kills come to: one that did not hold is enough."""

from typing import Any

import pytest

from benchmarks.proofs.kills.proof import summarized

KILL = {"at": "3.0 s", "way": "SIGTERM", "live_answered": True}
END = {"same_end": True, "running": 0, "leftovers": [], "live_answers": True}


def test_all_held_where_every_end_is_that_of_an_undisturbed_run() -> None:
    summary = summarized(
        {"undisturbed": {"seconds": 9}, "random 1": {**KILL, **END}, "node": KILL, "ended": END}
    )
    assert summary["all_held"]
    assert (summary["kills"], summary["ends"], summary["ways"]["SIGTERM"]) == (2, 2, 2)


@pytest.mark.parametrize(
    "wrong",
    [{"same_end": False}, {"running": 1}, {"leftovers": [".stage-2"]}, {"live_answers": False}],
)
def test_one_end_that_differs_is_enough(wrong: dict[str, Any]) -> None:
    assert not summarized({"first": {**KILL, **END}, "ended": {**END, **wrong}})["all_held"]


def test_a_live_version_that_did_not_answer_after_a_kill_is_enough() -> None:
    assert not summarized({"first": {**KILL, **END}, "node": {**KILL, "live_answered": False}})["all_held"]
