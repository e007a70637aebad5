"""What was decided, read back; and what the doctor finds."""

import os
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from pipeline import config, lock, registry, status
from pipeline.config import UseCase
from pipeline.errors import UsageError
from pipeline.ledger import FORMAT, Ledger


@pytest.fixture
def use_case(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> UseCase:
    monkeypatch.setenv("PERENNIAL_HOME", str(tmp_path / "home"))
    loaded = config.load("flights")
    loaded.make_root()
    return loaded


def _publish(use_case: UseCase, **card: Any) -> None:
    source = use_case.home / "candidate"
    source.mkdir(exist_ok=True)
    (source / "saved_model.pb").write_text("graph")
    models, live = use_case.models_folder, registry.live(use_case.models_folder)
    champion = live.number if live else None
    with status.opened(use_case) as ledger:
        registry.publish(models, ledger, source, card, champion=champion, run_id="r", why="w")


def _judged(ledger: Ledger, span: str, digest: str, verdict: Any, reason: str) -> None:
    version = ledger.arrive(span, digest)
    ledger.judge(version, verdict, [reason], rows=7, quarantined=1, judged_with="", run_id="r")


def _land(use_case: UseCase, span: str, marker: str | None = "") -> None:
    folder = use_case.exports_folder / span
    folder.mkdir(parents=True)
    if marker is not None:
        (folder / "_SUCCESS").write_text(marker)


def test_every_span_is_told_whether_it_lies_on_disk_or_only_in_the_ledger(use_case: UseCase) -> None:
    for span, marker in (("2013-01", ""), ("2013-03", None), ("2013-04", ""), ("2013-05", "done")):
        _land(use_case, span, marker)
    _land(use_case, "backup")
    with status.opened(use_case) as ledger:
        _judged(ledger, "2013-01", "A", "OK", "Fine.")
        _judged(ledger, "2013-01", "B", "BLOCK", "Too few rows.")
        _judged(ledger, "2012-12", "A", "WARN", "Drift.")
        states = {state["span"]: state for state in status.span_states(use_case, ledger)}
    told = [(name, state["state"], state["in_use"]) for name, state in states.items()]
    assert told == [
        ("2012-12", "WARN", 1),
        ("2013-01", "BLOCK", 1),
        ("2013-03", "WAITING", None),
        ("2013-04", "NEW", None),
        ("2013-05", "NEW", None),
        ("backup", "ODD", None),
    ]
    assert states["2013-01"]["version"] == 2
    assert states["2013-01"]["reasons"] == ["Too few rows."]
    assert states["2013-05"]["reasons"] == ["_SUCCESS is neither empty nor JSON."]
    assert states["2013-03"]["rows"] is None


def test_a_judgement_is_written_down_with_its_reason(use_case: UseCase) -> None:
    with status.opened(use_case) as ledger:
        _judged(ledger, "2013-01", "A", "BLOCK", "Too few rows.")
    state = status.decide(use_case, "accept", "2013-01", "a strike")
    assert state["decision"] == {"decision": "accept", "why": "a strike"}
    assert (state["state"], state["in_use"]) == ("BLOCK", 1)


def test_a_judgement_needs_a_reason(use_case: UseCase) -> None:
    with pytest.raises(UsageError, match="needs a reason"):
        status.decide(use_case, "accept", "2013-01", "  ")


def test_the_status_of_nothing_is_empty(use_case: UseCase) -> None:
    found = status.status(use_case)
    assert (found["live_version"], found["running"], found["trained_on"]) == (None, None, [])
    assert (found["last_runs"], found["spans"], found["alerts"]) == ([], [], [])


def test_the_status_tells_what_is_live_what_runs_and_what_is_wrong(use_case: UseCase) -> None:
    _publish(use_case, spans=[{"span": "2013-01"}, {"span": "2013-02"}], metrics={"auc": 0.7})
    with status.opened(use_case) as ledger:
        for number in range(7):
            ledger.begin(str(number))
            ledger.end(str(number), "KEPT", 0, "So it is.", "")
        ledger.set_alerts({"DATA_BLOCKED": "Span 2013-03 is withheld."}, ("DATA_BLOCKED",), "6")
    with lock.held(use_case.root / "lock", "run-8"):
        found = status.status(use_case)
    assert (found["live_version"], found["trained_on"]) == (1, ["2013-01", "2013-02"])
    assert found["metrics"] == {"auc": 0.7}
    assert [run["run_id"] for run in found["last_runs"]] == ["6", "5", "4", "3", "2"]
    assert [alert["kind"] for alert in found["alerts"]] == ["DATA_BLOCKED"]
    assert found["running"].startswith(f"Run run-8 (process {os.getpid()}) holds the lock")


def _problems() -> list[str]:
    return [finding["problem"] for finding in status.doctor()["findings"]]


def test_the_doctor_says_what_it_looked_at(use_case: UseCase) -> None:
    facts = status.doctor()["facts"]
    assert (facts["python"][:4], facts["tfx"], facts["home"]) == ("3.10", "1.16.0", str(use_case.home))
    assert "flights" in facts["use_cases"]


def test_the_doctor_finds_nothing_wrong_with_a_use_case_that_is_well(use_case: UseCase) -> None:
    before = _problems()
    _publish(use_case)
    assert _problems() == before


def test_the_doctor_finds_a_home_that_others_can_read(use_case: UseCase) -> None:
    use_case.home.chmod(0o755)
    assert f"Others can read {use_case.home}." in _problems()


def test_the_doctor_finds_a_live_version_that_is_damaged(use_case: UseCase) -> None:
    _publish(use_case)
    (use_case.models_folder / "1" / "saved_model.pb").write_text("")
    assert "The files of version 1 are not those that were published." in _problems()


def test_the_doctor_finds_a_half_published_version_unless_a_run_is_at_it(use_case: UseCase) -> None:
    (use_case.models_folder / ".stage-1").mkdir(parents=True)
    assert "A version was never wholly published." in _problems()
    with lock.held(use_case.root / "lock", "run-1"):
        assert "A version was never wholly published." not in _problems()


def test_the_doctor_tells_of_open_alerts(use_case: UseCase) -> None:
    with status.opened(use_case) as ledger:
        ledger.set_alerts({"FAILED": "Trainer failed."}, ("FAILED",), "r")
    assert any(problem.endswith("Trainer failed.") for problem in _problems())


def test_the_doctor_goes_on_past_a_ledger_of_a_newer_release(use_case: UseCase) -> None:
    connection = sqlite3.connect(use_case.root / "ledger.db")
    connection.execute(f"PRAGMA user_version={FORMAT + 1}")
    connection.close()
    assert any(problem.startswith("The ledger has format") for problem in _problems())
