"""Which version of one model is wanted, loaded and live, event by event."""

from typing import Any

import pytest

from serving.settings import ModelSettings
from serving.supervisor.versions import AVAILABLE, END, LOADING, START, ModelVersions, VersionFolder


def _model(**settings: Any) -> ModelVersions:
    return ModelVersions("m", ModelSettings("/m", **settings))


def _disk(*numbers: int, content: str = "whole") -> dict[int, VersionFolder]:
    return {number: VersionFolder(f"/m/{number}", content) for number in numbers}


def _lie(model: ModelVersions, *numbers: int) -> None:
    """Two looks at a folder in which nothing moves."""
    for _ in range(2):
        model.scanned(_disk(*numbers))
        model.plan()


def _load(model: ModelVersions, *good: int) -> None:
    """Loads whatever is to be loaded; what is not among the good ones fails."""
    while waiting := model.to_load():
        for number in waiting:
            model.records[number].state = LOADING
            if number in good:
                model.promote(number)
            else:
                model.fail(number, "it is broken")
        model.plan()


def _states(model: ModelVersions) -> dict[int, str]:
    return {number: record.state for number, record in model.records.items()}


def test_of_several_versions_the_highest_number_is_loaded_alone() -> None:
    model = _model()
    _lie(model, 2, 10, 9)
    assert model.to_load() == [10]
    _load(model, 10)
    assert model.live == 10
    assert _states(model) == {10: AVAILABLE}


def test_nothing_is_live_before_it_is_loaded() -> None:
    model = _model()
    _lie(model, 1)
    assert (model.live, _states(model)) == (None, {1: START})
    assert model.truth() == {"versions": {"1": {"state": START, "error": ""}}, "live": None, "labels": {}}


def test_the_old_version_is_live_until_the_new_one_is_loaded_and_then_unloaded() -> None:
    model = _model()
    _lie(model, 4)
    _load(model, 4)
    _lie(model, 4, 5)
    model.records[5].state = LOADING
    model.plan()
    assert (model.live, _states(model)) == (4, {4: AVAILABLE, 5: LOADING})
    model.promote(5)
    model.plan()
    assert (model.live, _states(model)) == (5, {4: END, 5: AVAILABLE})
    assert model.notices[-2:] == ["version 5 of m is live", "version 4 of m is unloaded"]


def test_a_version_that_fails_is_reported_and_the_former_one_stays_live() -> None:
    model = _model()
    _lie(model, 4)
    _load(model, 4)
    _lie(model, 4, 5)
    _load(model)
    assert (model.live, _states(model)) == (4, {4: AVAILABLE, 5: END})
    assert model.truth()["versions"]["5"] == {"state": END, "error": "it is broken"}


def test_a_version_that_failed_is_left_alone_until_its_folder_changes() -> None:
    model = _model()
    _lie(model, 4)
    _load(model, 4)
    _lie(model, 4, 5)
    _load(model)
    for _ in range(3):
        _lie(model, 4, 5)
        assert model.to_load() == []
    for _ in range(2):
        model.scanned(_disk(4) | _disk(5, content="mended"))
        model.plan()
    assert model.to_load() == [5]
    _load(model, 5)
    assert model.live == 5


def test_a_folder_that_still_changes_is_not_loaded_while_another_version_is_live() -> None:
    model = _model()
    _lie(model, 4)
    _load(model, 4)
    for size in range(3):
        model.scanned(_disk(4) | _disk(5, content=f"{size} bytes"))
        model.plan()
        assert (model.to_load(), model.records[5].state) == ([], START)
    model.scanned(_disk(4) | _disk(5, content="2 bytes"))
    model.plan()
    assert model.to_load() == [5]


def test_a_folder_that_lacks_a_file_of_the_live_version_is_taken_to_be_half_copied_for_a_while() -> None:
    model = _model()
    graph, schema = "saved_model.pb", "assets.extra/schema.json"
    live = {4: VersionFolder("/m/4", "whole", frozenset({graph, schema}))}
    half = {5: VersionFolder("/m/5", "half", frozenset({graph}))}
    model.scanned(live)
    model.plan()
    _load(model, 4)
    for _ in range(10):
        model.scanned(live | half)
        model.plan()
        assert model.to_load() == []
    whole = {5: VersionFolder("/m/5", "whole", frozenset({graph, schema, "more"}))}
    for _ in range(2):
        model.scanned(live | whole)
        model.plan()
    assert model.to_load() == [5]


