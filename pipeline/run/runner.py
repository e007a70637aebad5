"""One run of a use case: lock, clean-up, chain, verdict; a verdict is always written."""

import itertools
import shutil
import sqlite3
import time
import traceback
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Final

from perennial import clock, disk
from perennial.errors import Busy, ConfigError, PerennialError
from perennial.files import sweep_aside
from perennial.signals import Interrupted, StopSignals, stop_signals
from perennial.store import registry
from perennial.store.migration import migrate
from perennial.training.settings import CHECKPOINTS
from pipeline import config
from pipeline.config import UseCase
from pipeline.execution.process import ChainProcess
from pipeline.ping import Ping
from pipeline.plan import SchemaPlan
from pipeline.report.writer import PageWriter
from pipeline.run import busy, lock, waiting
from pipeline.run.context import Display, Processes, RunContext
from pipeline.run.curated_schema import import_schema
from pipeline.run.decision import Decision
from pipeline.run.ending import Ended, write_down
from pipeline.run.leftovers import sweep_leftovers
from pipeline.run.metrics_file import metrics_path, write_metrics
from pipeline.run.rebuild import rebuild_if_damaged
from pipeline.run.recovery import recover, sweep_metadata
from pipeline.run.retention.prune import prune_after_run
from pipeline.run.scope import NEWEST_SPANS, SpanScope
from pipeline.run.through import check_through
from pipeline.summary import Summary
from pipeline.triggers import Trigger
from pipeline.verdict import EXIT_CODES

_PROCESSES: Final = Processes(worker=ChainProcess, page=PageWriter)


def run(
    name: str,
    display: Display,
    fewer_rows_accepted: str = "",
    trigger: Trigger = "manual",
    scope: SpanScope = NEWEST_SPANS,
) -> Summary:
    """Reads new exports, retrains, evaluates, and pushes the candidate if it passes.

    Args:
        name: The use case.
        display: Shows the progress.
        fewer_rows_accepted: Why a person accepts many fewer training rows than those of the live version;
            empty: nobody does, and such a run ends DATA_BLOCKED.
        trigger: What starts the run.
        scope: Which spans are read.

    Returns:
        The summary, which is also in `runs/<run_id>/summary.json` (except for BUSY).

    Raises:
        UsageError: The use case, its config, its schema, the span or the URL to call is wrong; nothing was
            started.
    """
    try:
        use_case = config.load(name)
    except ConfigError:
        _write_metrics(None, display)
        raise
    if scope.through:
        check_through(use_case, scope.through)
    ping = Ping(use_case.schedule.ping_url_env, display.warn)
    if not lock.is_held(use_case.root / "lock"):
        ping.start()
    try:
        use_case.make_root()
        schema = import_schema(use_case)
        summary = run_use_case(use_case, schema, display, _PROCESSES, fewer_rows_accepted, trigger, scope)
    except (PerennialError, OSError, sqlite3.Error) as error:
        ping.end(1, f"NOT STARTED: {error}")
        raise
    # A run that found another one reports nothing: the other one will.
    if summary.verdict != "BUSY":
        ping.end(summary.exit_code, f"{summary.verdict}: {summary.reason}")
        _write_metrics(metrics_path(use_case), display)
    return summary


def _write_metrics(only: Path | None, display: Display) -> None:
    for problem in write_metrics(only):
        display.warn(problem)


def run_use_case(
    use_case: UseCase,
    schema: SchemaPlan,
    display: Display,
    processes: Processes,
    fewer_rows_accepted: str = "",
    trigger: Trigger = "manual",
    scope: SpanScope = NEWEST_SPANS,
) -> Summary:
    """Like `run`, for a loaded use case with a root folder, with the given processes."""
    began = time.monotonic()
    run_id = new_run_id(use_case.root / "runs")
    try:
        with lock.held(use_case.root / "lock", run_id) as held, stop_signals() as signals:
            restored = [rebuild_if_damaged(use_case), migrate(use_case.root / "ledger.db")]
            context = RunContext.compose(
                use_case,
                schema,
                run_id,
                held,
                processes,
                display,
                began,
                fewer_rows_accepted,
                trigger,
                scope,
            )
            summary = _Run(context, signals, restored).go()
            if problem := prune_after_run(use_case, run_id, scope):
                display.warn(problem)
            return summary
    except Busy as error:
        live = registry.live(use_case.models_folder)
        return Summary(
            use_case=use_case.name,
            run_id="",
            verdict="BUSY",
            exit_code=EXIT_CODES["BUSY"],
            reason=busy.reason(use_case.root / "ledger.db", error),
            seconds=time.monotonic() - began,
            live_version=live.number if live else None,
        )
    finally:
        display.close()


