"""What was decided, read back."""

import os
from typing import Any

import pytest

from commands import spans, status
from commands.status import status_block
from perennial.errors import LedgerDamaged, UsageError
from perennial.store import registry
from perennial.store.ledger import Ledger
from pipeline.config import UseCase
from pipeline.ledgers import opened
from pipeline.run import lock
from tests.commands.span_states import state
from tests.texts import LONG, WIDEST, widest


def _publish(use_case: UseCase, **card: Any) -> None:
    source = use_case.home / "candidate"
    source.mkdir(exist_ok=True)
    (source / "saved_model.pb").write_text("graph")
    models, live = use_case.models_folder, registry.live(use_case.models_folder)
    champion = live.number if live else None
    with opened(use_case) as ledger:
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
    with opened(use_case) as ledger:
        _judged(ledger, "2013-01", "A", "OK", "Fine.")
        _judged(ledger, "2013-01", "B", "BLOCK", "Too few rows.")
        _judged(ledger, "2012-12", "A", "WARN", "Drift.")
        states = {state["span"]: state for state in spans.span_states(use_case, ledger)}
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
    with opened(use_case) as ledger:
        _judged(ledger, "2013-01", "A", "BLOCK", "Too few rows.")
    state = spans.decide(use_case, "accept", "2013-01", "a strike")
    assert state["decision"] == {"decision": "accept", "why": "a strike"}
    assert (state["state"], state["in_use"]) == ("BLOCK", 1)


def test_a_judgement_needs_a_reason(use_case: UseCase) -> None:
    with pytest.raises(UsageError, match="needs a reason"):
        spans.decide(use_case, "accept", "2013-01", "  ")


def test_the_status_of_nothing_is_empty(use_case: UseCase) -> None:
    found = status.status(use_case)
    assert (found["live_version"], found["running"], found["trained_on"]) == (None, None, [])
    assert (found["last_runs"], found["spans"], found["alerts"]) == ([], [], [])


def test_the_status_tells_what_is_live_what_runs_and_what_is_wrong(use_case: UseCase) -> None:
    _publish(use_case, spans=[{"span": "2013-01"}, {"span": "2013-02"}], metrics={"auc": 0.7})
    with opened(use_case) as ledger:
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
        opened(use_case, make=make),
    ):
        pass
    assert "Say `run flights`" in caught.value.remedy
    assert (ledger.read_bytes() if ledger.exists() else None) == content


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
        "spans": [state()],
    }
    return values | changes


def test_a_status_is_told_with_alerts_runs_and_spans() -> None:
    block = status_block(_status(running="Run r (process 7) holds the lock since then"))
    assert block.splitlines()[:2] == [
        "flights: version 3 is live since 2013-04-01T06:01:00Z, trained on 2013-01 to 2013-02",
        "  Run r (process 7) holds the lock since then.",
    ]
    assert "  ALERT DATA_BLOCKED since 2013-04-01T06:00:00Z: The share" in block
    assert "  2013-04-01T06:00:00Z  DATA_BLOCKED The share" in block
    assert "  2013-01       OK" in block
    assert widest(block) <= WIDEST


def test_a_status_of_nothing_says_so() -> None:
    empty = _status(live_version=None, alerts=[], last_runs=[], spans=[])
    assert status_block(empty) == "flights: nothing is live\nNo export has come."


def test_a_version_without_known_spans_is_told_without_them() -> None:
    assert status_block(_status(trained_on=[])).splitlines()[0].endswith("06:01:00Z")
