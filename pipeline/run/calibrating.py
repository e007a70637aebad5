"""Which calibration of drift judges a span: made from the accepted spans before it, and never twice.

A calibration is no input of a judgement's digest: another one is no reason to judge or to train again.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from perennial import clock
from perennial.drift.orders import SEGMENT_DAYS, CalibrationOrder, CalibrationOutcome, HistorySpan
from perennial.drift.rate import DEFAULT
from perennial.errors import CalibrationDamaged
from perennial.files import file_digest
from perennial.store import registry
from perennial.store.calibrations import CalibrationRecord
from perennial.store.ledger import Ledger
from perennial.store.span_version import SpanVersion
from pipeline import inputs
from pipeline.config import UseCase
from pipeline.provenance import source_digest
from pipeline.run.calibration_paths import calibration_file, calibration_files
from pipeline.run.in_use import in_use_before
from pipeline.run.live_rows import contents_trained_on
from pipeline.span_periods import first_moment

_CODE: Final = "perennial.drift.calibration_order"
_DAY: Final = 86400
if TYPE_CHECKING:
    from perennial.drift.calibration import Calibration
# Makes the calibration of an order, with its file.
Maker = Callable[[CalibrationOrder, Path], CalibrationOutcome]


def stated_rate(ledger: Ledger) -> str:
    """The rate of false alarms that a person set, else the default."""
    return ledger.calibrations.rate() or DEFAULT.text


def order_of(use_case: UseCase, ledger: Ledger, span: str | None, rate: str) -> CalibrationOrder | None:
    """What the calibration for a span is made from: the versions in use of the spans before it.

    Args:
        use_case: The use case.
        ledger: Its ledger.
        span: The span; None: the one after all.
        rate: The stated rate of false alarms.

    Returns:
        None where spans are hours, whose days are no whole ones, or where none has summaries of its days.
    """
    if use_case.exports.span == "hour":
        return None
    drift = use_case.drift
    trained = set(contents_trained_on(registry.live(use_case.models_folder)))
    pinned = set(drift.pinned_spans)
    spans = tuple(
        HistorySpan(
            span=version.span,
            days=version.days,
            trained=(version.span, version.digest) in trained,
            pinned=version.span in pinned,
            alarms=tuple((alarm.since, alarm.until) for alarm in version.open_alarms),
        )
        for version in _history(use_case, ledger, span)
    )
    if not spans:
        return None
    return CalibrationOrder(
        spans=spans,
        rate=rate,
        history=drift.history,
        calendar=drift.calendar,
        baselines=drift.baselines,
    )


def calibration_in_memory(
    use_case: UseCase, ledger: Ledger, span: str | None
) -> "tuple[int, Calibration, tuple[HistorySpan, ...]] | None":
    """The calibration that `run` would judge a span by; nothing is written.

    Args:
        use_case: The use case.
        ledger: Its ledger.
        span: The span; None: the one after all.

    Returns:
        Its number, 0 if `run` would have to make it; the calibration; the newest spans that it is made from,
        oldest first. None where there is nothing to make one from.

    Raises:
        DaysDamaged: A file of day summaries is damaged.
    """
    # numpy, pyarrow and scipy take longer than a run that has nothing to do.
    from perennial.drift.calibration_order import calibration_of, checked_calibration

    order = order_of(use_case, ledger, span, stated_rate(ledger))
    if order is None:
        return None
    known = ledger.calibrations.made_from(_history_digest(order))
    if known is not None:
        with suppress(CalibrationDamaged):
            file = calibration_file(use_case.root, known.number)
            return known.number, checked_calibration(file, known.digest), _newest(order)
    return 0, calibration_of(order), _newest(order)


class Calibrations:
    """The calibrations of one use case; those that are missing are made, filed and recorded."""

    def __init__(self, use_case: UseCase, ledger: Ledger, run_id: str, make: Maker) -> None:
        """Makes nothing yet.

        Args:
            use_case: The use case.
            ledger: Its ledger.
            run_id: The run, or `calibrate`.
            make: Makes a calibration.
        """
        self._use_case = use_case
        self._ledger = ledger
        self._run_id = run_id
        self._make = make

    def before(self, span: str | None) -> CalibrationRecord | None:
        """The calibration that judges a span; None where there is nothing to make one from.

        Args:
            span: The span; None: the one after all.

        Raises:
            PerennialError: It could not be made.
        """
        order = order_of(self._use_case, self._ledger, span, stated_rate(self._ledger))
        return None if order is None else self._record(order)

    def _record(self, order: CalibrationOrder) -> CalibrationRecord:
        """The record of the calibration of an order, which is made if it is missing."""
        history = _history_digest(order)
        known = self._ledger.calibrations.made_from(history)
        if known is not None and self._is_whole(known):
            return known
        number = self._next_number()
        outcome = self._make(order, calibration_file(self._use_case.root, number))
        # Killed before this, the file is one that nothing names: the next calibration has another number.
        record = CalibrationRecord(
            number=number,
            at=clock.stamp(clock.now()),
            run_id=self._run_id,
            history=history,
            rate=order.rate,
            **outcome.model_dump(),
        )
        self._ledger.calibrations.note(record)
        return record

    def given(self, span: str) -> str:
        """The JSON of the calibration that judges a span, as `SpanPlan` has it; empty where there is none."""
        order = order_of(self._use_case, self._ledger, span, stated_rate(self._ledger))
        if order is None:
            return ""
        record = self._record(order)
        file = calibration_file(self._use_case.root, record.number)
        spans = [each.model_dump(mode="json") for each in _newest(order)]
        return json.dumps(
            {"file": str(file), "digest": record.digest, "number": record.number, "spans": spans}
        )

    def history(self, span: str) -> tuple[HistorySpan, ...]:
        """The spans that the calibration of a span is made from, oldest first."""
        order = order_of(self._use_case, self._ledger, span, stated_rate(self._ledger))
        return order.spans if order else ()

    def _is_whole(self, record: CalibrationRecord) -> bool:
        file = calibration_file(self._use_case.root, record.number)
        return file.is_file() and file_digest(file) == record.digest

    def _next_number(self) -> int:
        """One that no file has, either: a judgement that was restored may name it."""
        files = calibration_files(self._use_case.root)
        return max(self._ledger.calibrations.next_number(), max(files, default=0) + 1)


def open_before(use_case: UseCase, ledger: Ledger, span: str) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Subject, first day and columns of each drift alarm of the span before that had not ended."""
    kind = use_case.exports.span
    former = next((version for version in in_use_before(ledger, kind, span) if version.calibration), None)
    for alarm in former.open_alarms if former else ():
        if not alarm.until:
            yield alarm.subject, alarm.since, alarm.columns


