"""What training says of hyperparameters that are not what they must be."""

from typing import Any

import pytest

from perennial.errors import ConfigError
from perennial.training.settings import settings_of

GOOD: dict[str, Any] = {
    "steps_per_epoch": 10,
    "epochs": 3,
    "batch_size": 32,
    "learning_rate": 0.1,
    "ema_momentum": 0.9,
    "early_stopping": {"days": 2, "patience": 1},
    "width": "the model's own affair",
}


def test_whole_numbers_are_fine_for_a_rate() -> None:
    assert settings_of({**GOOD, "learning_rate": 1}).learning_rate == 1.0


@pytest.mark.parametrize("name", ["steps_per_epoch", "epochs", "batch_size", "learning_rate", "ema_momentum"])
def test_a_missing_one_is_named(name: str) -> None:
    with pytest.raises(ConfigError, match=f"as the hyperparameter {name}, and there is none"):
        settings_of({key: value for key, value in GOOD.items() if key != name})


@pytest.mark.parametrize("value", ["3", 3.0, True, 0, -1, None])
def test_epochs_of_another_kind_are_refused(value: object) -> None:
    with pytest.raises(ConfigError, match="whole number above 0 as the hyperparameter epochs"):
        settings_of({**GOOD, "epochs": value})


@pytest.mark.parametrize("value", ["0.9", 1, 1.5, 0.0, float("nan"), True])
def test_a_momentum_outside_of_its_range_is_refused(value: object) -> None:
    with pytest.raises(ConfigError, match="above 0 and below 1 as the hyperparameter ema_momentum"):
        settings_of({**GOOD, "ema_momentum": value})


@pytest.mark.parametrize("value", [{}, 3, {"days": 2}])
def test_nested_ones_are_named_by_their_path(value: object) -> None:
    with pytest.raises(ConfigError, match=r"early_stopping\.(days|patience)"):
        settings_of({**GOOD, "early_stopping": value})
