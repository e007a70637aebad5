"""Prints definitions for use cases and cron lines, and has each checked by the tool that it is for."""

import argparse
import shutil
import sys
from collections.abc import Iterable, Iterator, Sequence
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
from benchmarks.proofs.definitions.subjects import ODD, PLAIN, SUBJECTS, ZONE, make_installation

AIRFLOW: Final = WORK / "proof-definitions" / "airflow"
PARTS: Final = ("systemd", "cron", "kubernetes", "airflow", "real")
_HOW: Final = """Definitions of {subjects} use cases, in a folder with a plain name and in one called `{odd}`,
for cron lines with steps, ranges, names, `7` for Sunday, days and weekdays at once, and for random ones. A
line that a scheduler would take otherwise is refused by the program, and not counted here."""
_LINE: Final = "30 2 * * *"
_CLOCKS: Final = f"""## Where the clocks change
`{_LINE}` in {ZONE}, in local time. On 29 March there is no 02:30; on 25 October there are two.
`schedule` takes cronsim's.
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
    airflow = AirflowHome(options.airflow, options.home / "airflow")
    for check in _checks(options.home, airflow, parts):
        print(f"{check.tool}: {check.what}: {len(check.problems)} of {check.trials} wrong", file=sys.stderr)
        checks.append(check)
    how = _HOW.format(subjects=len(SUBJECTS), odd=ODD)
    clocks = [_CLOCKS, _clocks(options.home, airflow)]
    body = "\n".join([how, "", _table(checks), *_problems(checks), "", *clocks])
    good = all(check.trials and not check.problems for check in checks)
    return Outcome(body, good=good, whole=set(parts) == set(PARTS))


def _checks(home: Path, airflow: AirflowHome, parts: Sequence[str]) -> Iterator[ToolCheck]:
    if "systemd" in parts:
        yield from with_systemd.checks(home)
    if "cron" in parts:
        yield from with_cron.checks(home)
    if "kubernetes" in parts:
        yield from with_kubernetes.checks(home)
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


def _clocks(home: Path, airflow: AirflowHome) -> str:
    """The times of one line around both changes of the clock, by each that computes them."""
    rows = []
    for day in (datetime(2026, 3, 28), datetime(2026, 10, 24)):
        cron = islice(CronSim(_LINE, day.replace(tzinfo=timezone.utc).astimezone(ZoneInfo(ZONE))), 3)
        rows.append(f"| cronsim | {_local(cron)} |")
        rows.append(f"| systemd | {_local(map(_utc, with_systemd.times(_LINE, ZONE, day, 3)))} |")
        rows.append(
            f"| Airflow | {_local(map(_utc, with_airflow.times(home, airflow, _LINE, ZONE, day, 3)))} |"
        )
    return "\n".join(["| by | the next three times |", "|---|---|", *rows])


def _utc(time: datetime) -> datetime:
    return time.replace(tzinfo=timezone.utc)


def _local(times: Iterable[datetime]) -> str:
    return ", ".join(f"{each.astimezone(ZoneInfo(ZONE)):%d %b %H:%M %Z}" for each in times)
