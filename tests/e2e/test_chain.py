"""The way of real exports through the chain: each test starts from a saved state and stands alone."""

import json
import os
import signal
import subprocess
import sys
import time

from tests.e2e.clone import Clone, Saved, states, until

TRAINING_HALF = ("Window", "Transform", "Trainer", "Evaluator", "ServingProbe", "AtomicPusher")
RUNNING = 2


def test_the_first_run_pushes_a_model_with_its_card(pushed: Saved) -> None:
    chain, first_run = pushed.restore(), pushed.run
    assert (first_run["verdict"], first_run["exit_code"]) == ("PUSHED", 0)
    assert first_run["live_version"] == first_run["pushed_version"] == 1
    assert [(span["span"], span["verdict"]) for span in first_run["spans"]] == [
        ("2013-01", "OK"),
        ("2013-02", "OK"),
    ]
    assert all(states(first_run)[name] == "COMPLETE" for name in TRAINING_HALF)
    assert chain.executions(RUNNING) == 0
    card = json.loads((chain.home / "flights" / "models" / "1" / "model_card.json").read_text())
    assert [span["span"] for span in card["spans"]] == ["2013-01", "2013-02"]
    assert card["trained_on"]["last_day"] < card["evaluated_on"]["first_day"]
    assert card["metrics"]["log_loss"] == first_run["candidate"]["metrics"]["log_loss"]
    assert (chain.home / "flights" / "models" / "1" / "saved_model.pb").is_file()


def test_the_first_run_keeps_loss_curves_for_tensorboard(chain: Clone) -> None:
    runs = chain.home / "flights" / "artifacts" / "Trainer" / "model_run"
    assert list(runs.rglob("events.out.tfevents.*"))