def new_run_id(runs: Path) -> str:
    """A new id: the time, and a number if that id exists, as after a change of the clock."""
    moment = clock.now().strftime("%Y%m%dT%H%M%S.%fZ")
    ids = itertools.chain([moment], (f"{moment}-{number}" for number in itertools.count(2)))
    return next(run_id for run_id in ids if not (runs / run_id).exists())


class _Run:
    """One run under the lock."""

    def __init__(self, context: RunContext, signals: StopSignals, restored: list[str]) -> None:
        """`restored`: sentences on what was done to the ledger, each empty if nothing was."""
        self._context = context
        self._signals = signals
        self._decision = Decision(context)
        self._sentences = restored

    def go(self) -> Summary:
        """Runs to a verdict, and records it."""
        context = self._context
        try:
            self._signals.catch()
            ended = self._attempt()
            self._signals.hold()
        except Interrupted as signal:
            ended = Ended("FAILED", f"The run was stopped by {signal}; the next run cleans up after it.")
            self._signals.hold()
        # From here on only SIGKILL can prevent that the verdict is written.
        context.chain.close()
        if ended.verdict != "FAILED":
            self._sentences.append(self._decision.calibrate_next())
        context.calibrator.close()
        full = disk.is_full(context.use_case.root)
        context.reserve.release()
        if ended.verdict == "FAILED":
            sweep_metadata(context.use_case)
            ended = self._failed(disk.blamed(ended.reason) if full else ended.reason)
        else:
            ended = Ended(ended.verdict, ended.reason, self._decision.pushed)
            # No training is to be gone on with.
            shutil.rmtree(context.use_case.root / CHECKPOINTS, ignore_errors=True)
        sentences = [*self._sentences, context.outputs.damage_sentence(), ended.reason]
        reason = " ".join(filter(None, sentences))
        return write_down(context, self._decision, Ended(ended.verdict, reason, ended.pushed))

    def _attempt(self) -> Ended:
        """Cleans up after the last run, and decides; an error gives a verdict, too."""
        try:
            self._make_ready()
            verdict, reason = self._decision.reach()
            return Ended(verdict, " ".join(filter(None, [reason, *self._decision.notes])))
        except PerennialError as error:
            return Ended("FAILED", str(error))
        except OSError as error:  # a folder that cannot be read or written, which a person can fix
            where = f"{error.filename}: " if error.filename else ""
            full = disk.reports_full_disk(str(error))
            reason = disk.blamed("") if full else f"{where}{error.strerror or type(error).__name__}."
            return Ended("FAILED", reason)
        except Exception as error:  # the edge of a run: its verdict is always written
            return Ended("FAILED", self._unexpected(error))

    def _make_ready(self) -> None:
        context = self._context
        if not context.reserve.is_kept:
            disk.expect_bytes(context.use_case.root, disk.RESERVE_BYTES)
        for name in ("runs", "schemas", "quarantine"):
            sweep_aside(context.use_case.root / name)
        sweep_leftovers(context.use_case.root)
        self._decision.notes.append(self._clock_problem())
        self._sentences.append(recover(context.use_case, context.ledger, context.outputs))
        self._sentences.append(waiting.settle(context.use_case, context.ledger))
        context.ledger.runs.begin(context.run_id, context.trigger)

    def _failed(self, reason: str) -> Ended:
        """FAILED, unless a version was published: then it is live, even if a later step failed."""
        published = self._decision.settle_published()
        if published is None:
            return Ended("FAILED", reason)
        reason = f"Version {published.number} was published. Then: {reason}"
        verdict, reason = self._decision.with_blocked("PUSHED", reason)
        return Ended(verdict, reason, published.number)

    def _unexpected(self, error: Exception) -> str:
        """Writes the traceback to the run's log; returns the reason."""
        self._context.reserve.release()
        if disk.reports_full_disk(str(error)):
            return disk.blamed("")
        log = self._context.log
        with suppress(OSError), log.open("a", encoding="utf-8") as file:
            traceback.print_exception(error, file=file)
        return f"Unexpected error: {type(error).__name__}. The traceback is in {log}."

    def _clock_problem(self) -> str:
        """A sentence if the last run ended after now; else empty."""
        last = next(iter(self._context.ledger.runs.last(1)), None)
        now = clock.now()
        if last is None or last["ended"] <= clock.stamp(now + timedelta(minutes=1)):
            return ""
        return (
            f"The clock shows {clock.stamp(now)}, but the last run ended {last['ended']}: the clock was"
            " changed. Spans that start after today wait."
        )
