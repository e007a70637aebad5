"""What was decided, read back."""

import os
from pathlib import Path
from typing import Any

import pytest

from pipeline import config, lock, registry, status
from pipeline.config import UseCase
from pipeline.errors import LedgerDamaged, UsageError
from pipeline.ledger import Ledger


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


@pytest.mark.parametrize("make", [True, False])
@pytest.mark.parametrize("content", [None, b"", b"no database at all" * 99])
def test_a_ledger_that_is_gone_or_damaged_is_never_taken_for_a_new_one(
    use_case: UseCase, content: bytes | None, make: bool
) -> None:
    _publish(use_case)
    ledger = use_case.root / "ledger.db"
    ledger.unlink()
    if content is not None:
        ledger.write_bytes(content)
    with (
        pytest.raises(LedgerDamaged, match=r"ledger\.db is (gone|damaged)\.") as caught,
        status.opened(use_case, make=make),
    ):
        pass
    assert "Say `run flights`" in caught.value.remedy
    assert (ledger.read_bytes() if ledger.exists() else None) == content
