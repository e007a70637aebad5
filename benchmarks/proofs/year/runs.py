"""What a run of the simulated year must come to: which spans it takes, its verdict, what is live after it."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from benchmarks.proofs.year.dates import end
from benchmarks.proofs.year.plan import BEFORE_JUDGED, BEFORE_TRAINED, FaultKind, Point, YearRules
from benchmarks.proofs.year.state import (
    JUDGED,
    Inputs,
    SettledInputs,
    SpanRecord,
    WithheldCandidate,
    YearState,
    gaps,
    readable,
)

CODES: Final = {"PUSHED": 0, "KEPT": 0, "NOTHING_NEW": 0, "FAILED": 1, "DATA_BLOCKED": 3}
KILLED: Final = frozenset({*range(1, 256), -9})  # the documents give no code for a process that is killed
KILLS: Final = ("kill_run", "kill_chain", "reboot")


@dataclass(frozen=True)
class LookOutcome:
    """One way that an act may end.

    Attributes:
        triggers: One of them is the run's; empty: no run is started.
        verdict: The run's; empty where it has none: it was killed, or none was started.
        codes: The exit codes that the act may have.
        trainings: How many Trainers complete, of this run; at most one for equal inputs in the whole year.
        live: The live version after it; 0: none.
        live_window: The spans and contents that the live version was made of.
        state: What the oracle knows then.
        reuses: Whether fewer trainings are right, too: a version has learned from the same rows.
    """

    triggers: frozenset[str]
    verdict: str
    codes: frozenset[int]
    trainings: int
    live: int
    live_window: Inputs
    state: YearState = field(compare=False, repr=False)
    reuses: bool = False

    def fits(self, trigger: str, verdict: str, code: int, trainings: int, live: int) -> bool:
        """Whether an act ended like this; no trigger and no verdict: it started no run."""
        started = trigger in self.triggers if self.triggers else trigger == ""
        trained = trainings <= self.trainings if self.reuses else trainings == self.trainings
        return started and trained and code in self.codes and (verdict, live) == (self.verdict, self.live)

    @classmethod
    def of(
        cls,
        state: YearState,
        triggers: frozenset[str],
        verdict: str,
        codes: frozenset[int],
        trainings: int = 0,
    ) -> "LookOutcome":
        """The outcome after which the oracle knows this state."""
        window = state.versions.get(state.live, ())
        return cls(triggers, verdict, codes, trainings, state.live, window, state)


@dataclass(frozen=True)
class Conclusion:
    """What a run concludes when nothing disturbs it, before a withheld span changes its verdict."""

    verdict: str
    trainings: int
    state: YearState
    reuses: bool = False


def run_outcomes(
    state: YearState,
    rules: YearRules,
    now: datetime,
    triggers: frozenset[str],
    fault: FaultKind = "",
    point: Point = "",
) -> list[LookOutcome]:
    """How a run may end that one of the triggers starts (`hand`: a person)."""
    state = state.copy()
    state.ran, state.tick_lost = True, False
    state.retries = state.retries + 1 if "retry" in triggers else 0
    if "hand" not in triggers:
        state.listing = state.exports()
    if fault == "disk_full":
        state.failed_at, state.sure, state.tick_lost = now, False, True
        failed, not_noted = (
            (triggers, "FAILED"),
            (frozenset[str](), ""),
        )  # the look may not get as far as a run
        return [LookOutcome.of(state, *ending, frozenset({1})) for ending in (failed, not_noted)]
    before = state.copy()
    take_in(state, rules, now)
    conclusions = conclude(state, rules, now)
    if fault in KILLS and conclusions[0].verdict != "NOTHING_NEW":
        after = before if point in BEFORE_JUDGED else state
        after.trained = before.trained
        return interrupted(after, rules, now, triggers, fault, point)
    outcomes = (ended(conclusion, rules, triggers) for conclusion in conclusions)
    return list(dict.fromkeys(outcomes))  # two that look alike are one


def take_in(state: YearState, rules: YearRules, now: datetime) -> None:
    """The judgement of each export whose content is not that of its span's newest version."""
    contents = {span: record.newest for span, record in state.records.items()}
    new = [span for span in readable(state, rules, now) if contents.get(span) != state.disk[span].content]
    first = not state.records
    for span in new:
        export, former = state.disk[span], state.records.get(span)
        judgement = JUDGED[export.variant]
        used = export.content if judgement == "in_use" else former.used if former else None
        late = now > end(span, rules) + timedelta(seconds=rules.within) if former is None else None
        if first:
            late = False  # nothing had arrived by the end of its period: the use case begins
        state.records[span] = SpanRecord(export.content, judgement, used, export.variant, late)


