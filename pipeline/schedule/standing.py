"""Where the schedule of a use case stands: the facts of a decision, and what is recorded of it."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from perennial import clock
from perennial.store.ledger import Ledger
from pipeline.config import UseCase
from pipeline.cron_times import passed_times
from pipeline.ledgers import opened
from pipeline.run import lock, waiting
from pipeline.schedule.due import MISSED, SKIPPED, DueDecision, DueFacts, PastRun, Pause, decide
from pipeline.schedule_section import ScheduleSection
from pipeline.verdict import EXIT_CODES

# Enough for all retries in a row, and for the pauses since the last tick.
_NEWEST: Final = 50
# Keys of the table `schedule`.
_HANDLED: Final = "handled"
_CRON: Final = "cron"
_EXPORTS: Final = "exports"
_EXPORTS_OF_NEXT: Final = "exports of the next run"
_RUN_BEFORE_NEXT: Final = "run before the next"
_RUN: Final = "run"


def facts_of(use_case: UseCase, ledger: Ledger, exports: str | None) -> DueFacts:
    """The facts of a decision, now.

    Args:
        use_case: Whose.
        ledger: Its ledger.
        exports: Digest of what lies in its exports folder; None: it was not looked at.
    """
    stored = ledger.ticks.remembered()
    handled = _handled(use_case.schedule, stored)
    # The lock first: a run that ends between the two has ended then.
    has_lock = lock.is_held(use_case.root / "lock")
    rows = ledger.runs.newest(_NEWEST)
    ids = [row["run_id"] for row in rows]
    accepted = ledger.spans.alarm_accepted()
    return DueFacts(
        now=clock.now(),
        handled=handled,
        outcomes=ledger.ticks.outcomes(handled),
        runs=tuple(map(_past_run, rows)),
        unrecorded=ids.index(stored[_RUN]) if stored.get(_RUN) in ids else len(ids),
        has_lock=has_lock,
        pauses=tuple(
            Pause(clock.moment(began), clock.moment(ended) if ended else None)
            for began, ended in ledger.ticks.pauses(_NEWEST)
        ),
        exports=exports,
        exports_before=_exports_before(stored, rows),
        pushable_from=waiting.pushable_from(use_case, ledger, clock.now()),
        accepted_alarm=clock.moment(accepted) if accepted else None,
    )


def _exports_before(stored: Mapping[str, str], rows: Sequence[Mapping[str, str | None]]) -> str:
    """Digest of what lay in the exports folder when the last scheduled run began; "" if there was none."""
    ids = [row["run_id"] for row in rows]
    before = stored.get(_RUN_BEFORE_NEXT)
    newer = rows[: ids.index(before)] if before in ids else rows
    has_begun = _EXPORTS_OF_NEXT in stored and any(_past_run(row).is_scheduled for row in newer)
    return stored[_EXPORTS_OF_NEXT] if has_begun else stored.get(_EXPORTS, "")


def _past_run(row: Mapping[str, str | None]) -> PastRun:
    ended = row["ended"]
    return PastRun(
        clock.moment(row["began"] or ""),
        clock.moment(ended) if ended else None,
        row["verdict"] or "",
        row["trigger"] or "",
    )


def _handled(section: ScheduleSection, stored: Mapping[str, str]) -> datetime | None:
    """Up to when times of this cron line are settled; None for a line that was not seen before."""
    known = stored.get(_CRON) == _line(section)
    return clock.moment(stored[_HANDLED]) if known and _HANDLED in stored else None


def _line(section: ScheduleSection) -> str:
    return f"{section.cron or ''} {section.timezone}"


def record_look(use_case: UseCase, ledger: Ledger, decision: DueDecision) -> None:
    """Records what a decision says of ticks; a look that changes nothing writes nothing."""
    ledger.ticks.record(decision.outcomes)
    if decision.handled is not None:
        _remember_handled(use_case, ledger, decision.handled)


def record_start(ledger: Ledger, exports: str) -> None:
    """Records what lies in the exports folder just before a run starts.

    It counts once that run is in the ledger, however it ends; one that never begins has read nothing.
    """
    stored, rows = ledger.ticks.remembered(), ledger.runs.newest(_NEWEST)
    ledger.ticks.remember(
        {
            _EXPORTS: _exports_before(stored, rows),
            _EXPORTS_OF_NEXT: exports,
            _RUN_BEFORE_NEXT: rows[0]["run_id"] if rows else "",
        }
    )


def record_run(
    use_case: UseCase, ledger: Ledger, decision: DueDecision, decided: datetime, exit_code: int
) -> None:
    """Records that the run, or the runs, of a decision ended; times that passed meanwhile are skipped.

    Args:
        use_case: Whose.
        ledger: Its ledger.
        decision: With the trigger.
        decided: When it was made.
        exit_code: The code of the last run.
    """
    meanwhile = passed_times(use_case.schedule, decided, clock.now())
    busy = exit_code == EXIT_CODES["BUSY"]  # another run was quicker: it is as if it had been seen
    if decision.tick is not None:
        ledger.ticks.record({decision.tick: SKIPPED if busy else str(decision.trigger)})
    ledger.ticks.record(dict.fromkeys(meanwhile, SKIPPED))
    if handled := meanwhile[-1] if meanwhile else decision.handled_by_run:
        _remember_handled(use_case, ledger, handled)
    _remember_run(ledger)


def _remember_handled(use_case: UseCase, ledger: Ledger, handled: datetime) -> None:
    ledger.ticks.remember({_CRON: _line(use_case.schedule), _HANDLED: clock.stamp(handled)})
    _remember_run(ledger)


def _remember_run(ledger: Ledger) -> None:
    newest = ledger.runs.newest(1)
    ledger.ticks.remember({_RUN: newest[0]["run_id"] if newest else ""})


def lock_path(home: Path) -> Path:
    """The lock of the one schedule of a home."""
    return home / "schedule.lock"


def daemon_standing(home: Path) -> dict[str, Any] | None:
    """Process and begin of the schedule that runs for a home: `pid`, `since`; None where none does."""
    path = lock_path(home)
    try:
        if not lock.is_held(path):
            return None
        content = json.loads(path.read_text(encoding="utf-8"))
        return {"pid": int(content["pid"]), "since": str(content["since"])}
    except (OSError, ValueError, KeyError, TypeError):
        return {"pid": None, "since": None}


def schedule_standing(use_case: UseCase) -> dict[str, Any] | None:
    """Where the schedule of a use case stands, as `status --json` has it; None where it has none.

    `next` is the next time of cron or of a retry, `last` the begin of the last run that it started, each None
    where there is none; `missed`, `skipped` count ticks among the newest 1,000; `on_new_export` is seconds.

    Raises:
        LedgerDamaged: The ledger is damaged.
    """
    section = use_case.schedule
    with opened(use_case, make=False) as ledger:
        paused = ledger.ticks.paused()
        if not section.is_scheduled and paused is None:
            return None
        counts = ledger.ticks.counts()
        decision = decide(section, facts_of(use_case, ledger, None))
        last = next((run for run in ledger.runs.newest(_NEWEST) if _past_run(run).is_scheduled), None)
    due = clock.now() if decision.trigger else decision.next
    return {
        "daemon": daemon_standing(use_case.home),
        "next": clock.stamp(due) if due else None,
        "last": last["began"] if last else None,
        "missed": counts.get(MISSED, 0),
        "skipped": counts.get(SKIPPED, 0),
        "paused": paused,
        "timezone": section.timezone,
        "cron": section.cron,
        "on_new_export": section.on_new_export,
    }
