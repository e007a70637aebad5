"""Compares what was observed in a year with what the oracle says, moment by moment; touches no file."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from benchmarks.proofs.year import dates
from benchmarks.proofs.year.exports import content_rows
from benchmarks.proofs.year.oracle import LookExpected, YearAnswers, YearOracle
from benchmarks.proofs.year.plan import YearEvent, YearMoment, YearPlan
from benchmarks.proofs.year.runs import LookOutcome

Observed = Mapping[str, Any]
_TRIGGERS: Final = {"manual": "hand"}  # the ledger's word -> the oracle's
# What `spans` calls the state of a version -> what the oracle calls it.
_WORDS: Final = {"OK": "in_use", "WARN": "in_use", "BLOCK": "blocked"}
_DECISIONS: Final = {"accept": "in_use", "reject": "rejected"}
_ALERTS: Final = {
    "missing_alert": "SPAN_MISSING",
    "config_alert": "CONFIG_BROKEN",
    "candidate_waits": "CANDIDATE_WAITS",
}


@dataclass(frozen=True)
class YearDifference:
    """Something that is not as the oracle says.

    Attributes:
        moment: Number of the moment in the plan, from 0.
        at: Its time.
        what: What differs.
        expected: What the oracle says.
        got: What was observed.
    """

    moment: int
    at: str
    what: str
    expected: str
    got: str


class YearComparison:
    """Follows a year: hand it what was observed at each moment, in order.

    Attributes:
        differences: All differences up to now.
        outcomes: How the act of each moment ended, as the oracle takes it.
        overdue_states: A state of `check-overdue` that was expected, and whether it came -> how often.
    """

    def __init__(self, plan: YearPlan) -> None:
        """Starts at the plan's begin."""
        self.differences: list[YearDifference] = []
        self.outcomes: list[LookOutcome] = []
        self.overdue_states: Counter[tuple[str, bool]] = Counter()
        self._plan = plan
        self._oracle = YearOracle(plan.rules)
        self._contents: dict[tuple[str, int], int] = {}
        self._landed: dict[str, YearEvent] = {}
        self._trained: Counter[tuple[tuple[str, Any], ...]] = Counter()

    def add(self, observed: Observed) -> list[YearDifference]:
        """Compares the next moment; gives its differences."""
        number = len(self.outcomes)
        moment = self._plan.moments[number]
        pairs = [*self._events(moment, observed), *self._act(moment, observed)]
        if observed["facts"]["status"]["code"] in (0, 2):
            pairs += self._answers(moment, observed["facts"], timedelta(seconds=observed["ahead"]))
        else:
            pairs.append(("exit code of `status`", "0", observed["facts"]["status"]["code"]))
        new = [
            YearDifference(number, moment.at, what, str(expected), str(got)) for what, expected, got in pairs
        ]
        self.differences += new
        return new

    def _events(self, moment: YearMoment, observed: Observed) -> Iterator[tuple[str, Any, Any]]:
        for event, code in zip(moment.events, observed["event_codes"], strict=True):
            codes = self._oracle.apply(event)
            if code not in codes:
                yield f"exit code of {event.kind} {event.span}".strip(), _listed(codes), code
            if event.kind == "land":
                rows = content_rows(self._plan.rules.span, event, self._landed)
                # A copy of another span's rows is never in use: its number of rows says nothing.
                if event.variant != "duplicate":
                    self._contents[event.span, rows] = event.content
                self._landed[event.span] = event

    def _act(self, moment: YearMoment, observed: Observed) -> Iterator[tuple[str, Any, Any]]:
        """The differences of the act; the oracle goes on from the outcome that is nearest."""
        now = dates.moment(moment.clock or moment.at)
        expected = self._oracle.look(now, moment.act, moment.fault, moment.point)
        got = self._observed_outcome(observed)
        outcomes = sorted(expected.outcomes, key=lambda outcome: len(list(_unequal(outcome, got))))
        self._oracle.settle(outcomes[0])
        self.outcomes.append(outcomes[0])
        for what, wanted, seen in _unequal(outcomes[0], got):
            all_wanted = [dict((w, e) for w, e in _wanted(one))[what] for one in expected.outcomes]
            yield what, " or ".join(dict.fromkeys(map(str, all_wanted or [wanted]))), seen
        yield from _second(expected, observed["act"])
        for window in observed["facts"]["trainings"]:
            inputs = self._inputs(window)
            self._trained[inputs] += 1
            if self._trained[inputs] > 1:
                yield "trainings on equal inputs", 1, f"{self._trained[inputs]}: {_short(inputs)}"

    def _observed_outcome(self, observed: Observed) -> dict[str, Any]:
        facts, act = observed["facts"], observed["act"]
        runs = facts["runs"]
        return {
            "trigger": _TRIGGERS.get(runs[0]["trigger"], runs[0]["trigger"]) if runs else "",
            "verdict": (runs[0]["verdict"] or "") if runs else "",
            "runs": len(runs),
            "exit code": act["code"],
            "trainings": len(facts["trainings"]),
            "live version": facts["live"],
            "spans of the live version": self._inputs(facts["live_window"]),
        }

    def _answers(
        self, moment: YearMoment, facts: Observed, ahead: timedelta
    ) -> Iterator[tuple[str, Any, Any]]:
        """The differences of what was asked; the clock was ahead of the plan's by what the looks took."""
        answers = self._oracle.answers(dates.moment(moment.at) + ahead)
        state = answers.overdue.state or "unknown"
        self.overdue_states[state, facts["overdue"].get("state") == state] += 1
        yield from _overdue(answers, facts["overdue"])
        for attribute, kind in _ALERTS.items():
            wanted = getattr(answers, attribute)
            if wanted is not None and wanted != (kind in facts["alerts"]):
                yield f"alert {kind}", _open(wanted), _open(not wanted)
        if facts["live_damage"]:
            yield "files of the live version", "whole", facts["live_damage"]
        if facts.get("leftovers"):
            yield "leftovers of dead runs", "none", _few(facts["leftovers"])
        if self._oracle.state.broken:
            return
        if facts["status"].get("live_version") != (answers.live or None):
            yield "live_version of status", answers.live or None, facts["status"].get("live_version")
        yield from self._spans(answers, facts)
        schedule = facts["status"].get("schedule")
        if schedule is not None:
            yield from _schedule(answers, schedule, ahead)

    def _spans(self, answers: YearAnswers, facts: Observed) -> Iterator[tuple[str, Any, Any]]:
        in_use = {
            span: self._contents.get((span, rows), f"{rows} rows")
            for span, rows in facts["in_use_rows"].items()
        }
        for span in sorted(in_use.keys() | answers.in_use.keys()):
            if in_use.get(span) != answers.in_use.get(span):
                yield f"content in use of {span}", answers.in_use.get(span), in_use.get(span)
        states = {span: words.split() for span, words in facts["spans"].items()}
        for span in sorted(states.keys() | answers.words.keys()):
            wanted = answers.words.get(span, frozenset({"absent"}))
            word = _word(states[span]) if span in states else "absent"
            if word not in wanted:
                yield f"state of {span}", _listed(wanted), word
        for span, words in states.items():
            late, deleted = answers.late.get(span), span in answers.deleted
            if late is not None and late != ("late" in words):
                yield f"lateness of {span}", late, " ".join(words)
            if deleted and "deleted" not in words:
                yield f"reason of {span}", "its export was deleted", " ".join(words)

    def _inputs(self, window: Sequence[Sequence[Any]]) -> tuple[tuple[str, Any], ...]:
        return tuple((span, self._contents.get((span, rows), f"{rows} rows")) for span, rows in window)


