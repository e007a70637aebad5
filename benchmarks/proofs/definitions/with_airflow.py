"""A real Airflow loads the DAGs, computes their times, and runs them: each exit code becomes a state."""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Final

from cronsim import CronSim

from benchmarks.proofs.definitions.airflow_home import AirflowHome
from benchmarks.proofs.definitions.checks import ToolCheck
from benchmarks.proofs.definitions.lines import LINES, START, random_lines
from benchmarks.proofs.definitions.subjects import ODD, SUBJECTS, printed
from perennial.errors import UsageError
from pipeline.verdict import EXIT_CODES

_IN_AIRFLOW: Final = Path(__file__).parent / "in_airflow.py"
_TIMES: Final = 50
_RETRY: Final = "retry: [1s, 1s]"
_RETRIED: Final = ["up_for_retry", "up_for_retry", "failed"]
# What a run ends with -> the states of the task.
STATES: Final[Mapping[str, list[str]]] = {
    **{verdict: ["failed"] for verdict in EXIT_CODES},
    **{"PUSHED": ["success"], "KEPT": ["success"], "NOTHING_NEW": ["skipped"], "BUSY": ["skipped"]},
    **{"FAILED": _RETRIED, "killed": _RETRIED, "wrong config": ["failed"]},
}
# Stands in for the program: ends as the file `ending` beside it says.
PROGRAM: Final = f"""
import json, os, pathlib, sys
ending = (pathlib.Path(__file__).parent / "ending").read_text()
codes = {dict(EXIT_CODES)}
if ending == "killed":
    os.kill(os.getpid(), 9)
if ending == "wrong config":
    print(json.dumps({{"error": "flights.yaml is wrong.", "remedy": "Fix it.", "exit_code": 2}}))
    sys.exit(2)
print("progress", file=sys.stderr)
print(json.dumps({{"verdict": ending, "reason": "A reason.", "exit_code": codes[ending]}}))
sys.exit(codes[ending])
"""


def checks(home: Path, airflow: AirflowHome) -> Iterator[ToolCheck]:
    """Loads all, compares times, and runs one DAG with each ending."""
    yield from _loaded(home, airflow)
    check = ToolCheck(
        airflow.version,
        "`dags test`: each verdict becomes the state that is meant (the program is a stand-in)",
    )
    base = home / ODD
    text = printed("airflow", "flights", "30 5 * * mon-fri", base, settings=_RETRY)
    for ending, expected in STATES.items():
        (base / "ending").write_text(ending, encoding="utf-8")
        states = airflow.test("perennial_flights", text)
        check.add(states.tasks == expected, f"{ending}: {states.tasks}, expected {expected}")
    yield check


def _loaded(home: Path, airflow: AirflowHome) -> Iterator[ToolCheck]:
    imported = ToolCheck(
        airflow.version,
        "loads the file as one DAG: `catchup` off, one run at a time, the retries of the config",
    )
    compared = ToolCheck(airflow.version, f"the next {_TIMES} times are cronsim's, in UTC")
    lines = _write(home / "dags", home / ODD)
    loaded = json.loads(
        airflow.python([_IN_AIRFLOW, home / "dags", f"{START}", str(_TIMES)]).splitlines()[-1]
    )
    for name, (use_case, line) in lines.items():
        dag = loaded[name]
        retries = {"flights": 3, "hourly_rain": 0}.get(use_case, 2)
        shape = [dag.get(key) for key in ("retries", "catchup", "max_active_runs")]
        imported.add(not dag["problem"] and shape == [retries, False, 1], f"{use_case} `{line}`: {dag}")
        expected = [f"{time}" for time in _with_start(line)]
        compared.add(dag.get("times") == expected, f"`{line}`")
    yield from (imported, compared)


def _with_start(line: str) -> list[datetime]:
    """As `earliest` of Airflow, the moment itself counts."""
    times = list(
        islice(
            CronSim(line, START.replace(year=START.year - 1, month=12, day=31, hour=23, minute=59)), _TIMES
        )
    )
    return times


def times(
    home: Path, airflow: AirflowHome, line: str, zone: str, after: datetime, count: int
) -> list[datetime]:
    """The first times of a line after a moment, in UTC without a zone; both are so."""
    folder = home / "clock"
    folder.mkdir(exist_ok=True)
    (folder / "dag.py").write_text(
        printed("airflow", "flights", line, home / ODD, zone=zone), encoding="utf-8"
    )
    loaded = json.loads(airflow.python([_IN_AIRFLOW, folder, f"{after}", str(count)]).splitlines()[-1])
    return [datetime.fromisoformat(time) for time in loaded["dag.py"]["times"]]


def _write(folder: Path, base: Path) -> dict[str, tuple[str, str]]:
    """Writes the DAGs that can be printed; file -> use case and line."""
    folder.mkdir(exist_ok=True)
    for file in folder.glob("*.py"):
        file.unlink()
    written = {}
    trials = [(name, line) for line in LINES for name in SUBJECTS] + [
        ("flights", line) for line in random_lines(50)
    ]
    for number, (name, line) in enumerate(trials):
        try:
            text = printed("airflow", name, line, base, zone="UTC")
        except UsageError:
            continue  # Airflow has no such times, which tests hold
        (folder / f"dag_{number}.py").write_text(text, encoding="utf-8")
        written[f"dag_{number}.py"] = (name, line)
    return written