def test_a_folder_that_goes_on_lacking_a_file_is_loaded_in_the_end() -> None:
    model = _model()
    live = {4: VersionFolder("/m/4", "whole", frozenset({"saved_model.pb", "variables/variables.index"}))}
    model.scanned(live)
    model.plan()
    _load(model, 4)
    for _ in range(11):
        model.scanned(live | {5: VersionFolder("/m/5", "less", frozenset({"saved_model.pb"}))})
        model.plan()
    assert model.to_load() == [5]


def test_a_first_version_is_loaded_at_once() -> None:
    model = _model()
    model.scanned(_disk(1))
    model.plan()
    assert model.to_load() == [1]


def test_what_changed_while_it_was_loaded_is_loaded_anew() -> None:
    model = _model()
    _lie(model, 1)
    model.records[1].state = LOADING
    model.scanned(_disk(1, content="more of it"))
    model.plan({1})
    model.promote(1)
    model.plan()
    assert (model.live, model.records[1].state, model.to_load()) == (None, LOADING, [1])
    assert model.records[1].folder.fingerprint == "more of it"


@pytest.mark.parametrize("gone", [{}, None])
def test_the_only_working_version_stays_when_its_folder_is_gone(
    gone: dict[int, VersionFolder] | None,
) -> None:
    model = _model()
    _lie(model, 4)
    _load(model, 4)
    for _ in range(3):
        model.scanned(gone)
        model.plan()
    assert (model.live, _states(model)) == (4, {4: AVAILABLE})


def test_when_the_highest_number_is_taken_away_the_next_one_is_loaded_before_it_goes() -> None:
    model = _model()
    _lie(model, 4, 5)
    _load(model, 5)
    _lie(model, 4)
    assert (model.live, model.to_load(), _states(model)) == (5, [4], {5: AVAILABLE, 4: START})
    _load(model, 4)
    assert (model.live, _states(model)) == (4, {5: END, 4: AVAILABLE})


def test_when_it_is_taken_away_and_the_next_one_is_broken_it_stays() -> None:
    model = _model()
    _lie(model, 4, 5)
    _load(model, 5)
    _lie(model, 4)
    _load(model)
    assert model.live == 5


def test_at_the_start_broken_versions_are_passed_over_downwards() -> None:
    model = _model()
    _lie(model, 3, 4, 5)
    _load(model, 3)
    assert (model.live, _states(model)) == (3, {5: END, 4: END, 3: AVAILABLE})


def test_a_number_that_appears_below_the_live_one_is_not_loaded() -> None:
    model = _model()
    _lie(model, 5)
    _load(model, 5)
    _lie(model, 3, 5)
    assert (model.to_load(), _states(model)) == ([], {5: AVAILABLE})


def test_several_newest_versions_are_served_and_the_highest_is_live() -> None:
    model = _model(newest=2)
    _lie(model, 1, 2, 3)
    _load(model, 1, 2, 3)
    assert (model.live, _states(model)) == (3, {3: AVAILABLE, 2: AVAILABLE})
    _lie(model, 1, 2, 3, 4)
    _load(model, 4)
    assert (model.live, _states(model)) == (4, {4: AVAILABLE, 3: AVAILABLE, 2: END})


def test_all_versions_can_be_served() -> None:
    model = _model(policy="all")
    _lie(model, 1, 2, 3)
    _load(model, 1, 3)
    assert (model.live, _states(model)) == (3, {1: AVAILABLE, 2: END, 3: AVAILABLE})
    _lie(model, 3)
    assert _states(model)[1] == END


def test_pinned_versions_are_served_whatever_else_appears() -> None:
    model = _model(policy=(4, 5))
    _lie(model, 3, 4, 5, 6)
    _load(model, 4, 5)
    assert (model.live, _states(model)) == (5, {4: AVAILABLE, 5: AVAILABLE})


def test_a_pinned_version_that_is_missing_is_served_once_it_comes() -> None:
    model = _model(policy=(7,))
    _lie(model, 6)
    assert (model.live, model.to_load()) == (None, [])
    _lie(model, 6, 7)
    _load(model, 7)
    assert model.live == 7


def test_when_the_pin_moves_the_former_version_answers_until_the_new_one_is_loaded() -> None:
    model = _model(policy=(4,))
    _lie(model, 4, 5)
    _load(model, 4)
    model.settings = ModelSettings("/m", policy=(5,))
    model.plan()
    assert (model.live, model.to_load()) == (4, [5])
    _load(model, 5)
    assert (model.live, _states(model)) == (5, {4: END, 5: AVAILABLE})


def test_when_the_pin_moves_to_a_broken_version_the_former_one_stays() -> None:
    model = _model(policy=(4,))
    _lie(model, 4, 5)
    _load(model, 4)
    model.settings = ModelSettings("/m", policy=(5,))
    model.plan()
    _load(model)
    assert (model.live, _states(model)) == (4, {4: AVAILABLE, 5: END})


