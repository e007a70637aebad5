"""On which days the live model was trained, and which are pinned: baselines of drift, by versions of spans.

Both follow from what is recorded: the card of the live version, which moves with a push, a rollback and a
`forward`, and the spans that the use case names. Nothing of a span's rows has to be there any more.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from perennial.errors import DaysDamaged
from perennial.store import registry
from perennial.store.ledger import Ledger
from perennial.store.span_version import SpanVersion
from pipeline.config import UseCase
from pipeline.run.live_rows import contents_trained_on

if TYPE_CHECKING:
    from perennial.drift.day_summaries import DayTable


@dataclass(frozen=True)
class SpanPart:
    """A version of a span, and the days of it that belong to a baseline.

    Attributes:
        version: The arrival with the content; of several with the same, the last. Its rows may be pruned.
        first: The first day that counts; None: there is no limit, as rows have no time.
        last: The last day that counts.
    """

    version: SpanVersion
    first: date | None = None
    last: date | None = None

    def days_within(self, days: Any) -> Any:
        """Which days belong to the baseline.

        Args:
            days: datetime64[D], shape (D,).

        Returns:
            bool, shape (D,).
        """
        everything = days == days
        since = days >= self.first if self.first else everything
        return since & (days <= self.last) if self.last else since


@dataclass(frozen=True)
class BaselineDays:
    """The days of a baseline.

    Attributes:
        parts: The versions of spans that they are of, oldest first.
        unknown: Spans of the baseline of which the ledger does not have the content, or that are not in use.
        version: The version whose training days they are; None for those that are pinned.
    """

    parts: tuple[SpanPart, ...]
    unknown: tuple[str, ...] = ()
    version: int | None = None


def training_days(use_case: UseCase, ledger: Ledger) -> BaselineDays | None:
    """The days that the live version was trained on; None where nothing is live, or it has no readable card.

    These are the days from the first to the last one that it was trained on, of the spans with rows that it
    was trained on. The days that it was judged by are none of them, unless it was refit, as they all come
    after. The anchors, 2% of the rows of each day, are not left out: summaries are of whole days. Versions
    that were trained on a span which was replaced or rejected since keep its content.
    """
    live = registry.live(use_case.models_folder)
    if live is None or live.card is None:
        return None
    trained: dict[str, Any] = live.card.get("trained_on") or {}
    first, last = (_day(trained.get(key)) for key in ("first_day", "last_day"))
    parts, unknown = [], []
    for span, digest in contents_trained_on(live):
        arrivals = [version for version in ledger.spans.versions_of(span) if version.digest == digest]
        if arrivals:
            parts.append(SpanPart(arrivals[-1], first, last))
        else:
            unknown.append(span)
    return BaselineDays(tuple(parts), tuple(unknown), live.number)


def pinned_days(spans: Sequence[str], ledger: Ledger) -> BaselineDays:
    """All days of the versions in use of the spans that a use case names, in its order.

    Args:
        spans: Their names.
        ledger: Has the versions.
    """
    used = {span: ledger.spans.in_use(span) for span in spans}
    parts = tuple(SpanPart(version) for version in used.values() if version)
    return BaselineDays(parts, tuple(span for span, version in used.items() if version is None))


def tables_of(baseline: BaselineDays) -> "list[tuple[SpanPart, DayTable]]":
    """The summaries of a baseline's days, of each part that has any left; of one span each, not yet merged.

    Of a span without a time column the one day is `UNDATED`: who knows the order of the spans dates it. Parts
    whose summaries are damaged are left out, as those that have none: a run makes them anew.
    """
    # Imported here: what needs only the days' names answers without Arrow.
    from perennial.drift.day_file import FILE, read_days

    tables = []
    for part in baseline.parts:
        if not part.version.days_uri:
            continue
        try:
            table = read_days(Path(part.version.days_uri) / FILE)
        except DaysDamaged:
            continue
        tables.append((part, table.only(part.days_within(table.days))))
    return tables


def by_version(baseline: BaselineDays) -> Iterator[tuple[tuple[str, int], SpanPart]]:
    """The parts of a baseline by span and arrival number."""
    return (((part.version.span, part.version.version), part) for part in baseline.parts)


def _day(text: Any) -> date | None:
    return date.fromisoformat(text) if isinstance(text, str) and text else None
