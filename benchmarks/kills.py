"""Kills runs at every node's start and end and at random moments; compares the end with undisturbed runs.

Usage: python -m benchmarks.kills --home DIR [--through 2013-03] [--random 40] [--seed 1]

Month after month: first at moments drawn uniformly over the length of an undisturbed run, each on the home as
it was before the month, then run to its end; then at each node's start and end, one after another on the same
home. SIGKILL hits the run, its tree, the chain's process alone, or the probe alone; SIGTERM hits the run.
After each it is checked that the live version loads and answers; at each end that versions and verdicts are
those of the undisturbed run, no execution is RUNNING, and nothing is left over.

Stopped, it goes on where it was when it is started again with the same code; see `DIR/done.json`.
"""

import argparse
import json
import os
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import psutil

from benchmarks.code import code_digest
from perennial.files import read_json, write_json
from perennial.store import registry
from perennial.store.ledger import Ledger
from pipeline.config import REPOSITORY
from pipeline.run import lock
from serving.model.engine import Engine

NODES = (
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
WAYS = ("the run", "its tree", "the chain's process", "SIGTERM")
_COMPLETE, _RUNNING, _CACHED = 3, 2, 5
_ASIDE = re.compile(r"\..+\.[0-9a-f]{32}")
_LOOK = 0.001  # seconds between two looks


class Proof:
    """The two homes, and what was found up to now."""

    def __init__(self, folder: Path, seed: int) -> None:
        """Takes up what an earlier process had found."""
        self.folder, self.seed = folder, seed
        self.calm, self.rough = folder / "undisturbed", folder / "killed"
        self._file = folder / "done.json"
        folder.mkdir(parents=True, exist_ok=True)
        self.done: dict[str, Any] = read_json(self._file) if self._file.is_file() else {}
        if self.done.get("code") != {"digest": code_digest()}:
            shutil.rmtree(folder)
            folder.mkdir()
            self.done = {"code": {"digest": code_digest()}}

    def once(self, key: str, work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """Does a piece of work unless it was done before; notes and prints what it came to."""
        if key not in self.done:
            self.done[key] = work()
            write_json(self._file, self.done)
            print(key, json.dumps(self.done[key]), file=sys.stderr, flush=True)
        return dict(self.done[key])

    def chance(self, key: str) -> random.Random:
        """Chance that is the same each time for a piece of work."""
        return random.Random(f"{self.seed} {key}")

    # One month

    def undisturbed(self, month: str) -> dict[str, Any]:
        """Lets the month land in both homes and runs the undisturbed one; tells how that ended, and when."""
        for home in (self.calm, self.rough):
            command(home, "replay", "flights", "--through", month)
        snapshot = self.folder / "before"
        shutil.rmtree(snapshot, ignore_errors=True)
        _copy(self.rough, snapshot)
        began = time.monotonic()
        command(self.calm, "run", "flights")
        return {**state(self.calm), "seconds": round(time.monotonic() - began, 1)}

    def restore(self) -> dict[str, Any]:
        """Makes the home of the killed runs what it was before the month."""
        shutil.rmtree(self.rough, ignore_errors=True)
        _copy(self.folder / "before", self.rough)
        return {}

    def at_random(self, key: str, calm: dict[str, Any]) -> dict[str, Any]:
        """Kills once, at a moment drawn uniformly over the run's length, and runs to the end."""
        chance = self.chance(key)
        moment, way = chance.uniform(0, calm["seconds"]), chance.choice(WAYS)
        self.restore()
        run = start(self.rough, "run", "flights")
        over = is_over(run, moment)
        strike(run, way, over)
        found = {"at": "over before" if over else f"{moment:.1f} s", "way": way}
        return {**found, **self._afterwards(), **self.ended(calm)}

    def at_node(self, key: str, node: str, end: bool) -> dict[str, Any]:
        """Kills once, as the node begins or as it has put out what it makes."""
        way = self.chance(key).choice(("the probe", *WAYS) if node == "ServingProbe" and not end else WAYS)
        before = newest_execution(self.rough)
        run = start(self.rough, "run", "flights")
        while not is_over(run, _LOOK):
            if has_ended(self.rough, node, before) if end else has_begun(self.rough, node):
                break
        over = is_over(run, 0)
        strike(run, way, over)
        return {"at": "over before" if over else node, "way": way, **self._afterwards()}

    def ended(self, calm: dict[str, Any]) -> dict[str, Any]:
        """Runs to the end, and tells whether that is the undisturbed one and all is in order."""
        command(self.rough, "run", "flights")
        came = state(self.rough)
        return {
            "same_end": all(came[key] == calm[key] for key in came),
            "running": running(self.rough),
            "leftovers": leftovers(self.rough),
            "live_answers": live_answers(self.rough),
        }

    def _afterwards(self) -> dict[str, Any]:
        while lock.is_held(self.rough / "flights" / "lock"):
            time.sleep(0.05)
        return {"live_answered": live_answers(self.rough)}


def main() -> int:
    """Goes through the months and prints what was found as JSON; 0 if all held."""
    options = _options()
    proof = Proof(options.home.resolve(), options.seed)
    months = [f"2013-{month:02d}" for month in range(1, int(options.through[-2:]) + 1)]
    for number, month in enumerate(months):
        calm = proof.once(f"{month} undisturbed", partial(proof.undisturbed, month))
        share = options.random * (number + 1) // len(months) - options.random * number // len(months)
        for draw in range(share):
            key = f"{month} random {draw + 1}"
            proof.once(key, partial(proof.at_random, key, calm))
        proof.once(f"{month} restored", proof.restore)
        for node in NODES:
            for end in (False, True):
                key = f"{month} {node} {'end' if end else 'start'}"
                proof.once(key, partial(proof.at_node, key, node, end))
        proof.once(f"{month} ended", partial(proof.ended, calm))
    found = _found(proof.done)
    print(json.dumps(found, indent=2))
    return 0 if found["all_held"] else 1


def _found(done: dict[str, Any]) -> dict[str, Any]:
    kills = [came for came in done.values() if "way" in came]
    ends = [came for came in done.values() if "same_end" in came]
    found: dict[str, Any] = {
        "kills": len(kills),
        "over_before": sum(came["at"] == "over before" for came in kills),
        "ways": {way: sum(came["way"] == way for came in kills) for way in ("the probe", *WAYS)},
        "ends": len(ends),
        "same_ends": sum(came["same_end"] for came in ends),
        "running_executions": sum(came["running"] for came in ends),
        "leftovers": sorted({left for came in ends for left in came["leftovers"]}),
        "live_always_answered": all(came["live_answered"] for came in kills),
    }
    held = found["ends"] == found["same_ends"] and not found["running_executions"] and not found["leftovers"]
    return {
        **found,
        "all_held": held and found["live_always_answered"] and all(e["live_answers"] for e in ends),
    }


# A run, and what kills it


def start(home: Path, *arguments: str) -> "subprocess.Popen[bytes]":
    """Starts a command of the pipeline; what it says on standard error goes to `stderr.txt`."""
    temporary = home / "system-tmp"
    temporary.mkdir(parents=True, exist_ok=True)
    line = [sys.executable, str(REPOSITORY / "local_runner.py"), *arguments]
    environment = {**os.environ, "PERENNIAL_HOME": str(home), "TMPDIR": str(temporary)}
    with (home / "stderr.txt").open("w") as said:
        return subprocess.Popen(line, env=environment, stdout=subprocess.DEVNULL, stderr=said)


def command(home: Path, *arguments: str) -> None:
    """Runs a command of the pipeline to its end."""
    start(home, *arguments).wait()


def is_over(run: "subprocess.Popen[bytes]", seconds: float) -> bool:
    """Waits so long; says whether the run has ended."""
    try:
        run.wait(seconds)
    except subprocess.TimeoutExpired:
        return False
    return True


def strike(run: "subprocess.Popen[bytes]", way: str, over: bool) -> None:
    """Ends a run, or a part of it, in one of the ways, and waits until the run is gone."""
    tree = [] if over else psutil.Process(run.pid).children(recursive=True)
    victims = {
        "the chain's process": [one for one in tree if "pipeline.execution.worker" in " ".join(_line(one))],
        "the probe": [one for one in tree if "serving.offline.probe" in " ".join(_line(one))],
        "its tree": tree,
    }.get(way, [])
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


def _line(process: psutil.Process) -> list[str]:
    try:
        return list(process.cmdline())
    except psutil.Error:
        return []


# What lies in a home


def has_begun(home: Path, node: str) -> bool:
    """Whether the run says that it is at the node or a later one (what is done is not done again)."""
    said = (home / "stderr.txt").read_text()
    return any(name in said for name in NODES[NODES.index(node) :])


def newest_execution(home: Path) -> int:
    """Number of the newest execution in MLMD; 0 where there is none."""
    return int(_asked(home, "SELECT MAX(id) FROM Execution") or 0)


def has_ended(home: Path, node: str, before: int) -> bool:
    """Whether an execution of the node or of a later one, newer than `before`, has ended well."""
    names = " OR ".join(f"t.name LIKE '%{name}'" for name in NODES[NODES.index(node) :])
    question = (
        "SELECT COUNT(*) FROM Execution e JOIN Type t ON e.type_id = t.id"
        f" WHERE ({names}) AND e.id > {before} AND e.last_known_state = {_COMPLETE}"
    )
    return bool(_asked(home, question))


def _asked(home: Path, question: str) -> Any:
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
    """Verdicts of the runs that came to an end with a model, in order; and versions."""
    ledger = Ledger(home / "flights" / "ledger.db")
    runs = ledger.last_runs(10_000)
    ledger.close()
    cards = [version.card or {} for version in registry.versions(home / "flights" / "models")]
    return {
        "verdicts": [run["verdict"] for run in reversed(runs) if run["verdict"] in ("PUSHED", "KEPT")],
        "versions": [{"version": card["version"], "metrics": card["metrics"]} for card in cards],
    }


def running(home: Path) -> int:
    """How many of MLMD's executions say that they run."""
    return int(_asked(home, f"SELECT COUNT(*) FROM Execution WHERE last_known_state={_RUNNING}") or 0)


def leftovers(home: Path) -> list[str]:
    """What dead runs left: staged versions, files aside, temporary ones, outputs of failed executions."""
    root = home / "flights"
    with sqlite3.connect(root / "metadata.db") as database:
        rows = database.execute(
            f"SELECT id FROM Execution WHERE last_known_state IN ({_COMPLETE}, {_CACHED})"
        )
        good = {str(row[0]) for row in rows}
    outputs = [
        path for path in root.glob("artifacts/*/*/*") if path.name.isdecimal() and path.name not in good
    ]
    aside = [path for path in root.rglob(".*") if _ASIDE.fullmatch(path.name) or path.name == ".parked"]
    temporary = [*root.glob("tmp"), *(home / "system-tmp").iterdir()]
    working = root.glob("artifacts/*/.system/stateful_working_dir/*")
    found = [*root.glob("models/.stage-*"), *outputs, *aside, *temporary, *working]
    return sorted(str(path.relative_to(home)) for path in found)


def _copy(source: Path, target: Path) -> None:
    subprocess.run(["cp", "-a", str(source), str(target)], check=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--home", type=Path, required=True, help="folder for the homes and what was done")
    parser.add_argument("--through", default="2013-03", help="the last month")
    parser.add_argument("--random", type=int, default=40, help="kills at random moments, over all months")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
