"""What `serve` answers where it cannot begin."""

from pathlib import Path

from tests.commands.versions import Ask


def test_without_a_model_there_is_nothing_to_serve(home: Path, answer: Ask) -> None:
    code, reply = answer("serve")
    assert (code, reply["error"]) == (2, "Nothing to serve.")
    assert reply["remedy"].startswith("Name a use case (flights")


def test_a_use_case_that_is_not_there_is_answered_with_the_nearest_one(home: Path, answer: Ask) -> None:
    code, reply = answer("serve", "fligths")
    assert (code, reply["error"]) == (2, "No use case 'fligths'.")
    assert reply["remedy"] == "Did you mean 'flights'?"
