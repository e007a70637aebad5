"""Judges the days of a span by a calibration of drift: alarms become findings of the kind `drift_alarm`."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np

from components.data_gate.anomalies import Anomaly
from components.data_gate.kinds import DRIFT_ALARM
from perennial.drift.alarm_records import Alarm
from perennial.drift.alarm_segments import with_segments
from perennial.drift.alarm_text import alarm_sentences
from perennial.drift.calibration import Calibration
from perennial.drift.day_judgement import DayJudgement
from perennial.drift.day_summaries import DayTable
from perennial.drift.orders import HistorySpan
from perennial.drift.settings import DriftSettings
from perennial.drift.span_days import is_undated, of_span
from perennial.periods import period_of
from perennial.text import plural

_NOTHING: Final = "Drift by day was not checked:"
_NAMED: Final = 5


class OpenAlarm(NamedTuple):
    """An alarm of the span before that had not ended and that no person has decided about."""

    subject: str
    since: str
    columns: tuple[str, ...]


@dataclass(frozen=True)
class DaysToJudge:
    """The days of a span, and by what they are judged.

    Attributes:
        table: Their summaries.
        calibration: Made from the accepted spans before; None: there are none with summaries.
        number: The calibration's number; 0 if it is not in the ledger.
        settings: For the policy.
        before: The open alarms of the span before.
        private: Columns whose values are in no message.
        history: The newest accepted spans before, oldest first: where an alarm is concentrated follows from
            their days.
    """

    table: DayTable
    calibration: Calibration | None
    number: int
    settings: DriftSettings
    before: tuple[OpenAlarm, ...] = ()
    private: tuple[str, ...] = ()
    history: tuple[HistorySpan, ...] = ()


@dataclass(frozen=True)
class DriftAlarm(Anomaly):
    """A finding of the kind `drift_alarm`; `feature` is the strongest column, "" for the number of rows.

    Attributes:
        subject: What it is about: the same in each judgement of one lasting change.
        since: The first day of the change, ISO; "" where rows have no day.
        until: Its last day; "" if it had not ended on the last day of the span.
        columns: The columns that it is in, the strongest first; empty: it is the number of rows.
        retrain: Whether `drift.policy` wants a run at once when a person has accepted the span.
        measure: What is measured of the strongest column (`perennial.drift.kinds`).
        baseline: With what it is compared: `season`, `previous`, `training` or `pinned`.
        value: What was observed, in `unit`.
        expected: What was expected.
        unit: `share`, `rows`, `values`, `characters`, `correlation`, or "" for the column's own unit.
        score: -log10 of its tail probability.
        threshold: What a score alarms above.
        sure: How many alarms as strong as this a day without drift has.
        segment: Where it is concentrated, as `origin=EWR`; "" if nowhere, or in a private column.
    """

    subject: str
    since: str
    until: str
    columns: tuple[str, ...]
    retrain: bool
    measure: str
    baseline: str
    value: float | None
    expected: float | None
    unit: str
    score: float
    threshold: float
    sure: float
    segment: str


@dataclass(frozen=True)
class DaysJudgement:
    """What the gate says of a span's days.

    Attributes:
        alarms: What opened.
        calibration: `number, state, rate, days, needed` of the calibration; None where there is none.
        days: `day, score, threshold` of each judged day; None of a score: not checked.
        not_checked: A sentence for each check that could not be made.
        checked: A sentence for each that was.
    """

    alarms: tuple[DriftAlarm, ...] = ()
    calibration: Mapping[str, Any] | None = None
    days: tuple[Mapping[str, Any], ...] = ()
    not_checked: tuple[str, ...] = ()
    checked: tuple[str, ...] = ()

    @property
    def is_calibrated(self) -> bool:
        """Whether the days were judged: TFDV's thresholds are noted then, and call no person."""
        return bool(self.checked)


