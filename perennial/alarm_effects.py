"""What drift alarms of a span do to the live model's scores, or why that is not known."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from perennial.drift.day_summaries import DayTable
from perennial.drift.effects import reference_of
from perennial.drift.history_days import days_in_alarm, tables_of
from perennial.drift.orders import AlarmEffect, AlarmOrder, HistorySpan
from perennial.drift.span_days import of_span
from perennial.errors import DaysDamaged
from perennial.live_effects import LiveEffects

_DAMAGED: Final = "the summaries of the days before are damaged"
_NO_REFERENCE: Final = "there are no days to compare with"
_OF_ROWS: Final = "the number of rows is nothing that the model takes"
_OF_LABEL: Final = "the label is nothing that the model takes"
_NO_ANSWER: Final = "none of its columns can be replaced, or the model gives no finite answer to some rows"


def effects_of_alarms(
    alarms: Sequence[AlarmOrder],
    span: str,
    stored: DayTable,
    history: Sequence[HistorySpan],
    live: LiveEffects,
) -> list[AlarmEffect]:
    """The effect of each alarm of a span.

    Args:
        alarms: The alarms.
        span: The span.
        stored: The summaries of its days.
        history: The accepted spans before it, oldest first. Days in alarms that no person has decided about
            are compared with nothing.
        live: Asks the live model.

    Returns:
        One of each, in the same order; one that is not known says why.
    """
    try:
        tables = tables_of(history)
    except DaysDamaged:
        return [AlarmEffect.unknown(each.subject, _DAMAGED) for each in alarms]
    of_spans = list(zip(history, tables, strict=True))
    before = DayTable.merged(tables)
    in_doubt = np.array(sorted(days_in_alarm(of_spans)), "datetime64[D]")
    usual = before.only(~np.isin(before.days, in_doubt))
    named = {
        "training": DayTable.merged(table for each, table in of_spans if each.trained),
        "pinned": DayTable.merged(table for each, table in of_spans if each.pinned),
    }
    days = of_span(stored, span, before.days[-1] if len(before.days) else None)
    effects = []
    for alarm in alarms:
        since = np.datetime64(alarm.since, "D") if alarm.since else days.days[0]
        changed = _between(days, since, alarm.until)
        effects.append(_effect(alarm, changed, reference_of(alarm.baseline, usual, since, named), live))
    return effects


def _between(days: DayTable, since: np.datetime64, until: str) -> DayTable:
    """The days of an alarm; one that began before the span has all of it up to its end."""
    mask = days.days >= since
    return days.only(mask & (days.days <= np.datetime64(until, "D")) if until else mask)


def _effect(alarm: AlarmOrder, changed: DayTable, reference: DayTable, live: LiveEffects) -> AlarmEffect:
    if not alarm.columns:
        return AlarmEffect.unknown(alarm.subject, _OF_ROWS)
    if not live.takes_any(alarm.columns):
        return AlarmEffect.unknown(alarm.subject, _OF_LABEL)
    if not len(reference.days):
        return AlarmEffect.unknown(alarm.subject, _NO_REFERENCE)
    effect = live.of(alarm.columns, changed, reference)
    if effect is None:
        return AlarmEffect.unknown(alarm.subject, live.absent or _NO_ANSWER)
    return AlarmEffect(subject=alarm.subject, number=effect.effect, text=effect.text)
