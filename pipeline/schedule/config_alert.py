"""The alert of a use case whose configuration is broken, so that the schedule does not run it."""

import contextlib
import sqlite3
from typing import Final

from perennial.errors import PerennialError
from perennial.store.ledger import Ledger
from pipeline import config

ALERT: Final = "CONFIG_BROKEN"


def open_alert(name: str, problem: str) -> None:
    """Opens the alert in the ledger of a use case, or gives it the new problem; without a ledger nothing."""
    path = config.home() / name / "ledger.db"
    if not path.is_file():
        return
    with contextlib.suppress(PerennialError, sqlite3.Error), contextlib.closing(Ledger(path)) as ledger:
        message = f"{problem} The schedule does not run {name} until this is fixed."
        if (ALERT, message) not in [(alert["kind"], alert["message"]) for alert in ledger.alerts.open()]:
            ledger.alerts.set({ALERT: message}, among=(ALERT,), run_id="")


def close_alert(ledger: Ledger) -> None:
    """Closes the alert, if it is open: the configuration loads."""
    if ALERT in {alert["kind"] for alert in ledger.alerts.open()}:
        ledger.alerts.set({}, among=(ALERT,), run_id="")