def test_a_label_keeps_a_version_loaded_that_is_not_the_latest() -> None:
    model = _model(labels={"stable": 4})
    _lie(model, 3, 4, 5)
    _load(model, 4, 5)
    assert (model.live, model.labels) == (5, {"stable": 4})
    _lie(model, 3, 4, 5, 6)
    _load(model, 6)
    assert (model.live, model.labels, _states(model)) == (
        6,
        {"stable": 4},
        {4: AVAILABLE, 5: END, 6: AVAILABLE},
    )


def test_a_labelled_version_whose_folder_is_gone_stays() -> None:
    model = _model(labels={"stable": 4})
    _lie(model, 4, 5)
    _load(model, 4, 5)
    _lie(model, 5)
    assert (model.labels, _states(model)) == ({"stable": 4}, {4: AVAILABLE, 5: AVAILABLE})


def test_a_label_moves_once_its_version_is_loaded_and_the_former_one_goes() -> None:
    model = _model(labels={"canary": 4})
    _lie(model, 4, 5, 6)
    _load(model, 4, 6)
    model.settings = ModelSettings("/m", labels={"canary": 5})
    model.plan()
    assert (model.labels, _states(model)[4]) == ({"canary": 4}, AVAILABLE)
    _load(model, 5)
    assert (model.labels, _states(model)) == ({"canary": 5}, {4: END, 5: AVAILABLE, 6: AVAILABLE})


def test_a_label_whose_new_version_is_broken_stays_where_it_was() -> None:
    model = _model(labels={"canary": 4})
    _lie(model, 4, 5, 6)
    _load(model, 4, 6)
    model.settings = ModelSettings("/m", labels={"canary": 5})
    model.plan()
    _load(model)
    assert (model.labels, _states(model)) == ({"canary": 4}, {4: AVAILABLE, 5: END, 6: AVAILABLE})


def test_a_label_that_is_taken_away_lets_its_version_go() -> None:
    model = _model(labels={"stable": 4})
    _lie(model, 4, 5)
    _load(model, 4, 5)
    model.settings = ModelSettings("/m")
    model.plan()
    assert (model.labels, _states(model)) == ({}, {4: END, 5: AVAILABLE})


def test_a_label_to_a_version_that_is_not_there_is_none() -> None:
    model = _model(labels={"stable": 9})
    _lie(model, 4)
    _load(model, 4)
    assert (model.live, model.labels) == (4, {})


def test_a_labelled_version_beside_a_pin_is_not_live() -> None:
    model = _model(policy=(4,), labels={"canary": 5})
    _lie(model, 4, 5)
    _load(model, 4, 5)
    assert (model.live, model.labels) == (4, {"canary": 5})


def test_one_worker_that_ended_over_a_version_is_chance_and_two_are_not() -> None:
    model = _model()
    _lie(model, 1)
    model.records[1].state = LOADING
    model.crashed(1)
    assert model.records[1].state == LOADING
    model.crashed(1)
    assert model.records[1].error == "2 workers crashed while they loaded it."


def test_a_failed_version_is_forgotten_with_its_folder() -> None:
    model = _model()
    _lie(model, 4)
    _load(model, 4)
    _lie(model, 4, 5)
    _load(model)
    _lie(model, 4)
    assert _states(model) == {4: AVAILABLE}


def test_a_version_that_comes_back_is_loaded_again() -> None:
    model = _model()
    _lie(model, 4, 5)
    _load(model, 5)
    _lie(model, 4)
    _load(model, 4)
    _lie(model, 4, 5)
    _load(model, 5)
    assert (model.live, _states(model)) == (5, {4: END, 5: AVAILABLE})


def test_the_status_remembers_only_the_last_of_the_versions_that_were_unloaded() -> None:
    model = _model()
    for number in range(1, 31):
        _lie(model, number)
        _load(model, number)
    model.plan()
    assert model.live == 30
    assert sorted(model.records) == list(range(20, 31))


def test_a_version_that_is_overtaken_before_it_is_loaded_is_dropped() -> None:
    model = _model()
    _lie(model, 1)
    _load(model, 1)
    _lie(model, 1, 2)
    model.records[2].state = LOADING
    for _ in range(2):
        model.scanned(_disk(1, 2, 3))
        model.plan({2})
    assert _states(model) == {1: AVAILABLE, 2: LOADING, 3: START}
    model.plan()
    assert _states(model) == {1: AVAILABLE, 3: START}


def test_version_0_is_a_version() -> None:
    model = _model()
    _lie(model, 0)
    _load(model, 0)
    assert model.live == 0
    _lie(model)
    assert model.live == 0
