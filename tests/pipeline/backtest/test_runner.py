"""Whole backtests with a scripted chain: what is read, trained, kept, and left alone."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from perennial.errors import Busy, NodeFailed, Stopped
from pipeline import files_lock, provenance
from pipeline.backtest.content import content_of
from pipeline.backtest.policies import Policy
from pipeline.config import REPOSITORY
from pipeline.run import lock
from tests.pipeline.backtest.past import PastScene, snapshot

# As of 1 both windows are one span, as of 2 both are two.
TRAINED = [("1", 1), ("2", 2), ("3", 2), ("3", 3)]


def test_each_model_is_trained_once_and_judged_on_later_spans(past: PastScene) -> None:
    result = past.backtest()
    assert past.lines.read == ["1", "2", "3", "4"]
    assert past.script.trained == TRAINED
    assert past.lines.began[-1] == "4 of 4: 3"
    never, narrow, wide = result.comparison.policies
    assert list(never.by_span) == ["2", "3", "4"]
    assert never.by_span["4"].loss == pytest.approx(0.4 + 0.03 - 0.001 + 0.04 / 7)
    assert wide.loss < narrow.loss < never.loss
    assert wide.cpu_seconds == 3 * 50
    assert result.trained == 4


def test_spans_that_a_run_read_are_not_read_again(past: PastScene) -> None:
    past.edit("window: {spans: 3}", "window: {spans: 9}")
    past.metadata()
    assert past.run().verdict == "PUSHED"
    past.backtest()
    assert past.lines.read == []


def test_a_second_backtest_trains_nothing(past: PastScene) -> None:
    first = past.backtest()
    second = past.backtest()
    assert past.script.trained == TRAINED
    assert (second.trained, second.others) == (0, 0)
    assert [each.loss for each in second.comparison.policies] == [
        each.loss for each in first.comparison.policies
    ]


def test_results_stay_when_a_training_fails_and_the_next_backtest_goes_on_there(past: PastScene) -> None:
    past.script.fails_at = 2
    with pytest.raises(NodeFailed, match="Trainer failed on the model as of 3"):
        past.backtest()
    past.script.fails_at = None
    assert past.backtest().trained == 2
    assert past.script.trained == TRAINED


def test_one_more_span_trains_the_models_that_it_needs(past: PastScene) -> None:
    past.backtest()
    past.land("5")
    result = past.backtest(last="5")
    # As of 1, for what never retrained comes to on span 5; as of 4 both windows.
    assert past.script.trained[len(TRAINED) :] == [("1", 1), ("4", 2), ("4", 4)]
    assert list(result.plan.judged) == ["2", "3", "4", "5"]


def test_results_of_other_settings_are_not_mixed_in(past: PastScene) -> None:
    past.backtest()
    past.edit("batch_size: 8", "batch_size: 9")
    result = past.backtest()
    assert (result.trained, result.others) == (4, 4)


def test_a_result_is_not_kept_if_the_code_was_edited_while_it_was_made(
    past: PastScene, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    code = tmp_path / "code"
    for package in ("components", "models", "perennial", "pipeline", "serving", "transforms"):
        shutil.copytree(REPOSITORY / package, code / package, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(provenance, "REPOSITORY", code)

    def edit() -> None:
        if len(past.script.trained) == 1:
            with (code / "models" / "flights.py").open("a") as file:
                file.write("# Edited.\n")

    past.script.begin = edit
    with pytest.raises(Stopped, match="the code was edited while the model as of 2 was trained"):
        past.backtest()
    past.script.begin = lambda: None
    result = past.backtest()
    assert past.script.trained == [("1", 1), ("2", 2), *TRAINED]
    assert result.others == 1


def test_a_decision_of_a_person_counts_in_the_next_backtest(past: PastScene) -> None:
    past.metadata()
    assert past.run().verdict == "PUSHED"
    past.backtest()
    with past.ledger() as ledger:
        ledger.spans.decide("3", "reject", "Wrong.")
    result = past.backtest()
    assert list(result.plan.judged) == ["2", "4"]
    assert result.left_out == {"3": "a person rejected it"}


def test_a_blocked_span_is_left_out_and_named(past: PastScene) -> None:
    past.script.runs.gates = {"2": "BLOCK"}
    result = past.backtest()
    assert list(result.plan.judged) == ["3", "4"]
    assert result.left_out == {"2": "it is blocked"}
    assert past.lines.notes == ["Span 2 is left out: It is BLOCK."]


def test_a_second_backtest_at_the_same_time_is_busy(past: PastScene) -> None:
    past.backtest()
    with lock.held(past.root / "backtests" / "lock", "other"), pytest.raises(Busy, match="Another backtest"):
        past.backtest()


def test_a_run_is_not_kept_out(past: PastScene) -> None:
    past.metadata()

    def run_beside() -> None:
        past.script.begin = lambda: None
        assert past.run().verdict == "PUSHED"

    past.script.begin = run_beside
    assert past.backtest().trained == 4


def test_policies_may_be_added_later(past: PastScene) -> None:
    past.backtest(policies=[Policy(1, None)])
    past.backtest(policies=[Policy(1, None), Policy(2, None)])
    # The model as of 1 is judged on 3 as well, so it is trained again.
    assert past.script.trained == [("1", 1), ("2", 2), ("3", 3), ("1", 1)]


def test_the_same_is_written_after_a_stop_as_without_one(past: PastScene) -> None:
    written: list[dict[str, Any]] = []
    past.write = lambda result: written.append(content_of("flights", result, past.root))
    past.script.fails_at = 2
    with pytest.raises(NodeFailed):
        past.backtest()
    past.script.fails_at = None
    past.backtest()
    shutil.rmtree(past.root / "backtests")
    past.backtest()
    # How long a training took differs.
    for training in [each for content in written for each in content["trainings"]]:
        del training["seconds"]
    stopped, undisturbed = written
    assert stopped == undisturbed


def test_a_later_span_changes_nothing_of_the_models_before_it(past: PastScene) -> None:
    every = [Policy(1, None)]
    past.backtest(last="3", policies=every)
    before = snapshot(past.root / "backtests" / "results")
    past.land("4", "other")
    past.backtest(policies=every)
    assert past.script.trained == [("1", 1), ("2", 2), ("3", 3)]
    after = snapshot(past.root / "backtests" / "results")
    assert before.items() <= after.items()


def test_nothing_is_pruned_while_a_backtest_works(past: PastScene) -> None:
    refused: list[Busy] = []

    def prune_beside() -> None:
        try:
            with files_lock.alone(past.root):
                pass
        except Busy as error:
            refused.append(error)

    past.script.begin = prune_beside
    past.backtest()
    assert len(refused) == 4
    with files_lock.alone(past.root):
        """It is free again."""