def judge_days(span: str, given: DaysToJudge) -> DaysJudgement:
    """Judges the days of a span.

    Args:
        span: Its name.
        given: The days, and by what they are judged.
    """
    calibration = given.calibration
    period = period_of(span)
    if period is not None and period.hour:
        return DaysJudgement(not_checked=(f"{_NOTHING} a span of an hour is no whole day.",))
    if calibration is None:
        why = "no accepted span before this one has summaries of its days."
        return DaysJudgement(not_checked=(f"{_NOTHING} {why}",))
    facts = _facts(given.number, calibration)
    if not calibration.calibrated:
        more = plural(calibration.days_needed, "more day")
        why = f"it is not calibrated for {calibration.rate.text}; needed: {more} of accepted history."
        return DaysJudgement((), facts, not_checked=(f"{_NOTHING} {why}",))
    table = _new_days(of_span(given.table, span, calibration.days[-1]), calibration)
    if not len(table.days):
        why = "the span has no day that the accepted spans do not have."
        return DaysJudgement((), facts, not_checked=(f"{_NOTHING} {why}",))
    judgement = calibration.judge(table)
    # A month whose rows have no day is one point among months.
    named = f"calibration {given.number}" if given.number else "a calibration"
    checked = (
        f"Drift by day was checked with {named} ({calibration.rate.text}); days: {len(judgement.days)},"
        f" columns: {len(calibration.columns)}."
    )
    dated = not is_undated(given.table) or (period is not None and period.first == period.last)
    alarms = with_segments(judgement.alarms, table, given.history, calibration.joint)
    return DaysJudgement(
        tuple(_finding(alarm, given, dated=dated, judgement=judgement) for alarm in alarms),
        facts,
        tuple(_judged_days(judgement)),
        tuple(_not_checked(judgement)),
        (checked,),
    )


def _facts(number: int, calibration: Calibration) -> dict[str, Any]:
    return {
        "number": number,
        "state": calibration.state,
        "rate": calibration.rate.text,
        "days": len(calibration.days),
        "needed": calibration.days_needed,
    }


def _new_days(table: DayTable, calibration: Calibration) -> DayTable:
    """The days that the history has no rows of: a span that begins within a day has only a part of it."""
    known = calibration.days[np.isfinite(calibration.values).any(axis=1)]
    return table.only(~np.isin(table.days, known))


def _judged_days(judgement: DayJudgement) -> Iterator[Mapping[str, Any]]:
    for day, score, threshold in zip(judgement.days, judgement.scores, judgement.thresholds, strict=True):
        yield {"day": str(day), "score": _number(score), "threshold": _number(threshold)}


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _finding(alarm: Alarm, given: DaysToJudge, *, dated: bool, judgement: DayJudgement) -> DriftAlarm:
    strongest = alarm.shifts[0]
    columns = tuple(column for column in alarm.columns if column)
    rule = given.settings.rule(columns, strongest.measure)
    former = _continued(alarm, given.before, judgement)
    since = (former.since if former else str(alarm.since)) if dated else ""
    until = str(alarm.until) if dated and alarm.until is not None else ""
    shown = alarm.segment if alarm.segment.partition("=")[0] not in given.private else ""
    return DriftAlarm(
        feature=strongest.column,
        kind=DRIFT_ALARM,
        severity=rule.action,
        message=alarm_sentences(alarm, since, until, given.private),
        subject=former.subject if former else f"{strongest.column}/{strongest.measure}/{alarm.since}",
        since=since,
        until=until,
        columns=columns,
        retrain=rule.retrain,
        measure=strongest.measure,
        baseline=strongest.baseline,
        value=_number(strongest.value),
        expected=_number(strongest.expected),
        unit=strongest.unit,
        score=alarm.score,
        threshold=alarm.threshold,
        sure=alarm.sure,
        segment=shown,
    )


def _continued(alarm: Alarm, before: Sequence[OpenAlarm], judgement: DayJudgement) -> OpenAlarm | None:
    """The alarm of the span before that goes on: in the same column, from the first judged day on."""
    if str(alarm.since) != str(judgement.days[0]):
        return None
    names = set(alarm.columns)
    return next((each for each in before if names & set(each.columns or ("",))), None)


def _not_checked(judgement: DayJudgement) -> Iterator[str]:
    missing = judgement.not_checked()
    if missing:
        days = len(judgement.days)
        named = [
            f"{f'column `{name}`' if name else 'the number of rows'} ({count} of {days} days)"
            for name, count in list(missing.items())[:_NAMED]
        ]
        more = f" and {len(missing) - _NAMED} more columns" if len(missing) > _NAMED else ""
        yield f"{_NOTHING} too few rows or no history of {', '.join(named)}{more}."
