"""Checks the environment, the home and each use case; lists problems and remedies; changes nothing."""

import importlib.metadata
import os
import sqlite3
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from perennial import clock, disk
from perennial.errors import PerennialError
from perennial.store import databases, registry
from perennial.store.ledger import Ledger
from perennial.store.span_version import SpanVersion
from perennial.text import plural, wrapped
from pipeline import config, export_folders, writable
from pipeline.backup.bring_back import ASIDE
from pipeline.config import UseCase
from pipeline.ledgers import opened
from pipeline.run import lock
from pipeline.run.in_use import newest_in_use
from pipeline.run.outputs import Outputs
from pipeline.run.recovery import metadata_problem
from pipeline.run.refusals import refusals

Finding = dict[str, str]
# How far the clock may be behind the newest entry before it counts as set back.
_CLOCK_TOLERANCE: Final = timedelta(minutes=1)
_NEXT_RUN_REMOVES: Final = "The next `run` removes it."


def doctor(migrated: Sequence[str] = ()) -> dict[str, Any]:
    """Checks the environment, the disk, and each use case; `migrated` is what --migrate did before.

    Returns:
        `facts` (what was checked, which runs hold a lock, what --migrate converted) and `findings` (each
        `where, problem, remedy`); no findings if there is no problem.
    """
    home = config.home()
    of_home = list(_home(home))
    findings = [*_environment(), *of_home]
    # Each use case runs into a problem of the home; it is listed once.
    listed = {finding["problem"] for finding in of_home}
    running = {}
    for name in config.use_case_names():
        try:
            use_case = config.load(name)
        except PerennialError as error:
            findings.append(_finding(name, error.problem, error.remedy))
            continue
        findings += [finding for finding in _use_case(use_case) if finding["problem"] not in listed]
        if lock.is_held(use_case.root / "lock"):
            running[name] = lock.holder(use_case.root / "lock")
    facts = {
        "python": sys.version.split()[0],
        "tfx": _installed("tfx"),
        "tensorflow": _installed("tensorflow"),
        "home": str(home),
        "use_cases": config.use_case_names(),
        "running": running,
        "migrated": list(migrated),
    }
    return {"facts": facts, "findings": findings}


def _finding(where: str, problem: str, remedy: str) -> Finding:
    return {"where": where, "problem": problem, "remedy": remedy}


