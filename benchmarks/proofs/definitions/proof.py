"""Prints definitions for use cases and cron lines, and has each checked by the tool that it is for."""

import argparse
import shutil
import sys
from collections.abc import Iterator, Sequence
from datetime import datetime, timezone
from itertools import islice
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from cronsim import CronSim

from benchmarks.harness.page import Outcome
from benchmarks.harness.program import WORK, NotReady, add_home
from benchmarks.proofs.definitions import real_runs, with_airflow, with_cron, with_kubernetes, with_systemd
from benchmarks.proofs.definitions.airflow_home import AirflowHome
from benchmarks.proofs.definitions.checks import ToolCheck
from benchmarks.proofs.definitions.subjects import ODD, PLAIN, SUBJECTS, make_installation

AIRFLOW: Final = WORK / "proof-definitions" / "airflow"
PARTS: Final = ("systemd", "cron", "kubernetes", "airflow", "real")
_HOW: Final = """Definitions of {subjects} use cases, in a folder with a plain name and in one called `{odd}`,
for cron lines with steps, ranges, names, `7` for Sunday, days and weekdays at once, and for random ones. A
line that a scheduler would take otherwise is refused by the program, and not counted here."""
_CLOCKS: Final = """## Where the clocks change
`30 2 * * *` in Europe/Berlin, in local time. On 29 March there is no 02:30; on 25 October there are two.
cronsim is what `schedule` and Debian's cron do.
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Where Airflow is, and which parts are run."""
    add_home(parser, "proof-definitions/home")
    parser.add_argument("--airflow", type=Path, default=AIRFLOW, help="Airflow's environment")
    parser.add_argument("--only", choices=PARTS, action="append", help="run this part; may be repeated")


def run(options: argparse.Namespace) -> Outcome:
    """Makes all checks.

    Raises:
        NotReady: Airflow's environment is not there.
    """
    parts = options.only or PARTS
    if not (options.airflow / "bin" / "airflow").exists():
        raise NotReady(f"No Airflow in {options.airflow}. Run `make proof-definitions`, which installs it.")
    shutil.rmtree(options.home, ignore_errors=True)
    for name in (PLAIN, ODD):
        make_installation(options.home / name, Path(sys.executable), with_airflow.PROGRAM)
        (options.home / name / "ending").write_text("PUSHED", encoding="utf-8")
    checks = []
    for check in _checks(options.home, options.airflow, parts):
        print(f"{check.tool}: {check.what}: {len(check.problems)} of {check.trials} wrong", file=sys.stderr)
        checks.append(check)
    body = "\n".join(
        [
            _HOW.format(subjects=len(SUBJECTS), odd=ODD),
            "",
            _table(checks),
            *_problems(checks),
            "",
            _CLOCKS,
            _clocks(),
        ]
    )
    good = all(check.trials and not check.problems for check in checks)
    return Outcome(body, good=good, whole=set(parts) == set(PARTS))


def _checks(home: Path, environment: Path, parts: Sequence[str]) -> Iterator[ToolCheck]:
    if "systemd" in parts:
        yield from with_systemd.checks(home)
    if "cron" in parts:
        yield from with_cron.checks(home)
    if "kubernetes" in parts:
        yield from with_kubernetes.checks(home)
    if {"airflow", "real"} & set(parts):
        airflow = AirflowHome(environment, home / "airflow")
        if "airflow" in parts:
            yield from with_airflow.checks(home, airflow)
        if "real" in parts:
            yield real_runs.check(home, airflow)


def _table(checks: Sequence[ToolCheck]) -> str:
    rows = [f"| {each.tool} | {each.what} | {each.trials:,} | {len(each.problems)} |" for each in checks]
    return "\n".join(["| tool | checked | trials | wrong |", "|---|---|---:|---:|", *rows])


def _problems(checks: Sequence[ToolCheck]) -> list[str]:
    lines = [f"- {check.what}: {problem}" for check in checks for problem in check.problems[:10]]
    return ["", "Wrong, the first ten of each:", "", *lines] if lines else []


def _clocks() -> str:
    """The times of one line around both changes of the clock, by cronsim and by systemd."""
    rows = []
    for day in (datetime(2026, 3, 28), datetime(2026, 10, 24)):
        after = day.replace(tzinfo=timezone.utc)
        cron = islice(CronSim("30 2 * * *", after.astimezone(ZoneInfo("Europe/Berlin"))), 3)
        systemd = with_systemd.times("30 2 * * *", "Europe/Berlin", day, 3)
        local = [each.replace(tzinfo=timezone.utc).astimezone(ZoneInfo("Europe/Berlin")) for each in systemd]
        rows += [f"| cronsim | {_days(cron)} |", f"| systemd | {_days(local)} |"]
    return "\n".join(["| by | the next three times |", "|---|---|", *rows])


def _days(times: Iterator[datetime] | Sequence[datetime]) -> str:
    return ", ".join(f"{each:%d %b %H:%M %Z}" for each in times)
