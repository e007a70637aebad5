"""What a backtest would do, without doing it."""

import json

import pytest

from perennial.errors import UsageError
from pipeline.backtest.dry_run import DryRun, dry_run
from pipeline.backtest.order import BacktestOrder
from tests.pipeline.backtest.past import POLICIES, PastScene


def planned(past: PastScene, first: str = "1", last: str = "4") -> DryRun:
    return dry_run(past.use_case, BacktestOrder(first, last, POLICIES))


def test_where_nothing_ran_the_time_is_not_known_and_nothing_is_written(past: PastScene) -> None:
    before = sorted(past.root.rglob("*"))
    dry = planned(past)
    assert dry.unread == ("1", "2", "3", "4")
    assert (len(dry.plan.trainings), dry.there) == (4, frozenset())
    assert dry.estimate.seconds is None
    assert sorted(past.root.rglob("*")) == before


def test_past_runs_say_how_long_a_training_takes(past: PastScene) -> None:
    past.edit("window: {spans: 3}", "window: {spans: 9}")
    past.metadata()
    past.run()
    (file,) = past.root.glob("runs/*/summary.json")
    summary = json.loads(file.read_text())
    transform = {"span": None, "name": "Transform", "state": "COMPLETE", "seconds": 30.0, "why": ""}
    summary["nodes"] = [node for node in summary["nodes"] if node["name"] != "Transform"] + [transform]
    file.write_text(json.dumps(summary))
    for number in range(30):  # runs with nothing new say nothing of it
        idle = file.parent.with_name(f"30130101T0000{number:02d}.000000Z")
        idle.mkdir()
        (idle / file.name).write_text(json.dumps({**summary, "nodes": []}))
    past.land("5")
    dry = planned(past, last="5")
    assert dry.unread == ("5",)
    # Window and Trainer take half a second each; a process that starts takes seven.
    assert dry.estimate.training_seconds == 38.0
    assert dry.estimate.trained_from == "runs"
    assert dry.estimate.span_seconds == 2.0
    # As of 1, 2, 3 (two windows) and 4 (two windows).
    assert dry.estimate.seconds == 6 * 38.0 + 2.0


def test_results_that_are_there_are_counted_and_set_the_time(past: PastScene) -> None:
    past.backtest()
    assert planned(past).there == frozenset(planned(past).plan.trainings)
    assert planned(past).estimate.seconds == 0
    past.land("5")
    dry = planned(past, last="5")
    assert (len(dry.there), dry.estimate.trainings) == (3, 3)
    assert dry.estimate.trained_from == "backtests"


def test_results_of_other_settings_are_counted_apart(past: PastScene) -> None:
    past.backtest()
    past.edit("batch_size: 8", "batch_size: 9")
    dry = planned(past)
    assert (dry.there, dry.others) == (frozenset(), 4)


def test_a_wrong_range_is_a_usage_error_here_too(past: PastScene) -> None:
    with pytest.raises(UsageError, match="--to: flights has no span '7'"):
        planned(past, last="7")