def _history(use_case: UseCase, ledger: Ledger, span: str | None) -> list[SpanVersion]:
    """The versions in use before a span whose days count, oldest first; those that are pinned in any case."""
    kind, pinned = use_case.exports.span, set(use_case.drift.pinned_spans)
    newest_first = [
        version
        for version in in_use_before(ledger, kind, span)
        if version.days and Path(version.days).is_dir()
    ]
    counted: list[SpanVersion] = []
    for place, version in enumerate(newest_first):
        if _reaches(version.span, newest_first[0].span, place, use_case) or version.span in pinned:
            counted.append(version)
    return counted[::-1]


def _newest(order: CalibrationOrder) -> tuple[HistorySpan, ...]:
    """The spans whose days an alarm's segment is looked for by: each has one at least."""
    return order.spans[-SEGMENT_DAYS:]


def _reaches(span: str, newest: str, place: int, use_case: UseCase) -> bool:
    """Whether a span may have days that lie within `drift.history` of the newest one."""
    most = use_case.drift.history // _DAY
    kind = use_case.exports.span
    first, last = first_moment(span, kind), first_moment(newest, kind)
    if first is None or last is None:
        return place < most  # a span has one day at least
    return (last - first).days <= most


def _history_digest(order: CalibrationOrder) -> str:
    """Digest of all that a calibration follows from; a folder counts by node, key and number, not by root."""
    plain = order.model_dump(mode="json")
    for each in plain["spans"]:
        each["days"] = Path(each["days"]).parts[-3:]
    return inputs.digest_of(order=plain, code=source_digest(_CODE))
