"""One use case that the schedule looks at, again and again: its configuration, its ledger, its exports."""

import sqlite3
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from perennial import clock
from perennial.errors import ConfigError, ExportsUnreadable, PerennialError
from perennial.store.ledger import Ledger
from pipeline import config
from pipeline.config import UseCase
from pipeline.ledgers import opened
from pipeline.run.schedule_alerts import close_config_alert, open_config_alert, open_no_start
from pipeline.schedule.due import DueDecision, decide
from pipeline.schedule.export_snapshot import ExportsWatch
from pipeline.schedule.standing import facts_of, record_look, record_run, record_start
from pipeline.schedule.waiting_spans import spans_to_read_through

_GONE: Final = (0, 0, 0)
# Exit codes of a run that may have ended before the ledger had it: an error or a signal; a wrong schema.
_MAY_NOT_HAVE_BEGUN: Final = (1, 2)
# Seconds until a run that could not start is tried again, where `schedule.retry` has none.
_WITHOUT_RETRY: Final = (3600.0,)


@dataclass(frozen=True)
class ScheduleLook:
    """What one look at a use case shows.

    Attributes:
        name: The use case.
        use_case: Its settings; None where they are broken.
        decision: What to do; None where that cannot be decided, or nothing is scheduled.
        through: The spans for `run --through`, one run each; empty: one run of all.
        at: When it was made.
        newest_run: Id of the newest run; empty if there is none.
        problem: What is wrong, a sentence; empty if nothing is.
        remedy: What to do about it.
        exit_code: The exit code of the problem; 0 without one.
    """

    name: str
    use_case: UseCase | None = None
    decision: DueDecision | None = None
    through: tuple[str, ...] = ()
    at: datetime = field(default_factory=clock.now)
    newest_run: str = ""
    problem: str = ""
    remedy: str = ""
    exit_code: int = 0


