"""The metrics file: what the ledgers say of all use cases, for node_exporter's textfile collector."""

import fcntl
import functools
import glob
import os
import re
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from perennial import clock
from perennial.disk import reports_full_disk
from perennial.errors import ConfigError, PerennialError
from perennial.files import sweep_aside, written_aside
from perennial.store.ledger import Ledger
from pipeline import config
from pipeline.config import UseCase
from pipeline.cron_times import next_time
from pipeline.finding_kinds import CANDIDATE_WAITS
from pipeline.freshness import CODES, freshness
from pipeline.run import metric_families as families
from pipeline.run.overdue import newest_span
from pipeline.schedule_section import ScheduleSection
from pipeline.span_periods import end_of
from pipeline.verdict import EXIT_CODES
from serving.observe.metrics import Family, MetricTable, text

DEFAULT: Final = "metrics.prom"
# A ledger that is locked for longer is left out of this file; the next one has it.
_PATIENCE: Final = 1.0  # seconds
_TRIES: Final = 40
_PAUSE: Final = 0.05  # seconds
_NAMED_FILE: Final = re.compile(r"""\bmetrics_file["']?\s*:\s*["']?([^\s"',}#]+)""")


def metrics_path(use_case: UseCase) -> Path:
    """The metrics file of a use case; a relative path in its config is one below the home."""
    return use_case.home / (use_case.schedule.metrics_file or DEFAULT)


def write_metrics(only: Path | None = None) -> list[str]:
    """Writes the metrics files of all use cases of the home; one file for all that name the same path.

    Call it after a run and after a tick. A broken config has `config_ok` 0 in the file that its text names.

    Args:
        only: The file to write; None: each of them.

    Returns:
        A sentence for each file that could not be written.
    """
    home = config.home()
    if not home.is_dir():  # nothing ran yet
        return []
    files: dict[Path, dict[str, UseCase | None]] = {}
    for name in config.use_case_names():
        use_case = _loaded(name, home)
        path = metrics_path(use_case) if use_case else _path_by_text(name, home)
        files.setdefault(path, {})[name] = use_case
    asked = {path: of for path, of in files.items() if only in (None, path)}
    try:
        with _alone(home):
            return [problem for path, of in asked.items() if (problem := _write(path, of))]
    except OSError as error:
        return [_unwritable(path, error) for path in asked]


def _loaded(name: str, home: Path) -> UseCase | None:
    """A use case; None where its config is broken. Read again only if the file has changed."""
    try:
        stat = (config.USE_CASES / f"{name}.yaml").stat()
        return _load(name, home, stat.st_mtime_ns, stat.st_size, stat.st_ino)
    except (ConfigError, OSError):
        return None


@functools.lru_cache(maxsize=256)
def _load(name: str, _home: Path, _modified: int, _size: int, _inode: int) -> UseCase:
    return config.load(name)


def _path_by_text(name: str, home: Path) -> Path:
    """The metrics file of a config that is not valid: what its text names, as far as that can be seen."""
    try:
        named = _NAMED_FILE.search((config.USE_CASES / f"{name}.yaml").read_text(errors="replace"))
    except OSError:
        named = None
    return home / (named[1] if named else DEFAULT)


@contextmanager
def _alone(home: Path) -> Iterator[None]:
    """Lets no other process write meanwhile: its newer figures would be replaced by ours.

    Raises:
        OSError: The home cannot be opened or locked; or another process writes for longer than any should.
    """
    descriptor = os.open(home, os.O_RDONLY | os.O_DIRECTORY)
    try:
        for _ in range(_TRIES - 1):
            with suppress(BlockingIOError):
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            time.sleep(_PAUSE)
        else:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(descriptor)


def _write(path: Path, use_cases: dict[str, UseCase | None]) -> str:
    """Writes one file; gives what went wrong, or ""."""
    now = clock.now()
    table = MetricTable(families.FAMILIES)
    for name, use_case in use_cases.items():
        _set(table, families.CONFIG_OK, name, use_case is not None)
        _set(table, families.WRITTEN, name, now)
        if use_case:
            _add(table, use_case, now)
    try:
        # What a killed writer left; no other one writes now.
        sweep_aside(path.parent, f".{glob.escape(path.name)}.*")
        with written_aside(path) as aside:
            aside.write_bytes(text(table))
            aside.chmod(0o644)  # whatever the umask: another user reads it
    except OSError as error:
        return _unwritable(path, error)
    return ""


