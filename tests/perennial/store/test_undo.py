"""Which rollbacks are left to undo, and which models a person went back from."""

from typing import Any

import pytest

from perennial.store.undo import original, restorable, rollbacks
from perennial.store.versions import Action

# How each version became live, and its model; a letter is a model.
Steps = list[tuple[Action, str]]


def _rows(steps: Steps) -> list[dict[str, Any]]:
    return [
        {"version": number, "action": action, "digest": model, "why": f"reason {number}"}
        for number, (action, model) in enumerate(steps, start=1)
    ]


PUSHED: Steps = [("push", "a"), ("push", "b"), ("push", "c")]
BACK_TWICE: Steps = [*PUSHED, ("rollback", "b"), ("rollback", "a")]


@pytest.mark.parametrize(
    ("steps", "left"),
    [
        ([], []),
        (PUSHED, []),
        (BACK_TWICE, [4, 5]),
        ([*BACK_TWICE, ("forward", "b")], [4]),
        ([*BACK_TWICE, ("forward", "b"), ("forward", "c")], []),
        ([*BACK_TWICE, ("forward", "b"), ("rollback", "a")], [4, 7]),
        ([*BACK_TWICE, ("push", "d")], []),
        ([*BACK_TWICE, ("approve", "d")], []),
        ([*BACK_TWICE, ("push", "d"), ("rollback", "a")], [7]),
        # The ledger lost what these undid, or went back from.
        ([("forward", "b")], []),
        ([("rollback", "b")], []),
    ],
)
def test_what_is_left_to_undo_is_a_stack_that_a_push_empties(steps: Steps, left: list[int]) -> None:
    assert [each.row["version"] for each in rollbacks(_rows(steps)).open] == left


def test_what_was_undone_is_known_by_the_version_that_undid_it() -> None:
    done = rollbacks(_rows([*BACK_TWICE, ("forward", "b"), ("forward", "c")]))
    assert {number: row["version"] for number, row in done.undone.items()} == {5: 6, 4: 7}


@pytest.mark.parametrize(
    ("steps", "marked"),
    [
        (PUSHED, {}),
        (BACK_TWICE, {"c": 3, "b": 4}),
        ([*BACK_TWICE, ("push", "d")], {"c": 3, "b": 4}),
        # Forward takes back what the rollback said, and says nothing of the model that it replaces.
        ([*BACK_TWICE, ("forward", "b")], {"c": 3}),
        ([*BACK_TWICE, ("forward", "b"), ("forward", "c")], {}),
        # So does a rollback to the model, and to undo it says the former again.
        ([*PUSHED, ("rollback", "b"), ("rollback", "c")], {"b": 4}),
        ([*PUSHED, ("rollback", "b"), ("rollback", "c"), ("forward", "b")], {"c": 3}),
        ([*BACK_TWICE, ("push", "d"), ("forward", "b")], {"c": 3}),
    ],
)
def test_a_model_that_a_person_restored_was_not_rolled_back_from(
    steps: Steps, marked: dict[str, int]
) -> None:
    marks = rollbacks(_rows(steps)).marks
    assert {model: mark["version"] for model, mark in marks.items()} == marked


def test_a_mark_has_the_reason_of_the_rollback() -> None:
    assert rollbacks(_rows(BACK_TWICE)).marks["c"]["why"] == "reason 4"


@pytest.mark.parametrize(
    ("restores", "expected"),
    [
        ({1: None}, 1),
        ({4: 2, 2: None}, 2),
        ({9: 6, 6: 4}, 4),
        # A card that somebody wrote by hand ends no program.
        ({4: 4}, 4),
        ({4: 7, 7: 4}, 4),
    ],
)
def test_a_version_that_restores_another_counts_as_that_one(
    restores: dict[int, int | None], expected: int
) -> None:
    assert original(restores, max(restores) if 7 not in restores else 4) == expected


def test_of_a_model_that_was_live_the_pushed_version_is_taken_else_the_copy() -> None:
    restores = {1: None, 2: None, 3: 1, 4: 3}
    rows = [{"version": number, "restores": restored} for number, restored in restores.items()]
    assert restorable(rows, 4, [1, 2, 3, 4]) == [1, 4]
    assert restorable(rows, 4, [2, 3, 4]) == [4]
    assert restorable(rows, 2, [1, 2]) == [2]
    assert restorable(rows, 2, [1]) == []
