"""The alerts that the schedule opens: a configuration is broken, or a run could not start."""

import contextlib
import sqlite3
from typing import Final

from perennial.errors import PerennialError
from perennial.store.ledger import Ledger
from pipeline import config

CONFIG_BROKEN: Final = "CONFIG_BROKEN"
# A run's own alert: the next run that does not fail closes it.
_FAILED: Final = "FAILED"


def open_config_alert(name: str, problem: str) -> None:
    """Opens the alert in the ledger of a use case, or gives it the new problem; without a ledger nothing."""
    path = config.home() / name / "ledger.db"
    if not path.is_file():
        return
    with contextlib.suppress(PerennialError, sqlite3.Error), contextlib.closing(Ledger(path)) as ledger:
        message = f"{problem} The schedule does not run {name} until this is fixed."
        if (CONFIG_BROKEN, message) not in [
            (alert["kind"], alert["message"]) for alert in ledger.alerts.open()
        ]:
            ledger.alerts.set({CONFIG_BROKEN: message}, among=(CONFIG_BROKEN,), run_id="")


def close_config_alert(ledger: Ledger) -> None:
    """Closes the alert, if it is open: the configuration loads."""
    if CONFIG_BROKEN in {alert["kind"] for alert in ledger.alerts.open()}:
        ledger.alerts.set({}, among=(CONFIG_BROKEN,), run_id="")


def open_no_start(ledger: Ledger, reason: str) -> None:
    """Opens the alert of a run that ended before the ledger had it, or gives it the new reason."""
    ledger.alerts.set({_FAILED: f"The run could not start. {reason}"}, among=(_FAILED,), run_id="")
