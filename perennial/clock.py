"""The one clock: what time it is, and how times are written."""

from datetime import datetime, timezone


def now() -> datetime:
    """The present, in UTC."""
    return datetime.now(timezone.utc)


def stamp(moment: datetime) -> str:
    """A moment as it stands in the ledger and in JSON: `2013-04-01T06:00:00Z`."""
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def moment(stamped: str) -> datetime:
    """The moment of a stamp."""
    return datetime.strptime(stamped, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)
