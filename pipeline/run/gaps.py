"""Spans that are missing between two that are there, and what waits for them (`exports.gap`)."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, NamedTuple

from perennial import clock
from perennial.store.ledger import Ledger
from perennial.text import spans_text
from pipeline import span_names
from pipeline.config import UseCase
from pipeline.export_folders import ExportFolder
from pipeline.span_periods import end_of, following, is_name

# A folder with a wrong date must not make a list of a million spans.
_MOST: Final = 1000


@dataclass(frozen=True)
class MissingSpan:
    """A span between two that are there, which has neither arrived nor is complete or refused on disk.

    Attributes:
        span: Its name.
        expected: The end of its period, as a stamp; "" where it has none.
        never: Why it never comes, as a person says; "" if nobody does.
    """

    span: str
    expected: str
    never: str

    @property
    def sentences(self) -> list[str]:
        """What is the case, and since when."""
        if self.never:
            return ["It is not waited for."]
        since = [f"It has been expected since {self.expected}."] if self.expected else []
        return ["It is missing between spans that are there.", *since]


class HeldBack(NamedTuple):
    """The exports that wait for a missing span, the first one missing, and a sentence ("": none waits)."""

    spans: frozenset[str] = frozenset()
    missing: str = ""
    note: str = ""


def missing_spans(use_case: UseCase, ledger: Ledger, exports: Sequence[ExportFolder]) -> list[MissingSpan]:
    """The spans that are missing since the oldest span of the window, oldest first.

    With those of which a person said that they never come. Of spans that are numbers only where a number is a
    year (`exports.years`). At most a thousand, the newest gaps. With `exports.gap: wait` the window is
    that of the spans which have arrived: however many wait, the gap before them stays one.

    Args:
        use_case: Whose they are.
        ledger: Knows what has arrived.
        exports: What lies on disk.
    """
    section = use_case.exports
    never = ledger.spans.absent()
    arrived = set(ledger.spans.names())
    there = _of_kind({*arrived, *(each.span for each in exports if each.is_readable)}, use_case)
    bounds = use_case.window_bounds
    since = bounds.newest(there)[:1]
    if section.gap == "wait":
        since += bounds.newest(_of_kind(arrived, use_case))[:1]
    counted = there[min(map(there.index, since), default=len(there)) :]
    missing = _between(counted, section.span, section.years)
    return [MissingSpan(span, _expected(use_case, span), never.get(span, "")) for span in missing]


def held_back(
    use_case: UseCase, ledger: Ledger, missing: Sequence[MissingSpan], exports: Sequence[ExportFolder]
) -> HeldBack:
    """The exports that are not read, as a span is missing before them; none unless `exports.gap` is wait.

    A span that has arrived does not wait, such as one that was read before `exports.gap` was changed.
    """
    first = next((each.span for each in missing if not each.never), None)
    if first is None or use_case.exports.gap != "wait":
        return HeldBack()
    order = _order_of(use_case)
    after, arrived = order(first), set(ledger.spans.names())
    waiting = (each.span for each in exports if each.is_readable and each.span not in arrived)
    later = [span for span in waiting if order(span) > after]
    if not later:
        return HeldBack()
    named = spans_text(sorted(later, key=order))
    verb, them = ("waits", "it") if len(later) == 1 else ("wait", "them")
    before = f"Span {first} is missing before {them} (`exports.gap: wait`)."
    return HeldBack(frozenset(later), first, f"{named[0].upper()}{named[1:]} {verb}. {before}")


def alert_sentence(use_case: UseCase, missing: Sequence[MissingSpan]) -> str:
    """That spans are missing, since when and what to do; "" where none is, or nobody wants to know."""
    awaited = [each for each in missing if not each.never]
    if not awaited or use_case.exports.gap == "skip":
        return ""
    named = spans_text([each.span for each in awaited])
    verb, which = ("is", "it") if len(awaited) == 1 else ("are", "the oldest")
    since = f"; {which} has been expected since {awaited[0].expected}" if awaited[0].expected else ""
    waits = " No span after it is read." if use_case.exports.gap == "wait" else ""
    return (
        f"{named[0].upper()}{named[1:]} {verb} missing between spans that are there{since}.{waits} Export"
        f" what is missing, or run `spans {use_case.name} reject {awaited[0].span} --why ...` if it never"
        " comes."
    )


def _order_of(use_case: UseCase) -> Callable[[str], tuple[int, str]]:
    return lambda span: span_names.order(span, use_case.exports.span)


def _of_kind(names: set[str], use_case: UseCase) -> list[str]:
    """The names of the present kind, oldest first."""
    kind = use_case.exports.span
    return sorted((name for name in names if is_name(name, kind)), key=_order_of(use_case))


def _between(there: Sequence[str], kind: span_names.SpanKind, years: int) -> list[str]:
    """The names between each two neighbours, oldest first."""
    missing: list[str] = []
    for before, after in reversed([*pairwise(there)]):
        between = list(_names_between(before, after, kind, years))[: _MOST - len(missing)]
        missing = [*between, *missing]
    return missing


def _names_between(before: str, after: str, kind: span_names.SpanKind, years: int) -> Iterator[str]:
    name = following(before, kind, years)
    for _ in range(_MOST):
        if name is None or span_names.order(name, kind) >= span_names.order(after, kind):
            return
        yield name
        name = following(name, kind, years)


def _expected(use_case: UseCase, span: str) -> str:
    section = use_case.exports
    if section.span == "number":
        end = following(span, "number", section.years)
        return f"{int(end):04}-01-01T00:00:00Z" if end and int(end) <= 9999 else ""
    moment = end_of(span, section.span, section.zone)
    return clock.stamp(moment) if moment else ""
