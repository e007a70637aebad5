"""Kills runs with SIGKILL in every node, month after month, and compares the end with undisturbed runs.

Usage: python -m benchmarks.kills --home DIR [--through 2013-02] [--times 2] [--seed 1]

Each node of the chain is hit `times` times a month, at its start or up to three seconds into it. Half of
the kills take the run alone, half its whole process tree. After each it is checked that the live version
loads and answers; at the end, that no execution is RUNNING, that nothing is left over, and that versions and
verdicts are those of undisturbed runs.
"""

import argparse
import json
import os
import random
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil

from pipeline import lock, registry
from pipeline.config import REPOSITORY
from pipeline.ledger import Ledger
from serving.engine import Engine

NODES = (
    "",  # before the first node
    "ArrowExampleGen",
    "SpanStatistics",
    "DataGate",
    "Window",
    "Transform",
    "Trainer",
    "Evaluator",
    "ServingProbe",
    "AtomicPusher",
)
DEEPEST = 3.0  # seconds


def main() -> int:
    """Runs both sequences and prints what was found as JSON; 0 if all held."""
    options = _options()
    chance = random.Random(options.seed)
    months = [f"2013-{month:02d}" for month in range(1, int(options.through[-2:]) + 1)]
    calm, rough = options.home / "undisturbed", options.home / "killed"
    moments: list[dict[str, Any]] = []
    for month in months:
        for home in (calm, rough):
            _command(home, "replay", "flights", "--through", month)
        _command(calm, "run", "flights")
        for node in (name for name in NODES for _ in range(options.times)):
            moments.append(_kill_once(rough, node, chance))
            print(month, json.dumps(moments[-1]), file=sys.stderr, flush=True)
        _command(rough, "run", "flights")
    found: dict[str, Any] = {
        "kills": len(moments),
        "verdicts": [_verdicts(calm), _verdicts(rough)],
        "versions": [_versions(calm), _versions(rough)],
        "running_executions": _running(rough),
        "leftovers": _leftovers(rough),
        "live_always_answered": all(moment["live_answered"] for moment in moments),
    }
    print(json.dumps(found, indent=2))
    same = all(found[key][0] == found[key][1] for key in ("verdicts", "versions"))
    whole = found["running_executions"] == 0 and not found["leftovers"] and found["live_always_answered"]
    return 0 if same and whole else 1


def _kill_once(home: Path, node: str, chance: random.Random) -> dict[str, Any]:
    """Starts a run, kills it in the node or before the first, and looks at what is live."""
    run = _start(home, "run", "flights")
    deep, tree = chance.choice((0.0, chance.uniform(0, DEEPEST))), chance.random() < 0.5
    _wait_for(run, node, home / "stderr.txt")
    over = _is_over(run, deep)
    victims = psutil.Process(run.pid).children(recursive=True) if tree and not over else []
    run.kill()
    for victim in victims:
        if victim.is_running():
            victim.kill()
    run.wait()
    while lock.is_held(home / "flights" / "lock"):
        time.sleep(0.05)
    where = "over before" if over else node or "the start"
    return {"at": where, "seconds_in": round(deep, 1), "tree": tree, "live_answered": _live_answers(home)}


def _wait_for(run: "subprocess.Popen[bytes]", node: str, said: Path) -> None:
    """Waits until the run says that it is at the node or a later one (what is done is not done again)."""
    awaited = NODES[NODES.index(node) :] if node else ()
    while awaited and not any(name in said.read_text() for name in awaited) and not _is_over(run, 0.01):
        pass


def _is_over(run: "subprocess.Popen[bytes]", seconds: float) -> bool:
    """Waits so long; says whether the run has ended."""
    try:
        run.wait(seconds)
    except subprocess.TimeoutExpired:
        return False
    return True


def _live_answers(home: Path) -> bool:
    """Whether what is live (if anything is) is whole, loads, and answers a row with a probability."""
    live = registry.live(home / "flights" / "models")
    if live is None:
        return True
    engine = Engine.load(live.folder)
    score = float(engine.score_rows([{}])[0])
    engine.close()
    return not live.damage() and 0 <= score <= 1


def _verdicts(home: Path) -> list[str]:
    """Verdicts in order, those apart that say that a run was interrupted or had nothing to do."""
    ledger = Ledger(home / "flights" / "ledger.db")
    runs = ledger.last_runs(1000)
    ledger.close()
    return [run["verdict"] for run in reversed(runs) if run["verdict"] in ("PUSHED", "KEPT")]


def _versions(home: Path) -> list[dict[str, Any]]:
    cards = [version.card or {} for version in registry.versions(home / "flights" / "models")]
    return [{"version": card["version"], "metrics": card["metrics"]} for card in cards]


def _running(home: Path) -> int:
    with sqlite3.connect(home / "flights" / "metadata.db") as database:
        return int(database.execute("SELECT COUNT(*) FROM Execution WHERE last_known_state=2").fetchone()[0])


def _leftovers(home: Path) -> list[str]:
    """Half-published versions, files written aside, and outputs of executions that did not end well."""
    root = home / "flights"
    with sqlite3.connect(root / "metadata.db") as database:
        rows = database.execute("SELECT id FROM Execution WHERE last_known_state IN (3, 5)")
        good = {str(row[0]) for row in rows}
    outputs = [
        path for path in root.glob("artifacts/*/*/*") if path.name.isdecimal() and path.name not in good
    ]
    return [str(path.relative_to(root)) for path in [*root.glob("models/.stage-*"), *outputs]]


def _start(home: Path, *arguments: str) -> "subprocess.Popen[bytes]":
    """Starts a command of the pipeline; what it says on standard error goes to `stderr.txt`."""
    home.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, str(REPOSITORY / "local_runner.py"), *arguments]
    environment = {**os.environ, "PERENNIAL_HOME": str(home)}
    with (home / "stderr.txt").open("w") as said:
        return subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=said)


def _command(home: Path, *arguments: str) -> None:
    _start(home, *arguments).wait()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--home", type=Path, required=True, help="folder for the two homes; empty")
    parser.add_argument("--through", default="2013-02", help="the last month")
    parser.add_argument("--times", type=int, default=2, help="kills of each node a month")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