def _wanted(outcome: LookOutcome) -> list[tuple[str, Any]]:
    return [
        ("trigger", _listed(outcome.triggers)),
        ("verdict", outcome.verdict),
        ("runs", int(bool(outcome.triggers))),
        ("exit code", _listed(outcome.codes)),
        ("trainings", outcome.trainings),
        ("live version", outcome.live),
        ("spans of the live version", outcome.live_window),
    ]


def _unequal(outcome: LookOutcome, got: Mapping[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    """What of an observed outcome is not that of the oracle's."""
    for what, wanted in _wanted(outcome):
        seen = got[what]
        if what == "trigger":
            equal = seen in (outcome.triggers or {""})
        elif what == "exit code":
            equal = seen is None or seen in outcome.codes
        elif what == "runs" and not outcome.triggers:
            equal = seen == 0
        else:
            equal = seen == wanted
        if not equal:
            shown = _short(seen) if isinstance(seen, tuple) else seen
            yield what, wanted, shown


def _second(expected: LookExpected, act: Observed) -> Iterator[tuple[str, Any, Any]]:
    """A second schedule while the first one, or its run, goes on."""
    if not expected.second_codes:
        return
    if act["second_code"] not in expected.second_codes:
        yield "exit code of the second schedule", _listed(expected.second_codes), act["second_code"]
    runs = [run for each in (act["second_answer"] or {}).get("use_cases", ()) for run in each["runs"]]
    if runs:
        yield "runs of the second schedule", 0, len(runs)


def _overdue(answers: YearAnswers, got: Observed) -> Iterator[tuple[str, Any, Any]]:
    wanted = answers.overdue
    if got["code"] != wanted.code:
        yield "exit code of check-overdue", wanted.code, got["code"]
    if wanted.state is None:
        return
    for key, value in (
        ("state", wanted.state),
        ("since", wanted.since and dates.text(wanted.since)),
        ("newest_span", wanted.newest_span),
        ("period_end", wanted.period_end and dates.text(wanted.period_end)),
        ("expected_end", wanted.expected_end and dates.text(wanted.expected_end)),
    ):
        if got.get(key) != value:
            yield f"{key} of check-overdue", value, got.get(key)


def _schedule(answers: YearAnswers, schedule: Observed, ahead: timedelta) -> Iterator[tuple[str, Any, Any]]:
    if bool(schedule.get("paused")) != answers.paused:
        yield "paused of status", answers.paused, schedule.get("paused")
    seen = schedule.get("next")
    # A retry is due so long after the end of a run, which a living schedule has later than the plan.
    due = seen and any(when <= dates.moment(seen) <= when + ahead for when in answers.next)
    if answers.next and not due:
        wanted = _listed(frozenset(dates.text(moment) for moment in answers.next))
        yield "next of status", wanted, seen


def _word(words: Sequence[str]) -> str:
    """The oracle's word for a state and the decision that may follow it."""
    state, *rest = words
    decided = [_DECISIONS[word] for word in rest if word in _DECISIONS]
    if decided and state not in ("MISSING", "NEW", "WAITING"):
        return decided[0]
    return _WORDS.get(state, state.lower())


def _listed(values: Any) -> str:
    return " or ".join(sorted(map(str, values))) or "none"


def _open(is_open: bool) -> str:
    return "open" if is_open else "closed"


def _few(names: Sequence[str]) -> str:
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(names[:3]) + more


def _short(inputs: Sequence[tuple[str, Any]]) -> str:
    return " ".join(f"{span}:{content}" for span, content in inputs)