def _unwritable(path: Path, error: OSError) -> str:
    if isinstance(error, BlockingIOError):
        return f"The metrics file {path} was not written: another process was writing for too long."
    cause = error.strerror or type(error).__name__
    remedy = "Make its folder, writable for this user, or name another file."
    if reports_full_disk(cause):
        remedy = "Free disk space; the next run or look writes it."
    return f"The metrics file {path} (`schedule.metrics_file`) cannot be written: {cause}. {remedy}"


def _set(table: MetricTable, family: Family, name: str, value: float | datetime | None, *labels: str) -> None:
    if value is not None:
        number = value.timestamp() if isinstance(value, datetime) else float(value)
        table.cell(family, name, *labels)[0] = number


def _add(table: MetricTable, use_case: UseCase, now: datetime) -> None:
    """Adds what the ledger says of a use case; a ledger that cannot be read leaves its metrics out."""
    try:
        # Not checked: that takes two milliseconds each, as long as all else.
        path = use_case.root / "ledger.db"
        path = path if path.exists() else Path(":memory:")
        with closing(Ledger(path, _PATIENCE, is_checked=False)) as ledger, ledger.snapshot():
            _add_runs(table, use_case.name, ledger)
            _add_spans(table, use_case, ledger, now)
            _add_schedule(table, use_case, ledger, now)
    except (PerennialError, sqlite3.Error, OSError):
        for family in families.FAMILIES:
            if family not in (families.CONFIG_OK, families.WRITTEN):
                cells = table.cells[family.name]
                for labels in [labels for labels in cells if labels[0] == use_case.name]:
                    del cells[labels]
        _set(table, families.OVERDUE, use_case.name, CODES["unknown"])


def _add_runs(table: MetricTable, name: str, ledger: Ledger) -> None:
    _set(table, families.LIVE_VERSION, name, ledger.figures.live_version())
    counts = ledger.figures.runs_by_verdict()
    for verdict in EXIT_CODES:
        # From 0 on, so that the first run of a verdict is an increase. A busy one is none of the ledger's.
        if verdict != "BUSY":
            _set(table, families.RUNS, name, counts.get(verdict, 0), verdict)
    success = ledger.figures.last_success()
    _set(table, families.LAST_SUCCESS, name, clock.moment(success) if success else None)
    for run in ledger.runs.last(1):
        ended = clock.moment(run["ended"])
        _set(table, families.LAST_RUN, name, ended)
        _set(table, families.EXIT_CODE, name, run["exit_code"])
        _set(table, families.DURATION, name, (ended - clock.moment(run["began"])).total_seconds())


def _add_spans(table: MetricTable, use_case: UseCase, ledger: Ledger, now: datetime) -> None:
    name, kind = use_case.name, use_case.exports.span
    newest, zone, expect = newest_span(ledger, kind), use_case.exports.zone, use_case.schedule.expect
    if newest:
        _set(table, families.NEWEST_SPAN, name, end_of(newest.span, kind, zone))
    if expect:
        _set(table, families.OVERDUE, name, CODES[freshness(expect, kind, zone, newest, now).state])
    if judged := ledger.figures.last_judged():
        _set(table, families.ROWS, name, judged.rows)
        _set(table, families.QUARANTINED, name, judged.quarantined)
    if calibration := ledger.calibrations.newest():
        _set(table, families.CALIBRATED, name, not calibration.needed)


def _add_schedule(table: MetricTable, use_case: UseCase, ledger: Ledger, now: datetime) -> None:
    name = use_case.name
    kinds = [alert["kind"] for alert in ledger.alerts.open()]
    for kind in kinds:
        _set(table, families.ALERTS, name, kinds.count(kind), kind)
    _set(table, families.CANDIDATE, name, CANDIDATE_WAITS in kinds)
    is_paused = ledger.figures.is_paused()
    _set(table, families.PAUSED, name, is_paused)
    _set(table, families.NEXT_TICK, name, None if is_paused else _next_tick(use_case.schedule, now))


def _next_tick(section: ScheduleSection, now: datetime) -> datetime | None:
    """When the schedule looks at the use case at the latest; None if it is not scheduled."""
    looks = now + timedelta(seconds=section.on_new_export) if section.on_new_export else None
    return min(filter(None, (looks, next_time(section, now))), default=None)
