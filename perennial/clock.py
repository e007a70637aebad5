"""The one clock: what time it is, and how times are written."""

import os
from datetime import datetime, timezone
from functools import cache
from typing import Final

from perennial.errors import UsageError

VARIABLE: Final = "PERENNIAL_NOW"


def now() -> datetime:
    """The present, in UTC; that of `PERENNIAL_NOW`, where that is set.

    Raises:
        UsageError: `PERENNIAL_NOW` is set and is no time.
    """
    return fixed() or datetime.now(timezone.utc)


@cache
def fixed() -> datetime | None:
    """The moment of `PERENNIAL_NOW`, which stays the same in a process, in UTC; None where it is not set.

    Raises:
        UsageError: It is no time.
    """
    text = os.environ.get(VARIABLE, "")
    if not text:
        return None
    try:
        return parsed(text)
    except ValueError:
        raise UsageError(
            f"{VARIABLE}: expected a time such as 2013-04-01T06:00:00Z, got another text.",
            f"Set it so, or unset {VARIABLE} to use the clock of this machine.",
        ) from None


def parsed(text: str) -> datetime:
    """The moment of an ISO time, in UTC; one without a zone is in UTC, a date is its first moment.

    Raises:
        ValueError: It is no time.
    """
    # Python 3.10 reads no Z.
    read = datetime.fromisoformat(text[:-1] + "+00:00" if text.endswith(("Z", "z")) else text)
    try:
        return read.replace(tzinfo=read.tzinfo or timezone.utc).astimezone(timezone.utc)
    except OverflowError:
        raise ValueError("the time is before year 1 or after year 9999") from None


def name() -> str:
    """Which clock it is: `PERENNIAL_NOW`, or "" for that of the machine."""
    return VARIABLE if fixed() else ""


def stamp(moment: datetime) -> str:
    """A moment as it stands in the ledger and in JSON: `2013-04-01T06:00:00Z`; they sort as text."""
    # `strftime` writes the year 213 with three digits.
    return moment.astimezone(timezone.utc).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"


def moment(stamped: str) -> datetime:
    """The moment of a stamp."""
    return datetime.strptime(stamped, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)
