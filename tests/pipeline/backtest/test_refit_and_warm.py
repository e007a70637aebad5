"""Backtests whose models are refit or begin warm, with a scripted chain."""

import shutil
from pathlib import Path

import pytest

from pipeline.backtest.policies import Policy
from tests.pipeline.backtest.past import PastScene

REFITS = (Policy(1, None), Policy(1, None, refit=True))


def test_a_refit_follows_the_model_that_is_judged_which_is_trained_once_for_both(past: PastScene) -> None:
    result = past.backtest(policies=REFITS)
    assert past.script.trained == [("1", 1), ("2", 2), ("3", 3)]
    assert past.script.refit == ["1", "2", "3"]
    plain, refit = result.comparison.policies
    assert refit.loss == pytest.approx(plain.loss - 0.005)
    assert (plain.cpu_seconds, refit.cpu_seconds) == (150.0, 300.0)
    assert past.backtest(policies=REFITS).trained == 0


def test_where_a_refit_does_not_agree_the_judged_model_is_used(past: PastScene) -> None:
    past.script.disagree = ("2",)
    plain, refit = past.backtest(policies=REFITS).comparison.policies
    assert refit.by_span["3"].loss == plain.by_span["3"].loss
    assert refit.by_span["4"].loss < plain.by_span["4"].loss


def test_a_refit_alone_leaves_the_result_of_the_judged_model_as_well(past: PastScene) -> None:
    past.backtest(policies=REFITS[1:])
    assert past.backtest(policies=REFITS).trained == 0


WARM = (Policy(1, None), Policy(1, None, start="warm"))


def test_a_warm_model_begins_with_the_one_before_which_is_kept(past: PastScene) -> None:
    result = past.backtest(policies=WARM)
    # As of 1 both are the same; then each span has a cold and a warm one.
    assert past.script.trained == [("1", 1), ("2", 2), ("2", 2), ("3", 3), ("3", 3)]
    starts = [start for start in past.script.starts if start]
    assert len(set(starts)) == 2
    assert all((Path(start) / "saved_model.pb").is_file() for start in starts)
    assert result.trained == 5
    past.backtest(policies=WARM)
    assert len(past.script.trained) == 5


def test_warm_models_may_be_compared_after_cold_ones(past: PastScene) -> None:
    never = Policy(None, None)
    past.backtest(policies=[never, *WARM[:1]])
    result = past.backtest(policies=[never, *WARM])
    # The model as of 1 was not kept, so it is trained again; what it was judged on before counts as well.
    assert past.script.trained[3:] == [("1", 1), ("2", 2), ("3", 3)]
    assert list(result.comparison.policies[0].by_span) == ["2", "3", "4"]
    assert result.others == 0


def test_a_kept_model_that_is_missing_or_damaged_is_trained_again_for_the_one_after_it(
    past: PastScene,
) -> None:
    past.backtest(policies=WARM[1:])
    for number, model in enumerate(past.root.glob("backtests/models/*/model")):
        if number:
            (model / "saved_model.pb").write_text("damage")
        else:
            shutil.rmtree(model)
    past.land("5")
    past.backtest(last="5", policies=WARM[1:])
    assert past.script.trained[3:] == [("1", 1), ("2", 2), ("3", 3), ("4", 4)]
    past.land("6")
    past.backtest(last="6", policies=WARM[1:])
    assert past.script.trained[7:] == [("5", 5)]
