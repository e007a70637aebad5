"""The oracle of the simulated year: what must hold after each event and look, from the documents alone."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from benchmarks.proofs.year.dates import CANNOT_ANSWER, OverdueAnswer, local, newest_cron, next_cron, overdue
from benchmarks.proofs.year.plan import Act, FaultKind, Point, YearEvent, YearRules
from benchmarks.proofs.year.runs import (
    KILLED,
    LookOutcome,
    publish,
    publishes_waiting,
    run_outcomes,
)
from benchmarks.proofs.year.state import ExportOnDisk, Inputs, SpanRecord, YearState, gaps

DONE: Final = frozenset({0})
USAGE: Final = frozenset({2})
_IN_TIME: Final = timedelta(hours=1)  # a cron time that is seen later was missed
_NONE: Final = frozenset({""})
_HAND: Final = frozenset({"hand"})


@dataclass(frozen=True)
class LookExpected:
    """What an act may come to.

    Attributes:
        outcomes: The ways that it may end; one, unless timing or a gap of the documents leaves several.
        second_codes: The exit codes of the second `schedule --once` (`two_daemons`: while the first lives;
            `kill_daemon`: while the run of the dead one lives; that one starts no run); empty: there is none.
    """

    outcomes: tuple[LookOutcome, ...]
    second_codes: frozenset[int] = frozenset()


@dataclass(frozen=True)
class YearAnswers:
    """What the commands that ask must answer at a moment.

    Attributes:
        live: `live_version` of `status`; 0: none.
        live_window: The spans and contents that it was made of.
        in_use: The content in use of each accepted span: none of it may be lost.
        words: The states that `spans` may give the newest version of each span.
        late: The spans whose reason must say that they came late, or (False) must not; others are left open.
        deleted: The spans in use whose reason must say that their export is deleted.
        missing: The spans that must be listed as MISSING, and are alerted where `gap` is warn.
        missing_perhaps: Those that may be; `missing` is among them.
        overdue: The answer of `check-overdue`.
        next: One of these is `next` of `status`; empty where the documents name none (paused, broken).
        paused: Whether the schedule is paused.
        candidate_waits: Whether a candidate waits, and CANDIDATE_WAITS is open; None: it is void, and nothing
            says when the alert closes.
        missing_alert: Whether SPAN_MISSING is open; None: not said.
        config_alert: Whether CONFIG_BROKEN is open. While the config is broken, ask `check-overdue` alone.
    """

    live: int
    live_window: Inputs
    in_use: Mapping[str, int]
    words: Mapping[str, frozenset[str]]
    late: Mapping[str, bool]
    deleted: frozenset[str]
    missing: tuple[str, ...]
    missing_perhaps: tuple[str, ...]
    overdue: OverdueAnswer
    next: frozenset[datetime]
    paused: bool
    candidate_waits: bool | None
    missing_alert: bool | None
    config_alert: bool


class YearOracle:
    """Follows a plan: `apply` each event, `look` at each act and `settle` how it ended, ask `answers`."""

    def __init__(self, rules: YearRules) -> None:
        self.rules = rules
        self.state = YearState()
        self._stamp = 0

    def apply(self, event: YearEvent) -> frozenset[int]:
        """Takes an event; returns the exit codes that its command may have (0 where it is none)."""
        self.state = self.state.copy()
        kinds = {
            "land": self._files,
            "complete": self._files,
            "rewrite": self._files,
            "delete": self._files,
            "accept": self._judge,
            "reject": self._judge,
            "rollback": self._rollback,
            "approve": self._approve,
        }
        return kinds.get(event.kind, self._schedule)(event)

    def look(
        self, now: datetime, act: Act = "schedule", fault: FaultKind = "", point: Point = ""
    ) -> LookExpected:
        """What an act at a time of the clock may come to; `settle` the one that it does come to."""
        state = self.state.copy()
        if act == "none":
            return LookExpected((self._no_run(state),))
        if state.broken:
            state.config_alert |= act == "schedule"
            return LookExpected((self._no_run(state, USAGE),))
        if act == "run":
            return LookExpected(tuple(run_outcomes(state, self.rules, now, _HAND, fault, point)))
        state.config_alert = False
        triggers = due(state, self.rules, now)
        outcomes = [self._no_run(state)] if "" in triggers else []
        if triggers - _NONE:
            outcomes += run_outcomes(state, self.rules, now, triggers - _NONE, fault, point)
        if fault in ("kill_daemon", "two_daemons") and outcomes[-1].trainings:
            if fault == "kill_daemon":
                outcomes = [replace(outcome, codes=KILLED) for outcome in outcomes]
            return LookExpected(tuple(outcomes), DONE if fault == "kill_daemon" else frozenset({5}))
        return LookExpected(tuple(outcomes))

    def settle(self, outcome: LookOutcome) -> None:
        """Goes on from the outcome that the act had."""
        self.state = outcome.state

    def answers(self, now: datetime) -> YearAnswers:
        """What must be answered now."""
        state = self.state
        in_use = dict(state.accepted())
        newest = max(in_use, default="")
        cannot = state.broken or not newest
        return YearAnswers(
            live=state.live,
            live_window=state.versions.get(state.live, ()),
            in_use=in_use,
            words=span_words(state, self.rules),
            late={span: record.late for span, record in state.records.items() if record.late is not None},
            deleted=frozenset(span for span in in_use if span not in state.disk),
            missing=tuple(gaps(state, self.rules)),
            missing_perhaps=tuple(gaps(state, self.rules, of_accepted=True)),
            overdue=CANNOT_ANSWER if cannot else overdue(newest, now, self.rules),
            next=self._next(now),
            paused=state.paused,
            candidate_waits=self._waits(),
            missing_alert=state.missing_alert,
            config_alert=state.config_alert,
        )

    def _no_run(self, state: YearState, codes: frozenset[int] = DONE) -> LookOutcome:
        return LookOutcome.of(state, frozenset(), "", codes)

    def _waits(self) -> bool | None:
        waiting = self.state.waiting
        return False if waiting is None else True if waiting.live == self.state.live else None

    def _next(self, now: datetime) -> frozenset[datetime]:
        if self.state.paused or self.state.broken:
            return frozenset()
        times = {next_cron(self.rules, now)}
        retry = retry_time(self.state, self.rules)
        if retry is not None:
            times.add(retry)
        if self.state.tick_lost or due(self.state.copy(), self.rules, now) - _NONE:
            times.add(now)  # something is due: nothing has looked yet, or the look left no trace
        if (waiting := self.state.waiting) and waiting.frozen:
            times.add(self._end_of_freeze(now))
        return frozenset(times)

    def _end_of_freeze(self, now: datetime) -> datetime:
        """The first midnight of a day that is not frozen, at which the candidate that waits is pushed."""
        day = now.astimezone(ZoneInfo(self.rules.zone)).date()
        while day.isoformat() in self.state.freeze:
            day += timedelta(days=1)
        return local(day, 0, 0, self.rules.zone)

    def _files(self, event: YearEvent) -> frozenset[int]:
        self._stamp += 1
        if event.kind == "delete":
            del self.state.disk[event.span]
        elif event.kind == "land":
            export = ExportOnDisk(event.content, event.variant, event.complete, self._stamp)
            self.state.disk[event.span] = export
        else:
            export = self.state.disk[event.span]
            self.state.disk[event.span] = replace(export, complete=True, stamp=self._stamp)
        return DONE

    def _judge(self, event: YearEvent) -> frozenset[int]:
        record = self.state.records.get(event.span)
        if event.kind == "accept":
            if record is None or record.judgement in ("refused", "waiting"):
                return frozenset({1, 2})  # nothing that could be accepted was read of it
            self.state.records[event.span] = replace(record, judgement="in_use", used=record.newest)
            return DONE
        newest = record.newest if record else 0
        variant = record.variant if record else "whole"
        self.state.records[event.span] = SpanRecord(newest, "rejected", None, variant)
        self.state.missing_alert = None if self.state.missing_alert else False
        return DONE

    def _rollback(self, event: YearEvent) -> frozenset[int]:
        state = self.state
        if state.live - 1 not in state.versions:
            return frozenset({1, 2})
        state.rolled_back |= {state.versions[state.live]}
        waiting = state.waiting
        publish(state, state.versions[state.live - 1])
        state.waiting = waiting  # void, until a run or `approve` sees that live has changed
        return DONE

    def _approve(self, event: YearEvent) -> frozenset[int]:
        waiting = self.state.waiting
        if waiting is None:
            return USAGE
        if waiting.live != self.state.live:
            return frozenset({1, 2})  # 2 if the rollback has made it void already
        publish(self.state, waiting.inputs)
        return DONE

    def _schedule(self, event: YearEvent) -> frozenset[int]:
        state = self.state
        if event.kind in ("pause", "resume"):
            state.paused = event.kind == "pause"
        elif event.kind == "configure":
            state.push, state.freeze = event.push, frozenset(event.freeze)
        else:
            state.broken = event.kind == "break_config"
        return DONE


def due(state: YearState, rules: YearRules, now: datetime) -> frozenset[str]:
    """The triggers of which a look finds one; an empty text among them: it may start no run.

    What the look has answered is noted in the state: cron times that passed, those of a pause.
    """
    set_back = state.handled is not None and state.handled > now
    if state.handled is None or set_back:
        state.handled = now
    newest = newest_cron(rules, state.handled, now)
    if state.paused:
        state.owed |= newest is not None
        state.handled = newest or state.handled
        return _NONE
    retry = retry_time(state, rules)
    if retry is not None and state.failed_at is not None and (retry <= now or state.failed_at > now):
        return frozenset({"retry", "cron", "new_export"} if state.tick_lost else {"retry"})
    if not state.ran:
        return frozenset({"cron", "new_export"})
    if newest is not None or state.owed:
        in_time = newest is not None and now - newest <= _IN_TIME
        owed, state.owed = state.owed, False
        state.handled = newest or state.handled
        return frozenset({"cron", "catch_up"} if owed and in_time else {"cron"} if in_time else {"catch_up"})
    if publishes_waiting(state, rules, now):
        return frozenset({"cron", "new_export"})
    if state.exports() == state.listing:
        return _NONE
    # `on_new_export` since a look that lies in the future is not over, or counts as over.
    return frozenset({"new_export", ""} if set_back else {"new_export"})


def retry_time(state: YearState, rules: YearRules) -> datetime | None:
    """When the last run is tried again; None where it did not fail, or was tried as often as it may be."""
    if state.failed_at is None or state.retries >= len(rules.retry):
        return None
    return state.failed_at + timedelta(seconds=rules.retry[state.retries])


def span_words(state: YearState, rules: YearRules) -> dict[str, frozenset[str]]:
    """The states that `spans` may give each span's newest version, as words."""
    words: dict[str, frozenset[str]] = {
        span: frozenset({"missing", "absent"}) for span in gaps(state, rules, of_accepted=True)
    }
    words |= {span: frozenset({"missing"}) for span in gaps(state, rules)}
    for span, record in state.records.items():
        empty = record.variant == "empty" and record.judgement == "blocked"
        words[span] = frozenset({"blocked", "refused"} if empty else {record.judgement})
        if not record.newest:  # it never came, and is given up: listed as missing while it is in the window
            words[span] |= {"missing", "absent"}
    for span, export in state.disk.items():
        former = state.records.get(span)
        if not export.complete:
            words[span] = words.get(span, frozenset()) | {"waiting"}
        elif former is None or former.newest != export.content:
            words[span] = frozenset({"new", "waiting"})
    return words
