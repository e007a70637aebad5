"""Which spans a run reads: the newest by itself, up to one, or those that a backfill wants as well."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class SpanScope:
    """Which spans a run reads.

    Attributes:
        through: The last span that is read and trained on; empty: the newest. With `wanted` the newest that
            has arrived, if that is newer.
        wanted: Spans that are read and judged even if they are older than the window.
        again: Spans that are read again even if nothing has changed since they were judged.
    """

    through: str = ""
    wanted: frozenset[str] = frozenset()
    again: frozenset[str] = frozenset()


# What a run reads by itself.
NEWEST_SPANS: Final = SpanScope()
