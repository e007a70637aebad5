"""What is said of texts that are no use case."""

from pathlib import Path

import pytest

from perennial.errors import ConfigError
from pipeline import config

EVALUATION = "evaluation: {bounds: {auc: {min: 0.6}}}\n"
FLOOR = "bounds: {auc: {min: 0.6}}"


def problem(text: str) -> str:
    """What is said of a text that is no use case."""
    with pytest.raises(ConfigError) as caught:
        config.parse(text, name="flights", home=Path("/home-of-tests"), source="flights.yaml")
    assert (caught.value.exit_code, caught.value.remedy) == (2, "Fix the file; nothing was started.")
    return caught.value.problem


def unfit(line: int, key: str, expected: str) -> str:
    return f"flights.yaml, line {line}: `{key}`: expected {expected}."
