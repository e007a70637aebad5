"""What the proof of rollback and forward expects of `history`."""

from typing import Any

import pytest

from benchmarks.proofs.rollback.expected import MODELS, ROUND, wrong_in_history
from benchmarks.proofs.rollback.page import outcome
from perennial.store.undo import rollbacks


def _history(rounds: int) -> dict[str, Any]:
    """What `history --json` answers after these rounds, as far as it is looked at."""
    steps = [*(("push", None) for _ in MODELS), *ROUND * rounds]
    rows: list[dict[str, Any]] = [
        {"version": number, "action": action, "restores": restores, "digest": "", "why": ""}
        for number, (action, restores) in enumerate(steps, start=1)
    ]
    undone = rollbacks(rows).undone
    for row, following in zip(rows, [*rows[1:], {"action": ""}], strict=True):
        is_rolled = following["action"] == "rollback"
        row["rolled_back"] = {"undone": undone.get(following["version"])} if is_rolled else None
    return {"versions": rows[::-1]}


def test_rounds_end_as_they_began_and_a_whole_history_has_nothing_wrong() -> None:
    assert ROUND[-1] == ("forward", MODELS[-1])
    assert [action for action, _ in ROUND].count("rollback") == [action for action, _ in ROUND].count(
        "forward"
    )
    assert wrong_in_history(_history(3), 3) == []


def test_what_is_missing_is_named() -> None:
    content = _history(1)
    content["versions"][-3]["rolled_back"]["undone"] = None
    assert wrong_in_history(content, 1) == ["Version 3: nothing says that its rollback was undone."]
    content["versions"][-3]["rolled_back"] = None
    assert wrong_in_history(content, 1) == ["Version 3 was followed by `rollback`, and says None."]
    assert len(wrong_in_history(_history(1), 2)) == 1


def _part(**facts: Any) -> dict[str, Any]:
    """The result of a part in which nothing failed."""
    changes = [{"command": 1.0, "live": 2.0} for _ in ROUND]
    requests = {"latest": 9, "gRPC": 3}
    whole = {"changes": changes, "requests": requests, "failed": 0, "wrong": 0, "shown": [], "seconds": 9.0}
    return {**whole, "latency": [0.1, 0.2, 0.3], "history": [], "exit_code": 0, **facts}


def test_the_page_counts_what_was_done() -> None:
    passed = outcome([_part(), _part()], 0.2, whole=True)
    assert passed.good
    assert "| rollbacks, forwards | 4, 4 |" in passed.body
    assert "| requests: latest | 18 |" in passed.body


@pytest.mark.parametrize(
    "facts",
    [
        {"failed": 1},
        {"wrong": 1},
        {"history": ["It shows []."]},
        {"exit_code": 1},
        {"requests": {"latest": 9, "gRPC": 0}},  # its clients ended
    ],
)
def test_a_part_in_which_anything_is_wrong_is_not_good(facts: dict[str, Any]) -> None:
    assert not outcome([_part(), _part(**facts)], 0.2, whole=True).good