def test_a_second_run_has_nothing_new_and_imports_no_tfx(chain: Clone) -> None:
    code = (
        "import sys; sys.argv = ['local_runner.py', 'run', 'flights', '--json'];"
        f"sys.path.insert(0, {str(chain.code)!r});"
        "import local_runner; code = local_runner.main(['run', 'flights', '--json']);"
        "print(code, sorted({'tfx', 'tensorflow', 'apache_beam'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    answer, imported = done.stdout.strip().splitlines()
    assert json.loads(answer)["verdict"] == "NOTHING_NEW"
    assert imported == "0 []"


def test_status_shows_what_is_live_and_what_it_was_trained_on(chain: Clone) -> None:
    chain.cli("run", "flights")
    status = chain.json("status", "flights")
    assert status["live_version"] == 1
    assert status["trained_on"] == ["2013-01", "2013-02"]
    assert status["trained_days"][1] < status["evaluated_days"][0]
    assert [run["verdict"] for run in status["last_runs"]] == ["NOTHING_NEW", "PUSHED"]
    assert status["alerts"] == []


def test_check_of_a_good_export_is_ok_and_changes_nothing(chain: Clone) -> None:
    before = sorted((path, path.stat().st_mtime_ns) for path in chain.home.rglob("*.pb"))
    judgement = chain.json("check", "flights", str(chain.home / "exports" / "flights" / "2013-02"))
    assert judgement["verdict"] in ("OK", "WARN")
    assert judgement["rows"] == 23_611
    assert judgement["drift"]
    assert before == sorted((path, path.stat().st_mtime_ns) for path in chain.home.rglob("*.pb"))


def test_a_month_with_its_labels_upside_down_is_blocked(march_blocked: Saved) -> None:
    chain, summary = march_blocked.restore(), march_blocked.run
    assert summary["verdict"] == "DATA_BLOCKED"
    assert "2013-03" in summary["reason"]
    assert chain.versions() == [1]
    assert [alert["kind"] for alert in chain.json("status", "flights")["alerts"]] == ["DATA_BLOCKED"]


def test_a_blocked_month_stays_blocked_until_it_is_judged(march_blocked: Saved) -> None:
    chain = march_blocked.restore()
    assert chain.json("run", "flights", expect=3)["nodes"] == []
    chain.cli("spans", "flights", "reject", "2013-03", expect=2)
    chain.cli("spans", "flights", "reject", "2013-03", "--why", "labels are upside down")
    assert chain.json("run", "flights")["verdict"] == "NOTHING_NEW"
    assert chain.json("status", "flights")["alerts"] == []


def test_a_temperature_in_celsius_is_blocked(march_blocked: Saved) -> None:
    chain = march_blocked.restore()
    chain.land_celsius()
    summary = chain.json("run", "flights", expect=3)
    assert summary["verdict"] == "DATA_BLOCKED"
    assert "temp" in summary["reason"]
    span = chain.span("2013-03")
    assert (span["version"], span["in_use"]) == (2, None)


def test_a_file_that_cannot_be_read_is_refused_and_nothing_is_lost(chain: Clone) -> None:
    chain.land("2013-03", chain.export("2013-02").drop(columns=["late"]))
    summary = chain.json("run", "flights", expect=3)
    assert summary["verdict"] == "DATA_BLOCKED"
    assert summary["spans"][-1]["verdict"] == "REFUSED"
    assert "late" in summary["reason"]
    chain.cli("spans", "flights", "accept", "2013-03", "--why", "no", expect=2)
    assert chain.versions() == [1]


def test_killed_in_the_middle_the_next_run_goes_on_and_keeps_shuffled_labels_out(chain: Clone) -> None:
    rows = chain.land_real("2013-03")
    chain.land("2013-03", rows.assign(late=rows["late"].sample(frac=1, random_state=1).to_numpy()))
    running = chain.start("run", "flights")
    until(running, "Trainer")
    busy = chain.json("run", "flights", expect=5)
    assert busy["verdict"] == "BUSY"
    time.sleep(1)
    os.kill(running.pid, signal.SIGKILL)
    running.communicate()
    _wait_until_free(chain)
    summary = chain.json("run", "flights", expect=3)
    assert "On the accepted spans: KEPT." in summary["reason"]
    assert [each["kind"] for each in summary["warnings"]] == ["LIVE_MODEL_FAILS", "MODELS_FAIL_ON_SPAN"]
    assert (chain.span("2013-03")["state"], chain.span("2013-03")["in_use"]) == ("BLOCK", None)
    assert chain.versions() == [1]
    assert states(summary)["Transform"] == "CACHED"
    assert chain.executions(RUNNING) == 0
    assert not list((chain.home / "flights" / "models").glob(".stage-*"))


def _wait_until_free(chain: Clone) -> None:
    """The chain's process ends itself when the run that began it is gone."""
    for _ in range(100):
        if chain.json("status", "flights")["running"] is None:
            return
        time.sleep(0.1)
    raise AssertionError("the lock is still held")


def test_a_month_in_the_place_of_a_blocked_one_is_a_new_version(march_in_use: Saved) -> None:
    chain = march_in_use.restore()
    assert march_in_use.run["verdict"] in ("PUSHED", "KEPT"), march_in_use.run["reason"]
    span = chain.span("2013-03")
    assert (span["state"], span["version"], span["in_use"]) == ("OK", 2, 2)


def test_a_blocked_replacement_leaves_the_former_in_use(march_replaced: Saved) -> None:
    chain = march_replaced.restore()
    assert march_replaced.run["verdict"] == "DATA_BLOCKED"
    span = chain.span("2013-03")
    assert (span["state"], span["version"], span["in_use"]) == ("BLOCK", 3, 2)


def test_a_former_content_that_comes_back_is_a_new_version(march_replaced: Saved) -> None:
    chain = march_replaced.restore()
    chain.land_real("2013-03")
    assert chain.json("run", "flights")["verdict"] == "NOTHING_NEW"
    span = chain.span("2013-03")
    assert (span["state"], span["version"], span["in_use"]) == ("OK", 4, 4)


def test_rollback_brings_an_older_version_back_under_a_higher_number(chain: Clone) -> None:
    newer = chain.publish_again()
    chain.cli("rollback", "flights", expect=2)
    chain.cli("rollback", "flights", "--to", str(newer), "--why", "it is live", expect=2)
    answer = chain.json("rollback", "flights", "--to", "1", "--why", "a test")
    assert answer["live_version"] == newer + 1
    assert answer["restores"] == 1
    assert chain.json("status", "flights")["restores"] == 1


def test_an_edit_reruns_what_depends_on_it_and_nothing_else(chain: Clone) -> None:
    chain.edit("pipeline/use_cases/flights.yaml", "threshold: 0.5", "threshold: 0.4")
    summary = chain.json("run", "flights")
    ran = {name for name, state in states(summary).items() if state == "COMPLETE"}
    assert {"Evaluator", "AtomicPusher"} <= ran
    assert {"Window", "Transform", "Trainer"}.isdisjoint(ran)
    why = {node["name"]: node["why"] for node in summary["nodes"]}
    assert "threshold" in why["Evaluator"]


def test_a_user_function_that_raises_fails_the_run_and_leaves_the_live_model(chain: Clone) -> None:
    live = chain.versions()
    chain.edit("models/flights.py", "def build_model(", "raise SystemExit(0)\n\n\ndef build_model(")
    summary = chain.json("run", "flights", expect=1)
    assert summary["verdict"] == "FAILED"
    assert "Trainer" in summary["reason"]
    assert chain.versions() == live
    assert chain.executions(RUNNING) == 0


def test_a_run_that_is_asked_to_stop_ends_failed_with_a_verdict(chain: Clone) -> None:
    chain.edit("pipeline/use_cases/flights.yaml", "threshold: 0.5", "threshold: 0.4")
    running = chain.start("run", "flights", "--json")
    until(running, "AcceptedSpans")
    running.send_signal(signal.SIGTERM)
    answer, _ = running.communicate()
    assert running.returncode == 1
    summary = json.loads(answer)
    assert summary["verdict"] == "FAILED"
    assert "SIGTERM" in summary["reason"]
    assert chain.json("status", "flights")["running"] is None
    assert chain.executions(RUNNING) == 0
