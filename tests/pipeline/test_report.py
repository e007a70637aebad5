"""What a person reads in a terminal or a mail."""

from typing import Any, get_args

import pytest

from pipeline import report
from pipeline.verdict import Name, Summary

LONG = "The share of late rows is far from what it was in every month before this one was exported. " * 3
WIDEST = 110


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
            {"state": "passed", "sentence": "Bounds hold."},
            {"state": "failed", "sentence": LONG},
            {"state": "not_checked", "sentence": "Anchors were not checked."},
            {"state": "inconclusive", "sentence": "Not decided."},
        ],
        "live_version": 3,
        "pushed_version": 3,
        "nodes": [
            _node("2013-01", "ArrowExampleGen", "CACHED", "nothing it depends on has changed"),
            _node(None, "Trainer", "COMPLETE", "changed: " + "hyperparameters.learning_rate, " * 9),
        ],
        "report": "runs/r/report.txt",
    }
    return Summary(**(values | changes))


def _span(name: str, version: int, verdict: str, reasons: list[str]) -> dict[str, Any]:
    counts = {"rows": 26398, "quarantined": 3}
    return {"span": name, "version": version, "verdict": verdict, "reasons": reasons, **counts}


def _node(span: str | None, name: str, state: str, why: str) -> dict[str, Any]:
    return {"span": span, "name": name, "state": state, "seconds": 1.25, "why": why}


def _widest(block: str) -> int:
    return max(len(line) for line in block.splitlines())


def test_a_push_is_told_with_all_that_led_to_it() -> None:
    block = report.verdict_block(_summary())
    assert block.startswith("PUSHED  flights: version 3 is live  (12.3 s)\n\n  Version 3 is live.")
    for line in (
        "  2013-01               OK           26,398 rows       3 in quarantine",
        "  2013-02 (version 2)   WARN         26,398 rows       3 in quarantine",
        "                        Column temp has drifted.",
        "Metrics on 8,123 rows, 2013-02-20 to 2013-02-28",
        "  log_loss     0.4123 [0.4000, 0.4200]        0.4123 [0.4000, 0.4200]",
        "  auc          0.7000                         0.7000",
        "  precision    not known                      not known",
        "  ok  Bounds hold.",
        "  --  Anchors were not checked.",
        "  ~   Not decided.",
        "  2013-01     ArrowExampleGen    CACHED        1.2 s  nothing it depends on has changed",
        "Next: Serve it, or bring the former one back: `rollback flights --why ...`.",
        "Report: runs/r/report.txt",
    ):
        assert line in block.splitlines()
    assert "  NO  The share of late rows" in block


def test_no_line_is_wider_than_a_terminal() -> None:
    assert _widest(report.verdict_block(_summary(reason=LONG))) <= WIDEST


def test_without_a_champion_there_is_one_column_of_metrics() -> None:
    block = report.verdict_block(_summary(champion=None))
    assert "  candidate" in block
    assert "version 2\n" not in block.split("Checks")[0].split("Metrics")[1]
    assert "  log_loss     0.4123 [0.4000, 0.4200]" in block.splitlines()


def test_scikit_learns_metrics_stand_beside_the_models() -> None:
    yardstick = {"metrics": {"log_loss": 0.4}, "why": "", "relative": 0.03}
    lines = report.verdict_block(_summary(champion=None, yardstick=yardstick)).splitlines()
    assert "               candidate                      scikit-learn" in lines
    assert "  log_loss     0.4123 [0.4000, 0.4200]        0.4000" in lines
    assert "  auc          0.7000" in lines


def test_a_regressions_metrics_are_told_in_the_labels_unit() -> None:
    metrics = {"rmse": 54_321.7, "mae": 0.00123456, "r2": 0.5, "bias": -12.3456, "example_count": 90}
    candidate = {"version": 1, "metrics": metrics, "intervals": {"rmse": [51_000.2, 57_000.9], "r2": None}}
    lines = report.verdict_block(_summary(champion=None, candidate=candidate)).splitlines()
    for line in (
        "  rmse         54,322 [51,000, 57,001]",
        "  mae          0.001235",
        "  r2           0.5000",
        "  bias         -12.35",
    ):
        assert line in lines
    assert not any("example_count" in line for line in lines)


def test_what_is_noted_is_no_check() -> None:
    noted = {"state": "noted", "sentence": "3.2% above scikit-learn."}
    assert "  i   3.2% above scikit-learn." in report.verdict_block(_summary(reasons=[noted])).splitlines()


@pytest.mark.parametrize("verdict", get_args(Name))
def test_what_is_not_there_leaves_no_empty_part(verdict: Name) -> None:
    bare = Summary("flights", "", verdict, 1, "It did not begin.")
    block = report.verdict_block(bare)
    assert block.startswith(f"{verdict}  flights: nothing is live  (0.0 s)\n\n  It did not begin.\n\nNext: ")
    assert "{use_case}" not in block
    assert _widest(block) <= WIDEST