def _installed(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _environment() -> Iterator[Finding]:
    if sys.version_info[:2] != (3, 10):
        yield _finding(
            "environment", f"Expected Python 3.10, got {sys.version.split()[0]}.", "Run `make setup`."
        )
    if _installed("tfx") is None:
        yield _finding("environment", "TFX is not installed.", "Run `make setup`, then use .venv/bin/python.")
    if not config.serving_python().is_file():
        yield _finding("environment", ".venv-serving does not exist.", "Run `make setup`.")


def _home(home: Path) -> Iterator[Finding]:
    try:
        writable.check_folder(home)
    except PerennialError as error:
        yield _finding("disk", error.problem, error.remedy)
    else:
        yield from _ours_alone(home, "disk") if home.is_dir() else ()
    if (home / ASIDE).exists():
        problem = f"A `restore` was interrupted, or is still running: {home / ASIDE}."
        yield _finding(
            "disk", problem, "If none is running, run it again with the same file, or remove this."
        )


def _ours_alone(folder: Path, where: str) -> Iterator[Finding]:
    """Whether a folder belongs to this user, and no other user can read it."""
    stat = folder.stat()
    if stat.st_mode & 0o077:
        yield _finding(where, f"Others can read {folder}.", f"Run `chmod 700 {folder}`.")
    if stat.st_uid != os.getuid():
        yield _finding(where, f"{folder} belongs to another user.", "Run as that user, or run `chown`.")


def _use_case(use_case: UseCase) -> list[Finding]:
    """The problems of a use case; a check that cannot be made is a finding, and the others are made."""
    findings: list[Finding] = []
    running = lock.is_held(use_case.root / "lock")
    checks: list[Callable[[UseCase, bool], Iterator[Finding]]] = [_refusals]
    if use_case.root.is_dir():
        checks += [_permissions, _lock, _versions, _metadata, _leftovers, _ledger]
    for check in checks:
        try:
            findings += check(use_case, running)
        except PerennialError as error:
            finding = _finding(use_case.name, error.problem, error.remedy)
            findings += [] if finding in findings else [finding]
        except (OSError, sqlite3.Error) as error:
            findings.append(_finding(use_case.name, f"Not all checks were made: {error}.", "Fix this first."))
    return findings


def _refusals(use_case: UseCase, _running: bool) -> Iterator[Finding]:
    """What the next `run` would refuse."""
    for error in refusals(use_case):
        yield _finding(use_case.name, error.problem, error.remedy)


def _permissions(use_case: UseCase, _running: bool) -> Iterator[Finding]:
    yield from _ours_alone(use_case.root, use_case.name)
    for path in (use_case.root, *sorted(use_case.root.iterdir())):
        if not os.access(path, os.R_OK | os.W_OK):
            problem = f"Cannot read and write {path}."
            yield _finding(use_case.name, problem, "Fix its permissions, or mount the disk writable.")


def _lock(use_case: UseCase, running: bool) -> Iterator[Finding]:
    """A run that has held the lock for longer than its deadline."""
    path = use_case.root / "lock"
    since = lock.since(path) if running else None
    if since and clock.now() - since > timedelta(seconds=use_case.run.deadline) + _CLOCK_TOLERANCE:
        problem = f"{lock.holder(path)}, longer than `run.deadline` ({use_case.run.deadline:,} s)."
        yield _finding(use_case.name, problem, "End that process; the next `run` cleans up after it.")


def _versions(use_case: UseCase, running: bool) -> Iterator[Finding]:
    versions = registry.versions(use_case.models_folder)
    if versions and (damage := versions[-1].damage()):
        repair = registry.repair(use_case.models_folder)
        yield _finding(use_case.name, f"{damage} It counts as absent.", repair)
    for version in versions[:-1]:
        if version.card is None:
            yield _finding(use_case.name, version.damage(), f"Remove {version.folder}; it is not in use.")
    if not running and any(use_case.models_folder.glob(".stage-*")):
        yield _finding(use_case.name, "A version was only partly published.", _NEXT_RUN_REMOVES)


def _metadata(use_case: UseCase, running: bool) -> Iterator[Finding]:
    database = use_case.root / "metadata.db"
    if problem := metadata_problem(database):
        remedy = "The next `run` sets it aside and reads every span again."
        yield _finding(use_case.name, f"{database} {problem}.", remedy)
    elif database.is_file() and not running:
        # Read without MLMD, whose import takes a third of a second. 1: NEW, 2: RUNNING.
        with closing(sqlite3.connect(database)) as connection:
            query = "SELECT COUNT(*) FROM Execution WHERE last_known_state IN (1, 2)"
            count = connection.execute(query).fetchone()[0]
        if count:
            are = "is" if count == 1 else "are"
            problem = f"{plural(count, 'execution')} {are} RUNNING in {database.name}, but no run is active."
            yield _finding(use_case.name, problem, "The next `run` marks what is RUNNING as FAILED.")


def _leftovers(use_case: UseCase, running: bool) -> Iterator[Finding]:
    root = use_case.root
    if aside := sorted(root.glob(databases.ASIDE)):
        size = sum(path.stat().st_size for top in aside for path in (top, *top.rglob("*")))
        problem = f"{size / (1 << 20):,.1f} MiB of damaged files are set aside: {root / databases.ASIDE}."
        yield _finding(use_case.name, problem, "Remove them when you no longer need them.")
    if not running and any(root.glob("artifacts/*/*/*/.parked")):
        problem = "Temporary rows of a span are left over, but no run is active."
        yield _finding(use_case.name, problem, "The next `run` removes them.")
    if left := sorted(use_case.exports_folder.glob(".replay-*")):
        problem = f"A `replay` was interrupted, or is still running: {left[0]}."
        yield _finding(use_case.name, problem, "Remove it if no `replay` is running.")


def _ledger(use_case: UseCase, running: bool) -> Iterator[Finding]:
    """Problems that only the ledger shows."""
    with opened(use_case, make=False) as ledger:
        yield from _runs(use_case, ledger, running)
        yield from _outputs(use_case, ledger)
        yield from _room(use_case, ledger, running)
        for alert in ledger.alerts.open():
            problem = f"{alert['kind']} since {alert['at']}: {alert['message']}"
            yield _finding(use_case.name, problem, f"Run `status {use_case.name}`.")


def _runs(use_case: UseCase, ledger: Ledger, running: bool) -> Iterator[Finding]:
    if not running and (dead := ledger.runs.interrupted()):
        problem = f"Run {dead[-1][0]} never ended, but no run is active."
        yield _finding(use_case.name, problem, "The next `run` cleans up after it.")
    newest = ledger.newest_record()
    if newest and clock.moment(newest) - clock.now() > _CLOCK_TOLERANCE:
        problem = f"The clock shows {clock.stamp(clock.now())}, but the ledger has an entry of {newest}."
        yield _finding(use_case.name, problem, "Set the clock: it was set back, or it was wrong before.")


def _outputs(use_case: UseCase, ledger: Ledger) -> Iterator[Finding]:
    """Whether the outputs of the spans in use, which the next run needs, are unchanged."""
    outputs = Outputs(use_case.root / "artifacts", ledger).read()
    for version in newest_in_use(ledger, use_case):
        # After MLMD's file was lost, no span is in use until it has been read again.
        uris = [uri for uri in (version.examples, version.statistics) if uri and version.judged_with]
        if not all(outputs.is_whole(uri) for uri in uris):
            problem = f"The output of span {version.span} is damaged or missing."
            yield _finding(
                use_case.name, problem, "The next `run` reads the span again if its export still exists."
            )
        if version.days_uri and not outputs.is_whole(version.days_uri):
            problem = f"The summaries of the days of span {version.span} are damaged or missing."
            remedy = "The next `run` with something new makes them again."
            yield _finding(use_case.name, problem, remedy)


def _room(use_case: UseCase, ledger: Ledger, running: bool) -> Iterator[Finding]:
    """Whether the disk has enough space for the next run."""
    exports = [each for each in export_folders.exports_of(use_case) if each.state == "complete"]
    window = set(use_case.window_bounds.newest([export.span for export in exports]))
    fresh = [
        sum(path.stat().st_size for path in export.files)
        for export in exports
        if export.span in window
        and not ((known := ledger.spans.current(export.span)) and (_is_read(known) or known.rejected))
    ]
    try:
        disk.expect_room(use_case.root, fresh, [])
    except PerennialError as error:
        if not running:
            yield _finding(use_case.name, error.problem, "Free disk space.")
    if not running and ledger.runs.last(1) and not disk.Reserve(use_case.root).is_kept:
        problem = "No disk space is reserved for the verdict of a run that fills the disk."
        yield _finding(use_case.name, problem, "Free disk space; the next `run` reserves it.")


def _is_read(version: SpanVersion) -> bool:
    """Whether a run does not read it, as its rows are there."""
    return bool(version.judged_with) and not version.pruned


def doctor_block(examination: dict[str, Any]) -> str:
    """The output of `doctor`, for a person."""
    facts = examination["facts"]
    versions = f"Python {facts['python']}, TFX {facts['tfx']}, TensorFlow {facts['tensorflow']}"
    lines = [f"{versions}; home {facts['home']}"]
    lines += [f"  {name}: {holder}." for name, holder in facts["running"].items()]
    lines += [wrapped(sentence) for sentence in facts["migrated"]]
    lines += [
        wrapped(f"{each['where']}: {each['problem']} {each['remedy']}") for each in examination["findings"]
    ]
    return "\n".join([*lines, "" if examination["findings"] else "No problems found."]).rstrip()
