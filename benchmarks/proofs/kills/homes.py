"""A run in a home, what kills it, and what lies in the home afterwards."""

import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import psutil

from benchmarks.harness.leftovers import leftovers_of
from benchmarks.harness.run_processes import CHAIN_PROCESS, NODES, PROBE, processes_of
from perennial import clock
from perennial.store import registry
from perennial.store.ledger import Ledger
from pipeline.config import REPOSITORY
from serving.model.engine import Engine

_COMPLETE, _RUNNING = 3, 2


def start(home: Path, *arguments: str, code: Path = REPOSITORY, now: str = "") -> "subprocess.Popen[bytes]":
    """Starts a command of the pipeline; its standard error goes to `stderr.txt`.

    Args:
        home: Its home.
        arguments: Its line.
        code: Folder of the code.
        now: The time that it takes for the present; "": that of the machine.
    """
    temporary = home / "system-tmp"
    temporary.mkdir(parents=True, exist_ok=True)
    line = [sys.executable, str(code / "local_runner.py"), *arguments]
    environment = {**os.environ, "PERENNIAL_HOME": str(home), "TMPDIR": str(temporary)}
    if now:
        environment[clock.VARIABLE] = now
    with (home / "stderr.txt").open("w") as log:
        return subprocess.Popen(line, env=environment, stdout=subprocess.DEVNULL, stderr=log)


def command(home: Path, *arguments: str, code: Path = REPOSITORY, now: str = "") -> int:
    """Runs a command of the pipeline to its end, as `start` does; gives its exit code."""
    return start(home, *arguments, code=code, now=now).wait()


def is_over(run: "subprocess.Popen[bytes]", seconds: float) -> bool:
    """Waits so long; whether the run has ended."""
    try:
        run.wait(seconds)
    except subprocess.TimeoutExpired:
        return False
    return True


def strike(run: "subprocess.Popen[bytes]", way: str, over: bool) -> None:
    """Ends a run, or a part of it, in one of the ways, and waits until the run is gone."""
    victims = [] if over else _beside(run.pid, way)
    if way in ("the run", "its tree") or not (victims or way == "SIGTERM"):
        run.kill()  # also where there is no such part yet
    elif way == "SIGTERM":
        run.send_signal(signal.SIGTERM)
    for victim in victims:
        try:
            victim.kill()
        except psutil.NoSuchProcess:
            continue
    run.wait()


def _beside(run: int, way: str) -> list[psutil.Process]:
    """The processes beside a run that a way of ending it kills."""
    if way == "its tree":
        return psutil.Process(run).children(recursive=True)
    module = {"the chain's process": CHAIN_PROCESS, "the probe": PROBE}.get(way)
    return processes_of(run, module) if module else []


def has_begun(home: Path, node: str) -> bool:
    """Whether the run's log names the node or a later one (what is done is not done again)."""
    log = (home / "stderr.txt").read_text()
    return any(name in log for name in NODES[NODES.index(node) :])


def newest_execution(home: Path) -> int:
    """Number of the newest execution in MLMD; 0 where there is none."""
    return int(_first_cell(home, "SELECT MAX(id) FROM Execution") or 0)


def has_ended(home: Path, node: str, before: int) -> bool:
    """Whether an execution of the node or of a later one, newer than `before`, has ended well."""
    names = " OR ".join(f"t.name LIKE '%{name}'" for name in NODES[NODES.index(node) :])
    question = (
        "SELECT COUNT(*) FROM Execution e JOIN Type t ON e.type_id = t.id"
        f" WHERE ({names}) AND e.id > {before} AND e.last_known_state = {_COMPLETE}"
    )
    return bool(_first_cell(home, question))


def _first_cell(home: Path, question: str) -> Any:
    database = home / "flights" / "metadata.db"
    try:
        connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=5)
        try:
            return connection.execute(question).fetchone()[0]
        finally:
            connection.close()
    except sqlite3.OperationalError:  # it is not there yet
        return None


def live_answers(home: Path) -> bool:
    """Whether what is live (if anything is) is whole, loads, and answers a row with a probability."""
    live = registry.live(home / "flights" / "models")
    if live is None:
        return True
    engine = Engine.load(live.folder)
    score = float(engine.score_rows([{}])[0])
    engine.close()
    return not live.damage() and 0 <= score <= 1


def state(home: Path) -> dict[str, Any]:
    """Verdicts of the runs that ended with a model, in order; and versions."""
    ledger = Ledger(home / "flights" / "ledger.db")
    runs = ledger.runs.last(10_000)
    ledger.close()
    cards = [version.card or {} for version in registry.versions(home / "flights" / "models")]
    return {
        "verdicts": [run["verdict"] for run in reversed(runs) if run["verdict"] in ("PUSHED", "KEPT")],
        "versions": [{"version": card["version"], "metrics": card["metrics"]} for card in cards],
    }


def running(home: Path) -> int:
    """How many of MLMD's executions are RUNNING."""
    return int(_first_cell(home, f"SELECT COUNT(*) FROM Execution WHERE last_known_state={_RUNNING}") or 0)


def leftovers(home: Path) -> list[str]:
    """What dead runs of flights left in a home: see `leftovers_of`; and temporary files of the system."""
    temporary = (home / "system-tmp").iterdir()
    return sorted([*leftovers_of(home / "flights"), *(str(path.relative_to(home)) for path in temporary)])


def copy(source: Path, target: Path) -> None:
    """Copies a home with its times, links and modes."""
    subprocess.run(["cp", "-a", str(source), str(target)], check=True)
