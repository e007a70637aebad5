"""What a person reads in a terminal or a mail."""

from typing import Any, get_args

import pytest

from pipeline.run.verdict_block import verdict_block
from pipeline.summary import Summary
from pipeline.verdict import Name
from tests.texts import LONG, WIDEST, widest


def _summary(**changes: Any) -> Summary:
    model = {
        "metrics": {"log_loss": 0.41234, "auc": 0.7, "precision": None, "example_count": 8123},
        "intervals": {"log_loss": [0.40001, 0.42], "auc": None},
    }
    values: dict[str, Any] = {
        "use_case": "flights",
        "run_id": "r",
        "verdict": "PUSHED",
        "exit_code": 0,
        "reason": "Version 3 is live.",
        "seconds": 12.34,
        "spans": [
            _span("2013-01", 1, "OK", []),
            _span("2013-02", 2, "WARN", ["Column temp has drifted.", LONG]),
        ],
        "evaluated_on": {"first_day": "2013-02-20", "last_day": "2013-02-28", "days": 9, "rows": 8123},
        "candidate": {"version": 3, **model},
        "champion": {"version": 2, **model},
        "reasons": [
            _check("passed", "Bounds hold."),
            _check("failed", LONG),
            _check("not_checked", "Anchors were not checked."),
            _check("inconclusive", "Not decided."),
        ],
        "live_version": 3,
        "pushed_version": 3,
        "nodes": [
            _node("2013-01", "ArrowExampleGen", "CACHED", "inputs, settings and code are unchanged"),
            _node(None, "Trainer", "COMPLETE", "changed: " + "hyperparameters.learning_rate, " * 9),
        ],
        "report": "runs/r/txt",
    }
    return Summary.model_validate(values | changes)


def _check(state: str, sentence: str) -> dict[str, Any]:
    return {"check": "any", "passed": None, "state": state, "sentence": sentence}


def _span(name: str, version: int, verdict: str, reasons: list[str]) -> dict[str, Any]:
    counts = {"rows": 26398, "quarantined": 3}
    return {"span": name, "version": version, "verdict": verdict, "reasons": reasons, **counts}


def _node(span: str | None, name: str, state: str, why: str) -> dict[str, Any]:
    return {"span": span, "name": name, "state": state, "seconds": 1.25, "why": why}


def test_a_push_is_shown_with_all_that_led_to_it() -> None:
    block = verdict_block(_summary())
    assert block.startswith("PUSHED  flights: version 3 is live  (12.3 s)\n\n  Version 3 is live.")
    for line in (
        "  2013-01               OK           26,398 rows       3 in quarantine",
        "  2013-02 (version 2)   WARN         26,398 rows       3 in quarantine",
        "                        Column temp has drifted.",
        "Metrics on 8,123 rows, 2013-02-20 to 2013-02-28",
        "  log_loss     0.4123 [0.4000, 0.4200]        0.4123 [0.4000, 0.4200]",
        "  auc          0.7000                         0.7000",
        "  precision    n/a                            n/a",
        "  ok  Bounds hold.",
        "  --  Anchors were not checked.",
        "  ~   Not decided.",
        "  2013-01       ArrowExampleGen    CACHED        1.2 s  inputs, settings and code are unchanged",
        "Next: Run `serve flights`, or go back: `rollback flights --why ...`.",
        "Report: runs/r/txt",
    ):
        assert line in block.splitlines()
    assert "  NO  The share of late rows" in block


def test_warnings_stand_below_the_first_line_and_change_what_comes_next() -> None:
    warnings = [
        {"kind": "DATA_WARN", "span": "2013-02", "message": "Span 2013-02 is in use with a warning."},
        {"kind": "LIVE_MODEL_FAILS", "span": None, "message": "The live model fails."},
    ]
    lines = verdict_block(_summary(verdict="KEPT", warnings=warnings)).splitlines()
    assert lines[1:3] == [
        "  ! DATA_WARN  Span 2013-02 is in use with a warning.",
        "  ! LIVE_MODEL_FAILS  The live model fails.",
    ]
    assert any(line.startswith("Next: Check the labels and columns of the newest span.") for line in lines)


def test_no_line_is_wider_than_a_terminal() -> None:
    warning = {"kind": "DATA_WARN", "span": None, "message": LONG}
    assert widest(verdict_block(_summary(reason=LONG, warnings=[warning]))) <= WIDEST


def test_a_path_stays_whole_in_checks_and_nodes() -> None:
    path = "/home/somebody/" + "a-long-folder-" * 7 + "end"
    sentence = f"The candidate cannot be read: {path}."
    block = verdict_block(
        _summary(reasons=[_check("failed", sentence)], nodes=[_node(None, "Trainer", "FAILED", sentence)])
    )
    assert block.count(path) == 2


def test_without_a_champion_there_is_one_column_of_metrics() -> None:
    block = verdict_block(_summary(champion=None))
    assert "  candidate" in block
    assert "version 2\n" not in block.split("Checks")[0].split("Metrics")[1]
    assert "  log_loss     0.4123 [0.4000, 0.4200]" in block.splitlines()


def test_scikit_learns_metrics_stand_beside_the_models() -> None:
    size = {"train_rows": 9, "rows": 9, "columns": 3, "seconds": 0.1}
    model = {"format": 1, "library": "scikit-learn 1", "model": "HistGradientBoostingClassifier", "why": ""}
    yardstick = {**model, **size, "metrics": {"log_loss": 0.4}, "relative": 0.03}
    lines = verdict_block(_summary(champion=None, yardstick=yardstick)).splitlines()
    assert "               candidate                      scikit-learn" in lines
    assert "  log_loss     0.4123 [0.4000, 0.4200]        0.4000" in lines
    assert "  auc          0.7000" in lines


def test_a_regressions_metrics_are_shown_in_the_labels_unit() -> None:
    metrics = {"rmse": 54_321.7, "mae": 0.00123456, "r2": 0.5, "bias": -12.3456, "example_count": 90}
    candidate = {"version": 1, "metrics": metrics, "intervals": {"rmse": [51_000.2, 57_000.9], "r2": None}}
    lines = verdict_block(_summary(champion=None, candidate=candidate)).splitlines()
    for line in (
        "  rmse         54,322 [51,000, 57,001]",
        "  mae          0.001235",
        "  r2           0.5000",
        "  bias         -12.35",
    ):
        assert line in lines
    assert not any("example_count" in line for line in lines)


def test_what_is_noted_is_no_check() -> None:
    noted = _check("noted", "3.2% above scikit-learn.")
    assert "  i   3.2% above scikit-learn." in verdict_block(_summary(reasons=[noted])).splitlines()


@pytest.mark.parametrize("verdict", get_args(Name))
def test_what_is_not_there_leaves_no_empty_part(verdict: Name) -> None:
    bare = Summary(use_case="flights", run_id="", verdict=verdict, exit_code=1, reason="It did not begin.")
    block = verdict_block(bare)
    assert block.startswith(f"{verdict}  flights: nothing is live  (0.0 s)\n\n  It did not begin.\n\nNext: ")
    assert "{use_case}" not in block
    assert widest(block) <= WIDEST