class Watched:
    """A use case, with what was seen of it at the last look."""

    def __init__(self, name: str) -> None:
        """Looks at nothing yet."""
        self.name = name
        self._yaml = config.USE_CASES / f"{name}.yaml"
        self._stat: tuple[int, int, int] | None = None
        self._use_case: UseCase | None = None
        self._broken: PerennialError | None = None
        self._exports = ExportsWatch()
        self._exports_seen: datetime | None = None
        self._last: ScheduleLook | None = None
        self._at: datetime | None = None
        self._ledger_stat = _GONE
        self._no_starts: list[datetime] = []

    def settings(self) -> UseCase | None:
        """Its settings as the file has them now; None where they are broken.

        The file is read again only if it has changed.
        """
        stat = _stat(self._yaml)
        if stat != self._stat:
            self._stat = stat
            self._broken = self._use_case = None
            try:
                self._use_case = config.load(self.name)
            except PerennialError as error:
                self._broken = error
            except OSError as error:
                self._broken = ConfigError(f"{self._yaml.name}: {error.strerror}.", "Make it readable.")
        return self._use_case

    @property
    def broken(self) -> PerennialError | None:
        """Why the settings cannot be read; None if they can."""
        return None if self.settings() else self._broken

    @property
    def is_scheduled(self) -> bool:
        """Whether the schedule runs it; broken settings may say so."""
        use_case = self.settings()
        return use_case is None or use_case.schedule.is_scheduled

    def wakes_at(self) -> datetime | None:
        """The next moment at which a look may show something new, other than by a change of a file."""
        decision = self._last.decision if self._last else None
        moments = [decision.next if decision else None, self._exports_due()]
        return min((moment for moment in moments if moment), default=None)

    def needs_look(self) -> bool:
        """Whether a look may show another thing than the last one did."""
        now, last, before = clock.now(), self._last, self._at
        if last is None or before is None or last.problem or _stat(self._yaml) != self._stat:
            return True
        wakes = self.wakes_at()
        if now < before or (wakes is not None and wakes <= now):
            return True
        # While a run is in progress, its end may leave no trace: it may be killed.
        in_progress = last.decision is not None and last.decision.has_lock
        return in_progress or self._stat_of_ledger() != self._ledger_stat

    def look(self) -> ScheduleLook:
        """Looks at the use case, and records the ticks that passed without a run."""
        try:
            self._last = self._looked()
        except PerennialError as error:
            self._last = self._failed(error.problem, error.remedy, error.exit_code)
        except (OSError, sqlite3.Error) as error:
            where = f"{error.filename}: " if isinstance(error, OSError) and error.filename else ""
            text = error.strerror if isinstance(error, OSError) else error
            self._last = self._failed(f"{where}{text}.", "Fix this; the schedule looks again.", 1)
        self._at = clock.now()
        self._ledger_stat = self._stat_of_ledger()
        return self._last

    def may_start(self) -> bool:
        """Whether a run that had to wait for others may still start; if not, a look is needed."""
        use_case = self.settings()
        may_start = use_case is not None and self._is_free(use_case)
        if not may_start:
            self._last = None
        return may_start

    def _is_free(self, use_case: UseCase) -> bool:
        """Whether nobody pauses or runs it, as far as that can be read."""
        try:
            with opened(use_case, make=False) as ledger:
                facts = facts_of(use_case, ledger, None)
        except (PerennialError, OSError, sqlite3.Error):
            return False
        return not facts.is_paused and not facts.has_lock

    def settle(self, look: ScheduleLook, exit_code: int, runs: int = 1, reason: str = "") -> str:
        """Records that the runs of a look ended; gives what went wrong, or "".

        If the last one ended before the ledger had it, such as by a broken schema, nothing is settled: the
        look is made again after the waits of `schedule.retry`, the last of them repeated.

        Args:
            look: The look.
            exit_code: That of the last run.
            runs: How many runs it started.
            reason: Why the last one ended so.
        """
        use_case, decision = look.use_case, look.decision
        if use_case is None or decision is None:
            return ""
        try:
            with opened(use_case) as ledger:
                begun = ledger.runs.count_after(look.newest_run, str(decision.trigger))
                if exit_code in _MAY_NOT_HAVE_BEGUN and begun < runs:
                    self._no_starts.append(clock.now())
                    self._last = None
                    open_no_start(ledger, reason)
                else:
                    self._no_starts.clear()
                    record_run(use_case, ledger, decision, look.at, exit_code)
        except (PerennialError, OSError, sqlite3.Error) as error:
            return f"The run could not be recorded: {error}"
        return ""

    def _failed(self, problem: str, remedy: str, exit_code: int) -> ScheduleLook:
        return ScheduleLook(self.name, self._use_case, problem=problem, remedy=remedy, exit_code=exit_code)

    def _looked(self) -> ScheduleLook:
        use_case = self.settings()
        if use_case is None:
            error = self._broken or ConfigError(f"{self._yaml.name} cannot be read.", "Fix it.")
            open_config_alert(self.name, error.problem)
            return self._failed(error.problem, error.remedy, error.exit_code)
        if not use_case.schedule.is_scheduled:
            return ScheduleLook(self.name, use_case)
        exports, problem = self._see_exports(use_case)
        with opened(use_case) as ledger:
            close_config_alert(ledger)
            facts = facts_of(use_case, ledger, exports)
            decision, at = decide(use_case.schedule, facts), facts.now
            record_look(use_case, ledger, decision)
            decision = self._held_off(use_case, decision)
            newest = [run["run_id"] for run in ledger.runs.newest(1)]
            through = _through(use_case, ledger, decision)
            if decision.trigger and use_case.schedule.on_new_export:
                exports, problem = self._digest(use_case)
                if exports is not None:
                    record_start(ledger, exports)
        look = ScheduleLook(self.name, use_case, decision, through, at, "".join(newest))
        if problem is None:
            return look
        # The run itself ends FAILED of this, if one is due.
        return replace(look, problem=problem.problem, remedy=problem.remedy, exit_code=1)

    def _held_off(self, use_case: UseCase, decision: DueDecision) -> DueDecision:
        """The decision; without its trigger as long as a run that could not start is not tried again."""
        if not decision.trigger or not self._no_starts:
            return decision
        waits = use_case.schedule.retry or _WITHOUT_RETRY
        tried, now = self._no_starts[-1], clock.now()
        again = tried + timedelta(seconds=waits[min(len(self._no_starts), len(waits)) - 1])
        if not tried <= now < again:
            return decision
        moments = [again, decision.next] if decision.next else [again]
        return replace(decision, trigger=None, why="The last run could not start.", next=min(moments))

    def _see_exports(self, use_case: UseCase) -> tuple[str | None, ExportsUnreadable | None]:
        """The digest of the exports folder if it is time to look at it again, or what is wrong with it."""
        due = self._exports_due()
        if not use_case.schedule.on_new_export or (due is not None and clock.now() < due):
            return None, None
        self._exports_seen = clock.now()
        return self._digest(use_case)

    def _digest(self, use_case: UseCase) -> tuple[str | None, ExportsUnreadable | None]:
        try:
            return self._exports.digest(use_case), None
        except ExportsUnreadable as error:
            return None, error

    def _exports_due(self) -> datetime | None:
        """When the exports folder is looked at next; None: it never was, or never will be."""
        every = self._use_case.schedule.on_new_export if self._use_case else None
        if not every or self._exports_seen is None or clock.now() < self._exports_seen:
            return None
        return self._exports_seen + timedelta(seconds=every)

    def _stat_of_ledger(self) -> tuple[int, int, int]:
        return _stat(self._use_case.root / "ledger.db") if self._use_case else _GONE


def _through(use_case: UseCase, ledger: Ledger, decision: DueDecision) -> tuple[str, ...]:
    """The spans of a decision that get a run each; empty: one run of all."""
    if not decision.trigger or not decision.each_span:
        return ()
    try:
        return tuple(spans_to_read_through(use_case, ledger))
    except ExportsUnreadable:
        return ()


def _stat(path: Path) -> tuple[int, int, int]:
    """By what a change of a file is seen; zeros for one that is not there."""
    try:
        stat = path.stat()
    except OSError:
        return _GONE
    return stat.st_mtime_ns, stat.st_size, stat.st_ino
