"""The answers of `--rename` and `--drop` are read, and refused where they contradict themselves."""

import pytest

from commands.evolve.rename_answers import answers_of
from perennial.errors import UsageError


def test_answers_are_old_and_new_names() -> None:
    answers = answers_of(["temp=air temp", "a=b"], ["dewp"])
    assert answers.renamed == {"temp": "air temp", "a": "b"}
    assert answers.dropped == {"dewp"}


@pytest.mark.parametrize("renames", [["temp"], ["=b"], ["a="], ["a=b", "a=c"], ["a=c", "b=c"], ["gone=b"]])
def test_half_an_answer_and_a_column_that_is_named_twice_are_refused(renames: list[str]) -> None:
    with pytest.raises(UsageError):
        answers_of(renames, ["gone"])
