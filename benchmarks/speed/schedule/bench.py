"""Measures what the schedule costs while nothing is due: CPU and memory with 1 and 50 use cases.

Each use case has a cron line, looks for new exports every minute, and has two years of monthly spans on disk.
"""

import argparse
import json
import subprocess
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import psutil

from benchmarks.harness.code_copy import CodeCopy
from benchmarks.harness.page import Outcome
from benchmarks.harness.resume import StepFailed
from benchmarks.harness.table import table
from perennial import clock
from perennial.store.ledger import Ledger
from pipeline import config
from pipeline.config import REPOSITORY, UseCase
from pipeline.schedule.due import DueDecision
from pipeline.schedule.export_snapshot import snapshot
from pipeline.schedule.standing import record_run, record_start

COUNTS: Final = (1, 50)
GOAL: Final = 0.01
_SETTLED: Final = 5.0  # seconds after which all have been looked at
_SCHEDULE: Final = "schedule: {cron: '30 5 1 1 *', on_new_export: 1m}\n"
_SPANS: Final = tuple(f"{year}-{month:02}" for year in (2013, 2014) for month in range(1, 13))
_HOW: Final = """\
`schedule` while nothing is due: CPU time of the process over {seconds:.0f} s, as a share of one core, and its
resident memory (USS: without the pages that it shares). Each use case has a cron line, looks for new exports
every minute, and has {spans} complete monthly spans on disk. `schedule --once` is one round in which nothing
is due, from the command to its end."""


@dataclass(frozen=True)
class Idle:
    """What the schedule of some use cases costs.

    Attributes:
        use_cases: How many there are.
        share: CPU time of the idle process, as a share of one core.
        rss: Its resident memory, MB.
        uss: The part of that which it shares with no process, MB.
        once: Seconds of one round in which nothing is due.
    """

    use_cases: int
    share: float
    rss: float
    uss: float
    once: float


def arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the options of the benchmark."""
    parser.add_argument("--seconds", type=float, default=180.0, help="how long each is measured")


def run(options: argparse.Namespace) -> Outcome:
    """Measures; good if 50 use cases cost under one percent of a core."""
    with TemporaryDirectory(prefix="bench-schedule-") as folder:
        measured = [_measured(Path(folder) / str(count), count, options.seconds) for count in COUNTS]
    return Outcome(page(measured, options.seconds), good=all(each.share < GOAL for each in measured))


def page(measured: Sequence[Idle], seconds: float) -> str:
    """The page below its title."""
    head = ("use cases", "CPU, share of a core", "RSS MB", "USS MB", "`schedule --once` s")
    rows = [
        (str(each.use_cases), f"{each.share:.2%}", f"{each.rss:.0f}", f"{each.uss:.0f}", f"{each.once:.2f}")
        for each in measured
    ]
    goal = f"Goal: under {GOAL:.0%} of a core."
    return f"{_HOW.format(seconds=seconds, spans=len(_SPANS))}\n\n{table(head, rows)}\n\n{goal}"


def _measured(folder: Path, count: int, seconds: float) -> Idle:
    copy = CodeCopy(folder / "code", folder / "home")
    copy.renew()
    text = (REPOSITORY / "pipeline/use_cases/flights.yaml").read_text(encoding="utf-8")
    (copy.code / "pipeline/use_cases/flights.yaml").unlink()
    for number in range(count):
        _settle(copy, f"case{number}", f"{text}\n{_SCHEDULE}")
    daemon = subprocess.Popen(
        copy.line("schedule"), env=copy.environment(), stderr=subprocess.PIPE, stdout=subprocess.DEVNULL
    )
    try:
        time.sleep(_SETTLED)
        process = psutil.Process(daemon.pid)
        before = process.cpu_times()
        time.sleep(seconds)
        after, memory = process.cpu_times(), process.memory_full_info()
    except psutil.Error as error:
        raise StepFailed("The schedule ended by itself.") from error
    finally:
        daemon.terminate()
        _, errors = daemon.communicate()
    if b"run begins" in errors:
        raise StepFailed(f"A run began, so it was not idle:\n{errors.decode(errors='replace')}")
    cpu = after.user + after.system - before.user - before.system
    began = time.monotonic()
    answer = copy.run_json("schedule", "--once")
    once = time.monotonic() - began
    if any(each["trigger"] for each in answer["use_cases"]):
        raise StepFailed(f"A round was not idle: {json.dumps(answer)}")
    return Idle(count, max(cpu, 0.0) / seconds, memory.rss / 1e6, memory.uss / 1e6, once)


def _settle(copy: CodeCopy, name: str, yaml: str) -> None:
    """A use case that has run, and for which nothing is due."""
    (copy.code / f"pipeline/use_cases/{name}.yaml").write_text(yaml, encoding="utf-8")
    use_case: UseCase = config.parse(yaml, name=name, home=copy.home, source=f"{name}.yaml")
    use_case.make_root()
    for span in _SPANS:
        (use_case.exports_folder / span).mkdir(parents=True)
        (use_case.exports_folder / span / "part.csv").write_text("a\n")
        (use_case.exports_folder / span / "_SUCCESS").touch()
    with closing(Ledger(use_case.root / "ledger.db")) as ledger:
        record_start(ledger, snapshot(use_case))
        ledger.runs.begin("a run", "cron")
        ledger.runs.end("a run", "KEPT", 0, "", "")
        record_run(use_case, ledger, DueDecision(None, ""), clock.now(), 0)
