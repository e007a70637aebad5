"""A run that finds another one running: reported once, and from the second time in a row on with an alert."""

import contextlib
import sqlite3
from pathlib import Path
from typing import Final

from perennial.errors import Busy, PerennialError
from perennial.store.ledger import Ledger

ALERT: Final = "BUSY"


def reason(ledger: Path, error: Busy) -> str:
    """The reason of a run that met a held lock; the second in a row opens an alert, which a run's end closes.

    Args:
        ledger: The use case's ledger; nothing is counted where it cannot be opened.
        error: Says which run holds the lock, which process, and since when.
    """
    with contextlib.suppress(PerennialError, sqlite3.Error):
        opened = Ledger(ledger)
        try:
            count = opened.note_busy()
            if count > 1:
                problem = f"{count} runs in a row could not start. {error.problem}"
                opened.set_alerts({ALERT: problem}, among=(ALERT,), run_id="")
                return f"{problem} Run `doctor`; if that run is stuck, end its process."
        finally:
            opened.close()
    return str(error)
