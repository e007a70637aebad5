"""Runs that find another one at work."""

from pathlib import Path

from perennial.errors import Busy
from perennial.store.ledger import Ledger
from pipeline.run import busy

ERROR = Busy("Run r (process 7) has held the lock since 2013-01-01T00:00:00Z.", "Wait until it ends.")


def _alerts(ledger: Path) -> list[tuple[str, str]]:
    opened = Ledger(ledger)
    alerts = [(alert["kind"], alert["message"]) for alert in opened.alerts.open()]
    opened.close()
    return alerts


def test_the_first_opens_no_alert(tmp_path: Path) -> None:
    assert busy.reason(tmp_path / "ledger.db", ERROR) == str(ERROR)
    assert _alerts(tmp_path / "ledger.db") == []


def test_the_second_in_a_row_opens_an_alert_and_names_who_holds_the_lock(tmp_path: Path) -> None:
    busy.reason(tmp_path / "ledger.db", ERROR)
    reason = busy.reason(tmp_path / "ledger.db", ERROR)
    message = f"2 runs in a row could not start. {ERROR.problem}"
    assert reason.startswith(message)
    assert _alerts(tmp_path / "ledger.db") == [("BUSY", message)]
    busy.reason(tmp_path / "ledger.db", ERROR)
    assert [kind for kind, _ in _alerts(tmp_path / "ledger.db")] == ["BUSY"]


def test_a_run_that_ends_in_between_begins_the_count_anew(tmp_path: Path) -> None:
    busy.reason(tmp_path / "ledger.db", ERROR)
    ledger = Ledger(tmp_path / "ledger.db")
    ledger.runs.begin("r", "manual")
    ledger.runs.end("r", "KEPT", 0, "So it is.", "")
    ledger.close()
    assert busy.reason(tmp_path / "ledger.db", ERROR) == str(ERROR)


def test_a_damaged_ledger_does_not_keep_a_run_from_saying_busy(tmp_path: Path) -> None:
    (tmp_path / "ledger.db").write_bytes(b"no database" * 100)
    assert busy.reason(tmp_path / "ledger.db", ERROR) == str(ERROR)
