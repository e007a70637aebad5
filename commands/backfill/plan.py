"""The plan of a backfill: which spans it takes, what is done about each, and the runs that do it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from commands.backfill.order import BackfillOrder
from commands.backfill.survey import RUN, PlannedSpan, SpanSurvey
from perennial.errors import UsageError
from perennial.store.backfills import OpenBackfill
from perennial.store.ledger import Ledger
from pipeline.config import UseCase
from pipeline.run.scope import SpanScope
from pipeline.span_names import order

# What is done about a span that takes part in the runs.
_TAKEN: Final = (*RUN, "cached")


@dataclass(frozen=True)
class PlannedRun:
    """One run of the plan.

    Attributes:
        scope: Which spans it reads.
        spans: The spans of the backfill that it does, oldest first.
        others: Other spans that it reads, as any run does: new ones of its window.
        trains: Whether it may train: one of both is in its window, or what is there was not trained on yet.
    """

    scope: SpanScope
    spans: tuple[str, ...]
    others: tuple[str, ...]
    trains: bool


@dataclass(frozen=True)
class BackfillPlan:
    """The plan of a backfill.

    Attributes:
        order: What a person asks for.
        spans: The spans that are meant, oldest first.
        done: Those that were done before, by a backfill that is continued.
        runs: The runs, in order; none where nothing is to be done.
        outside: Of the spans that are read, those that no window takes.
        moved: Spans of the window that are judged again, as they are compared with older ones that are read.
        sizes: Bytes of the export of each span that is read, with those that any run would read.
    """

    order: BackfillOrder
    spans: tuple[PlannedSpan, ...]
    done: tuple[str, ...]
    runs: tuple[PlannedRun, ...]
    outside: tuple[str, ...]
    moved: tuple[str, ...]
    sizes: Mapping[str, int]

    @property
    def taken(self) -> list[str]:
        """The spans that its runs take up."""
        return [span for run in self.runs for span in run.spans]


def plan_of(
    use_case: UseCase, ledger: Ledger, wanted: BackfillOrder, continued: OpenBackfill | None
) -> BackfillPlan:
    """Plans a backfill; changes nothing.

    Args:
        use_case: Whose.
        ledger: Its ledger.
        wanted: What a person asks for.
        continued: The backfill of the same order that has not ended; None if there is none.

    Raises:
        UsageError: Nothing lies in the range.
        ExportsUnreadable: The exports folder cannot be listed.
    """
    survey = SpanSurvey(use_case, ledger, continued.began if continued else None)
    names = [name for name in survey.names if wanted.contains(name, use_case.exports.span)]
    if not names:
        raise _nothing_there(use_case, survey.names, wanted)
    left = continued.left if continued else ()
    done = continued.done if continued else ()
    meant = (survey.planned(name, "all" if name in left else wanted.which) for name in names)
    spans = tuple(each for each in meant if each is not None and each.span not in done)
    taken = [each.span for each in spans if each.action in _TAKEN]
    # What a run that was killed has read may still have to be trained on.
    due = taken if continued else [each.span for each in spans if each.action in RUN]
    again = frozenset(each.span for each in spans if each.is_again)
    fresh = [each.span for each in spans if each.action in RUN]
    # What follows the oldest of these in the window is compared with it from now on.
    moved = survey.in_window_after(fresh[0], due) if fresh else []
    runs, outside = _Runs(use_case, ledger, survey, set(fresh)).foreseen(due, again, is_each=wanted.is_each)
    read = [*fresh, *(span for run in runs for span in run.others)]
    sizes = {span: survey.size(span) for span in read}
    return BackfillPlan(wanted, spans, done, runs, outside, tuple(moved), sizes)


class _Runs:
    """Foresees the runs: up to which span each goes, what else it reads, and what is in its window."""

    def __init__(self, use_case: UseCase, ledger: Ledger, survey: SpanSurvey, fresh: set[str]) -> None:
        """`fresh`: the spans that the runs read or judge, without what is read of the window besides."""
        self._kind = use_case.exports.span
        self._bounds = use_case.window_bounds
        self._survey = survey
        self._arrived = [name for name in survey.names if ledger.spans.current(name)]
        self._in_use = set(survey.in_use)
        self._fresh = fresh

    def foreseen(
        self, due: Sequence[str], again: frozenset[str], *, is_each: bool
    ) -> tuple[tuple[PlannedRun, ...], tuple[str, ...]]:
        """The runs that do these spans, and those of the spans that are in the window of none."""
        runs: list[PlannedRun] = []
        outside: list[str] = []
        for spans in self._groups(due, is_each=is_each):
            # No run goes less far than what has arrived: it would train on less than is in use.
            through = self._sorted([*spans, *self._arrived[-1:]])[-1]
            up_to = [name for name in self._survey.readable if self._is_through(name, through)]
            seen = {*due, *(span for run in runs for span in run.others)}
            others = [
                name
                for name in self._bounds.newest(up_to)
                if name not in seen and self._survey.needs_reading(name)
            ]
            self._in_use |= {*spans, *others}
            usable = [name for name in self._sorted(self._in_use) if self._is_through(name, through)]
            window = set(self._bounds.newest(usable))
            outside += [span for span in spans if span not in window]
            scope = SpanScope(through, frozenset(spans), again & frozenset(spans))
            # Settings or code may have changed since the last run, or it was killed before it trained.
            is_new = not window.isdisjoint({*self._fresh.intersection(spans), *others})
            trains = is_new or (not runs and bool(window) and not self._survey.is_settled())
            runs.append(PlannedRun(scope, tuple(spans), tuple(others), trains))
        return tuple(runs), tuple(outside)

    def _groups(self, due: Sequence[str], *, is_each: bool) -> list[list[str]]:
        """The spans of each run: all in one; or with `is_each` those that are older than what has arrived,
        which no run could train on alone, and then each newer one.
        """
        if not is_each:
            return [[*due]] if due else []
        older = [span for span in due if self._arrived and self._is_through(span, self._arrived[-1])]
        return [*([older] if older else []), *([span] for span in due if span not in older)]

    def _is_through(self, name: str, through: str) -> bool:
        return order(name, self._kind) <= order(through, self._kind)

    def _sorted(self, names: Iterable[str]) -> list[str]:
        return sorted(names, key=lambda name: order(name, self._kind))


def _nothing_there(use_case: UseCase, names: Sequence[str], wanted: BackfillOrder) -> UsageError:
    there = f" There are {names[0]} to {names[-1]}." if names else ""
    return UsageError(
        f"{use_case.name} has no export or span from {wanted.first} to {wanted.last}.{there}",
        f"Run `spans {use_case.name}` to list the spans.",
    )
