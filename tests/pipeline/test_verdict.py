"""Every verdict has its exit code and its next step."""

from typing import get_args

import pytest

from pipeline.finding_kinds import WARNINGS
from pipeline.verdict import EXIT_CODES, Name, next_step


def test_every_verdict_has_an_exit_code_and_what_to_do_next() -> None:
    assert set(EXIT_CODES) == set(get_args(Name))
    assert [EXIT_CODES[name] for name in ("PUSHED", "KEPT", "NOTHING_NEW")] == [0, 0, 0]
    failing = [EXIT_CODES[name] for name in ("FAILED", "DATA_BLOCKED", "UNSERVABLE", "BUSY", "NO_MODEL")]
    assert failing == [1, 3, 4, 5, 6]


@pytest.mark.parametrize("has_candidate", [True, False])
@pytest.mark.parametrize("verdict", get_args(Name))
def test_every_verdict_has_a_next_step_in_a_sentence(verdict: Name, has_candidate: bool) -> None:
    step = next_step(verdict, "rain", has_candidate=has_candidate)
    assert step.endswith(".")
    assert "{" not in step


@pytest.mark.parametrize("kind", WARNINGS)
def test_a_warning_stands_in_the_place_of_nothing_to_do(kind: str) -> None:
    step = next_step("KEPT", "rain", has_candidate=True, warnings=[kind])
    assert "Nothing to do" not in step
    assert "rain" in step
    assert "{" not in step
    failed = next_step("FAILED", "rain", has_candidate=True, warnings=[kind])
    assert failed == next_step("FAILED", "rain", has_candidate=True)


def test_after_a_push_nobody_is_sent_back_to_the_model_that_failed() -> None:
    step = next_step("PUSHED", "rain", has_candidate=True, warnings=["LIVE_MODEL_FAILS"])
    assert step == next_step("PUSHED", "rain", has_candidate=True)


def test_where_no_export_was_accepted_the_next_step_is_to_put_one_there() -> None:
    without = next_step("NO_MODEL", "rain", has_candidate=False)
    assert without == "Hand in an export with `land rain FILE`, then run `run rain` again."
    assert "Improve the model or the data" in next_step("NO_MODEL", "rain", has_candidate=True)


@pytest.mark.parametrize("verdict", ["KEPT", "NOTHING_NEW", "NO_MODEL"])
def test_spans_that_wait_for_labels_are_the_next_thing_to_do(verdict: Name) -> None:
    step = next_step(verdict, "rain", has_candidate=verdict == "KEPT", unlabelled=["4", "5"])
    assert step.startswith("Run `land rain FILE --replace` once the labels of 2 spans (")
    assert next_step("PUSHED", "rain", has_candidate=True, unlabelled=["4"]).startswith("Run `serve rain`")
