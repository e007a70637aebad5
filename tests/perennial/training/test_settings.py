"""Which hyperparameters training takes, and which not. The words: tests/pipeline/test_explain.py."""

from typing import Any

import pytest
from pydantic import ValidationError

from perennial.training.settings import Hyperparameters

GOOD: dict[str, Any] = {
    "steps_per_epoch": 10,
    "epochs": 3,
    "batch_size": 32,
    "learning_rate": 0.1,
    "ema_momentum": 0.9,
    "early_stopping": {"days": 2, "patience": 1},
    "width": "the model's own affair",
}


def _refused_at(hyperparameters: dict[str, Any]) -> list[tuple[int | str, ...]]:
    with pytest.raises(ValidationError) as caught:
        Hyperparameters.model_validate(hyperparameters)
    return [each["loc"] for each in caught.value.errors()]


def test_whole_numbers_are_fine_for_a_rate() -> None:
    assert Hyperparameters.model_validate({**GOOD, "learning_rate": 1}).learning_rate == 1.0


def test_a_model_is_given_all_of_them_as_plain_values() -> None:
    own = {"width": "4", "hidden_units": [64, 32], "embedding_sizes": {"origin_id": 2}}
    hyperparameters = Hyperparameters.model_validate({**GOOD, **own})
    assert hyperparameters.for_model() == {**GOOD, **own}
    assert type(hyperparameters.for_model()) is dict
    assert Hyperparameters.model_validate_json(hyperparameters.model_dump_json()) == hyperparameters


@pytest.mark.parametrize("name", ["steps_per_epoch", "epochs", "batch_size", "learning_rate", "ema_momentum"])
def test_a_missing_one_is_named(name: str) -> None:
    assert _refused_at({key: value for key, value in GOOD.items() if key != name}) == [(name,)]


@pytest.mark.parametrize("value", ["3", 3.0, True, 0, -1, None])
def test_epochs_of_another_kind_are_refused(value: object) -> None:
    assert _refused_at({**GOOD, "epochs": value}) == [("epochs",)]


@pytest.mark.parametrize("value", ["0.9", 1, 1.5, 0.0, float("nan"), True])
def test_a_momentum_outside_of_its_range_is_refused(value: object) -> None:
    assert _refused_at({**GOOD, "ema_momentum": value}) == [("ema_momentum",)]


@pytest.mark.parametrize("value", [{}, 3, {"days": 2}])
def test_nested_ones_are_named_by_their_path(value: object) -> None:
    refused = _refused_at({**GOOD, "early_stopping": value})
    assert {each[:1] for each in refused} == {("early_stopping",)}
    assert ("early_stopping", "patience") in refused or value == 3
