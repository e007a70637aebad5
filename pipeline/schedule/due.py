"""Whether a use case is due: every rule of the schedule, from facts alone; nothing is read or written.

docs/guides/schedule.md has the same rules in words.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from pipeline.cron_times import next_time, passed_times
from pipeline.schedule_section import ScheduleSection
from pipeline.triggers import NOT_SCHEDULED, Trigger

# A time of cron that is seen later than this was missed.
ON_TIME: Final = timedelta(hours=1)
MISSED: Final = "missed"
SKIPPED: Final = "skipped"
PAUSED: Final = "paused"
NOT_DUE: Final = "Nothing is due."


@dataclass(frozen=True)
class PastRun:
    """A run as the ledger has it.

    Attributes:
        began: When it began.
        ended: When it ended; None: it never did.
        verdict: Its verdict; empty if it never ended.
        trigger: What started it.
    """

    began: datetime
    ended: datetime | None
    verdict: str
    trigger: str

    @property
    def is_scheduled(self) -> bool:
        """Whether the schedule started it."""
        return self.trigger not in NOT_SCHEDULED

    @property
    def failed(self) -> bool:
        """Whether it ended FAILED, or never ended."""
        return self.ended is None or self.verdict == "FAILED"


@dataclass(frozen=True)
class Pause:
    """A pause of the schedule; `ended` is None while it goes on."""

    began: datetime
    ended: datetime | None

    def holds(self, moment: datetime) -> bool:
        """Whether a moment lies in it."""
        return self.began <= moment and (self.ended is None or moment <= self.ended)


@dataclass(frozen=True)
class DueFacts:
    """All that a decision follows from, besides the settings.

    Attributes:
        now: The present.
        handled: Times of cron up to this moment are settled; None: this cron line was not seen before.
        outcomes: The recorded outcome of ticks after `handled`.
        runs: The newest runs, newest first.
        unrecorded: How many of these began after the last one that the schedule recorded.
        has_lock: Whether a run holds the use case's lock.
        pauses: The newest pauses.
        exports: Digest of what lies in the exports folder; None: it was not looked at.
        exports_before: The same when the last scheduled run began; empty if there was none.
        pushable_from: When a candidate that waits for the end of a freeze may be pushed; None: none waits.
        accepted_alarm: When a person last accepted a span with a drift alarm whose rule has `retrain: true`;
            None: nobody did.
    """

    now: datetime
    handled: datetime | None = None
    outcomes: Mapping[datetime, str] = field(default_factory=dict)
    runs: tuple[PastRun, ...] = ()
    unrecorded: int = 0
    has_lock: bool = False
    pauses: tuple[Pause, ...] = ()
    exports: str | None = None
    exports_before: str = ""
    pushable_from: datetime | None = None
    accepted_alarm: datetime | None = None

    @property
    def is_paused(self) -> bool:
        """Whether a pause goes on."""
        return any(pause.ended is None for pause in self.pauses)


@dataclass(frozen=True)
class DueDecision:
    """What the schedule does about a use case at one look.

    Attributes:
        trigger: What starts a run now; None: none starts.
        why: Why, one sentence.
        outcomes: What became of ticks, to be recorded now.
        handled: Times of cron up to this moment are settled; None: as before.
        tick: The newest tick, to be recorded with the trigger once the run has ended; None: there is none.
        handled_by_run: `handled` once the run has ended; None: as before.
        each_span: Whether each span gets a run of its own, where several wait.
        next: The next moment at which something may be due, new exports apart; None where there is none.
        has_lock: Whether a run holds the use case's lock.
    """

    trigger: Trigger | None
    why: str
    outcomes: Mapping[datetime, str] = field(default_factory=dict)
    handled: datetime | None = None
    tick: datetime | None = None
    handled_by_run: datetime | None = None
    each_span: bool = False
    next: datetime | None = None
    has_lock: bool = False


def decide(section: ScheduleSection, facts: DueFacts) -> DueDecision:
    """The decision about a use case: at most one trigger, the first of these rules that holds."""
    since, is_first = _since(facts)
    passed = passed_times(section, since, facts.now)
    coming = _earliest(next_time(section, facts.now), _retry_moment(section, facts), facts.pushable_from)
    # Also what a run settled that is not recorded: once it is, its begin says nothing any more.
    moved = since if since != facts.handled else None
    if facts.is_paused:
        new = {time: PAUSED for time in passed if time not in facts.outcomes}
        settled = None if facts.handled is None else moved
        return DueDecision(None, "The schedule is paused.", new, settled)
    outcomes = {time: _without_run(facts, time) for time in passed}
    if facts.has_lock:
        if facts.runs and facts.runs[0].ended is not None:  # `approve` has it for a moment, or a run begins
            return DueDecision(None, "The lock is held.", next=coming, has_lock=True)
        settled = passed[-1] if passed else moved
        return DueDecision(None, "A run is in progress.", outcomes, settled, next=coming, has_lock=True)
    trigger, why = _trigger(section, facts, passed, is_first)
    if trigger is None or (trigger == "new_export" and passed):
        settled = passed[-1] if passed else moved
        return DueDecision(trigger, why, outcomes, settled, each_span=_each_span(section, facts), next=coming)
    tick = passed[-1] if passed else None
    # The newest tick is settled by the run: a look that is cut off before the run began is made again.
    settled = passed[-2] if len(passed) > 1 else (None if is_first and not facts.runs else moved)
    return DueDecision(
        trigger,
        why,
        {time: outcomes[time] for time in passed[:-1]},
        settled,
        tick,
        tick or (facts.now if is_first else None),
        _each_span(section, facts),
        coming,
    )


def _without_run(facts: DueFacts, tick: datetime) -> str:
    """The outcome of a tick that starts no run."""
    if any(pause.holds(tick) for pause in facts.pauses):
        return PAUSED
    overlaps = any(run.began <= tick and run.ended and tick <= run.ended for run in facts.runs)
    return SKIPPED if facts.has_lock or overlaps else MISSED


def _each_span(section: ScheduleSection, facts: DueFacts) -> bool:
    """Whether each span gets a run; neither the first run ever nor the one after a pause is split."""
    return section.catch_up == "all" and bool(facts.runs) and not _after_pause(facts)


def _since(facts: DueFacts) -> tuple[datetime, bool]:
    """The moment after which times of cron count, and whether their line is seen for the first time.

    A scheduled run settles the times before its begin, even if whoever started it is gone and has not
    recorded it. A moment that lies in the future is of a clock that was set back: it counts as now.
    """
    if facts.handled is None:
        return facts.now, True
    unrecorded = facts.runs[: facts.unrecorded]
    begins = [run.began for run in unrecorded if run.is_scheduled and run.began <= facts.now]
    return max([min(facts.handled, facts.now), *begins]), False


def _trigger(
    section: ScheduleSection, facts: DueFacts, passed: list[datetime], is_first: bool
) -> tuple[Trigger | None, str]:
    """The trigger, and why; None where nothing is due."""
    usual: Trigger = "cron" if section.cron else "new_export"
    if is_first and not facts.runs:
        return usual, "No run was made yet."
    retry = _retry_moment(section, facts)
    if retry is not None and retry <= facts.now:
        return "retry", "The last run failed, and a retry is due."
    why = NOT_DUE
    if passed:
        by_cron, why = _by_cron(section, facts, passed[-1])
        if by_cron:
            return by_cron, why
    if section.on_new_export and facts.exports is not None and facts.exports != facts.exports_before:
        return "new_export", "The exports folder has changed since the last scheduled run began."
    if facts.pushable_from is not None and facts.pushable_from <= facts.now:
        return usual, "A candidate waited for the end of a freeze."
    if facts.accepted_alarm and not any(run.began >= facts.accepted_alarm for run in facts.runs):
        return usual, "A person accepted a span with a drift alarm whose rule has `retrain: true`."
    return None, why


def _by_cron(section: ScheduleSection, facts: DueFacts, newest: datetime) -> tuple[Trigger | None, str]:
    """What the newest time of cron that passed starts, and why it does or not."""
    age = facts.now - newest
    in_pause = any(pause.holds(newest) for pause in facts.pauses)
    if age <= ON_TIME and not in_pause:
        return "cron", "A time of `schedule.cron` has come."
    when = "passed in a pause" if in_pause else "was missed"
    if section.catch_up == "skip":
        return None, f"A time of `schedule.cron` {when}; `schedule.catch_up` is skip."
    if age > timedelta(seconds=section.catch_up_window):
        return None, f"A time of `schedule.cron` {when}, longer ago than `schedule.catch_up_window`."
    return "catch_up", f"A time of `schedule.cron` {when}."


def _retry_moment(section: ScheduleSection, facts: DueFacts) -> datetime | None:
    """When the next retry is due; None where there is none. A run that ends in the future: now."""
    if not facts.runs or facts.has_lock or not facts.runs[0].failed:
        return None
    tries = next((n for n, run in enumerate(facts.runs) if run.trigger != "retry"), len(facts.runs))
    if tries >= len(section.retry):
        return None
    end = facts.runs[0].ended or facts.runs[0].began
    if end > facts.now:  # the clock was set back
        return facts.now
    return end + timedelta(seconds=section.retry[tries])


def _after_pause(facts: DueFacts) -> bool:
    """Whether no run has succeeded since the last pause ended."""
    ends = [pause.ended for pause in facts.pauses if pause.ended is not None]
    succeeded = [run.began for run in facts.runs if not run.failed and run.began <= facts.now]
    return bool(ends) and not (succeeded and max(succeeded) >= max(ends))


def _earliest(*moments: datetime | None) -> datetime | None:
    return min((moment for moment in moments if moment is not None), default=None)