def conclude(state: YearState, rules: YearRules, now: datetime) -> list[Conclusion]:
    """Whether there is anything to train on, and what becomes of the candidate."""
    inputs, accepted = state.window(rules), state.accepted()
    settled = SettledInputs(inputs, accepted, state.live)
    same = state.settled is not None and (state.settled.inputs, state.settled.live) == (inputs, state.live)
    if same and publishes_waiting(state, rules, now):
        return [_pushed(state, inputs, accepted, 0)]
    if same:
        unsure = not state.sure or state.settled != settled
        return [
            _unchanged(state, settled, verdict) for verdict in ("NOTHING_NEW", *(["KEPT"] if unsure else []))
        ]
    live = state.versions.get(state.live, ())
    if inputs == live and state.live:  # `approve` made it live
        return [_unchanged(state, settled, verdict) for verdict in ("NOTHING_NEW", "KEPT")]
    trainings = int(inputs not in state.trained)
    state.trained |= {inputs}
    kept = Conclusion("KEPT", trainings, _unchanged(state, settled, "KEPT").state)
    if inputs in state.rolled_back:
        return [kept]
    passed = _passed(state, rules, now, trainings)
    learned_before = {trained_part(version, rules) for version in (live, *state.rolled_back)}
    if state.live and trained_part(inputs, rules) in learned_before:
        # Equal weights: the Trainer may be taken from the cache, and "identical to version N" is not pushed.
        return [replace(either, reuses=True) for either in (passed, kept)]
    return [passed]


def trained_part(inputs: Inputs, rules: YearRules) -> Inputs:
    """What a model learns from: of days the newest one is only evaluated on."""
    return inputs[:-1] if rules.span == "day" else inputs


def publishes_waiting(state: YearState, rules: YearRules, now: datetime) -> bool:
    """Whether a candidate of a freeze goes live: that is over, and live is what it was compared with."""
    waiting = state.waiting
    if waiting is None or not waiting.frozen or waiting.live != state.live or state.push == "ask":
        return False
    return not in_freeze(state, rules, now)


def in_freeze(state: YearState, rules: YearRules, now: datetime) -> bool:
    """Whether nothing is pushed on this day of the schedule's zone."""
    return now.astimezone(ZoneInfo(rules.zone)).date().isoformat() in state.freeze


def _unchanged(state: YearState, settled: SettledInputs, verdict: str) -> Conclusion:
    after = state.copy()
    if verdict == "KEPT":
        after.settled = settled
    if after.waiting is not None and after.waiting.live != after.live:
        after.waiting = None
    return Conclusion(verdict, 0, after)


def _passed(state: YearState, rules: YearRules, now: datetime, trainings: int) -> Conclusion:
    inputs, accepted = state.window(rules), state.accepted()
    frozen = in_freeze(state, rules, now)
    if state.push == "auto" and not frozen:
        return _pushed(state, inputs, accepted, trainings)
    after = state.copy()
    after.settled = SettledInputs(inputs, accepted, state.live)
    after.waiting = WithheldCandidate(inputs, state.live, frozen and state.push == "auto")
    return Conclusion("KEPT", trainings, after)


def _pushed(state: YearState, inputs: Inputs, accepted: Inputs, trainings: int) -> Conclusion:
    after = state.copy()
    publish(after, inputs)
    after.settled = SettledInputs(inputs, accepted, after.live)
    return Conclusion("PUSHED", trainings, after)


def publish(state: YearState, inputs: Inputs) -> None:
    """A version of these inputs goes live under the highest number plus one; what waited is void."""
    state.live += 1
    state.versions[state.live] = inputs
    state.waiting = None


def ended(conclusion: Conclusion, rules: YearRules, triggers: frozenset[str]) -> LookOutcome:
    """A run that went to its end; a withheld newest span makes it DATA_BLOCKED, whatever it pushed."""
    state = conclusion.state
    verdict = "DATA_BLOCKED" if state.withheld() else conclusion.verdict
    state.failed_at, state.sure = None, verdict != "DATA_BLOCKED"
    surely, perhaps = gaps(state, rules), gaps(state, rules, of_accepted=True)
    state.missing_alert = True if surely else None if perhaps else False
    outcome = LookOutcome.of(state, triggers, verdict, frozenset({CODES[verdict]}), conclusion.trainings)
    return replace(outcome, reuses=conclusion.reuses)


def interrupted(
    state: YearState,
    rules: YearRules,
    now: datetime,
    triggers: frozenset[str],
    fault: FaultKind,
    point: Point,
) -> list[LookOutcome]:
    """A run that is killed, or whose child is; finished nodes are not run again, a renamed folder is live."""
    inputs, accepted = state.window(rules), state.accepted()
    trainings = int(point not in BEFORE_TRAINED and inputs not in state.trained)
    if trainings:
        state.trained |= {inputs}
    state.failed_at, state.sure = now, False
    state.missing_alert = None
    verdict, codes = ("FAILED", frozenset({1})) if fault == "kill_chain" else ("", KILLED)
    renamed = state.copy()
    publish(renamed, inputs)
    renamed.settled, renamed.sure = SettledInputs(inputs, accepted, renamed.live), True
    if point == "rename":
        states = [renamed]
    elif point == "AtomicPusher" and fault == "kill_run":
        states = [state, renamed]  # the child may rename before it knows that the run is dead
    else:
        states = [state]
    return [LookOutcome.of(after, triggers, verdict, codes, trainings) for after in states]
