"""A run that finds another one running: the second time in a row opens an alert."""

import contextlib
import sqlite3
from pathlib import Path
from typing import Final

from perennial.errors import Busy, PerennialError
from perennial.store.ledger import Ledger

ALERT: Final = "BUSY"


def reason(ledger: Path, error: Busy) -> str:
    """The reason of a run that found a held lock; the second in a row opens an alert, until a run ends.

    Args:
        ledger: The use case's ledger; nothing is counted if it cannot be opened.
        error: Names the run and the process that hold the lock, and since when.
    """
    with contextlib.suppress(PerennialError, sqlite3.Error):
        opened = Ledger(ledger)
        try:
            count = opened.runs.note_busy()
            if count > 1:
                problem = f"{count} runs in a row could not start. {error.problem}"
                opened.alerts.set({ALERT: problem}, among=(ALERT,), run_id="")
                return f"{problem} Run `doctor`; if that run is stuck, end its process."
        finally:
            opened.close()
    return str(error)