def _checked(**changes: Any) -> dict[str, Any]:
    row = {"file": "part-0.csv", "line": 7, "column": "temp", "reason": "expected a number, text came"}
    values: dict[str, Any] = {
        "environment": "TRAINING",
        "verdict": "BLOCK",
        "rows": 12000,
        "quarantined": 12,
        "reasons": [LONG],
        "quarantine": [row] * 11 + [row | {"column": "", "reason": LONG}],
        "not_checked": ["Drift: nothing was accepted before."],
        "ignored_columns": ["gate", "note"],
    }
    return values | changes


def test_a_check_is_told_with_the_first_rows_in_quarantine() -> None:
    block = report.check_block(_checked())
    lines = block.splitlines()
    assert lines[0] == "BLOCK  12,000 rows, 12 in quarantine"
    assert lines.count("  part-0.csv, line 7, temp: expected a number, text came") == 10
    assert "  Not checked: Drift: nothing was accepted before." in lines
    assert "  Ignored columns: gate, note" in lines
    assert _widest(block) <= WIDEST


def test_a_check_of_a_request_log_says_so() -> None:
    first = report.check_block(_checked(environment="SERVING")).splitlines()[0]
    assert first == "BLOCK  12,000 rows, 12 in quarantine, as rows of requests"


def test_a_bad_row_as_a_whole_is_told_as_one() -> None:
    row = {"file": "a.csv", "line": 2, "column": "", "reason": LONG}
    block = report.check_block(_checked(quarantine=[row], ignored_columns=[]))
    assert "  a.csv, line 2, row: The share" in block
    assert _widest(block) <= WIDEST


def _state(**changes: Any) -> dict[str, Any]:
    values = {"span": "2013-01", "state": "OK", "version": 1, "in_use": 1, "rows": 26398, "reasons": []}
    return values | changes


def test_spans_are_told_with_what_is_in_use_and_what_was_said() -> None:
    said = {"decision": "accept", "why": LONG}
    block = report.spans_block(
        [
            _state(),
            _state(span="2013-02", state="BLOCK", version=2, reasons=[LONG], decision=said),
            _state(
                span="2013-03",
                state="WAITING",
                version=None,
                in_use=None,
                rows=None,
                reasons=["No file yet."],
            ),
        ]
    )
    lines = block.splitlines()
    assert lines[0] == "  2013-01       OK           26,398 rows  in use"
    assert lines[1] == "  2013-02       BLOCK        26,398 rows  version 1 in use"
    assert "accepted: The share" in block
    assert lines[-1] == "  2013-03       WAITING  No file yet."
    assert _widest(block) <= WIDEST


def test_no_spans_are_said_to_be_none() -> None:
    assert report.spans_block([]) == "No export has come."


def _status(**changes: Any) -> dict[str, Any]:
    run = {"began": "2013-04-01T06:00:00Z", "verdict": "DATA_BLOCKED", "reason": LONG}
    values: dict[str, Any] = {
        "use_case": "flights",
        "live_version": 3,
        "published_at": "2013-04-01T06:01:00Z",
        "trained_on": ["2013-01", "2013-02"],
        "running": None,
        "alerts": [{"kind": "DATA_BLOCKED", "at": "2013-04-01T06:00:00Z", "message": LONG}],
        "last_runs": [run],
        "spans": [_state()],
    }
    return values | changes


def test_a_status_is_told_with_alerts_runs_and_spans() -> None:
    block = report.status_block(_status(running="Run r (process 7) holds the lock since then"))
    assert block.splitlines()[:2] == [
        "flights: version 3 is live since 2013-04-01T06:01:00Z, trained on 2013-01 to 2013-02",
        "  Run r (process 7) holds the lock since then.",
    ]
    assert "  ALERT DATA_BLOCKED since 2013-04-01T06:00:00Z: The share" in block
    assert "  2013-04-01T06:00:00Z  DATA_BLOCKED The share" in block
    assert "  2013-01       OK" in block
    assert _widest(block) <= WIDEST


def test_a_status_of_nothing_says_so() -> None:
    empty = _status(live_version=None, alerts=[], last_runs=[], spans=[])
    assert report.status_block(empty) == "flights: nothing is live\nNo export has come."


def test_a_version_without_known_spans_is_told_without_them() -> None:
    assert report.status_block(_status(trained_on=[])).splitlines()[0].endswith("06:01:00Z")


def test_a_doctor_that_finds_nothing_says_that_all_is_well() -> None:
    facts: dict[str, Any] = {"python": "3.10.1", "tfx": "1.16.0", "tensorflow": "2.16.2", "home": "/h"}
    facts |= {"use_cases": [], "running": {}}
    assert report.doctor_block({"facts": facts, "findings": []}).endswith("\nAll is well.")
    finding = {"where": "disk", "problem": "Others can read it.", "remedy": "Run chmod."}
    block = report.doctor_block({"facts": facts, "findings": [finding]})
    assert block.splitlines()[1:] == ["  disk: Others can read it. Run chmod."]
    facts["running"] = {"flights": "Run r holds the lock since t"}
    block = report.doctor_block({"facts": facts, "findings": []})
    assert block.splitlines()[1:] == ["  flights: Run r holds the lock since t.", "All is well."]
