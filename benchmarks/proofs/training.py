"""Kills a training again and again: the weights are those of an undisturbed one, to the bit.

diabetes (scikit-learn's table) is trained by the real command, with more steps than it needs and with
checkpoints every half second. SIGKILL hits the run; what trains ends with it.
"""

import argparse
import hashlib
import json
import shutil
import sys
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np
import sklearn.datasets

from benchmarks.harness.code_copy import CodeCopy
from benchmarks.harness.page import Outcome
from benchmarks.harness.program import add_fresh, add_home
from benchmarks.harness.resume import Done, Result, StepFailed, keep_only_of
from benchmarks.harness.tree import digest_of_code
from pipeline.config import REPOSITORY
from pipeline.verdict import EXIT_CODES

NAME: Final = "diabetes"
# In which phase a training is killed, at which of its checkpoints since it began again; in this order.
KILLS: Final = (("search", 4), ("search", 1), ("search", 6), ("final", 2), ("final", 1))
# Of the table's own settings and of checkpoints, and what stands there for the proof.
_EDITS: Final = (
    ("pipeline/use_cases/diabetes.yaml", "steps_per_epoch: 25", "steps_per_epoch: 1499"),
    ("pipeline/use_cases/diabetes.yaml", "epochs: 80", "epochs: 12"),
    ("perennial/training/checkpoints.py", "EVERY: Final = 10.0", "EVERY: Final = 0.5"),
)
_PATIENCE: Final = 1800.0


def arguments(parser: argparse.ArgumentParser) -> None:
    """Where the runs are made, and how many kills."""
    add_home(parser, "proof-training")
    parser.add_argument("--kills", type=int, default=len(KILLS), help=f"at most {len(KILLS)}, the default")
    add_fresh(parser)


def run(options: argparse.Namespace) -> Outcome:
    """Trains undisturbed and killed, what is not done yet, and compares."""
    code_digest = digest_of_code(REPOSITORY, options.about)
    keep_only_of(options.home, code_digest, fresh=options.fresh)
    done = Done(options.home, code_digest)
    code = _code(options.home)
    # The last ones: of a few kills one has to be in the final fit.
    kills = KILLS[len(KILLS) - options.kills :]
    undisturbed = done.once("undisturbed", partial(_train, code, options.home / "undisturbed", ()))
    killed = done.once(f"killed-{len(kills)}", partial(_train, code, options.home / "killed", kills))
    good = undisturbed["weights"] == killed["weights"] and undisturbed["search"] == killed["search"]
    return Outcome(page(undisturbed, killed), good=good, whole=kills == KILLS)


def _code(root: Path) -> Path:
    """A copy of the code with the use case, edited."""
    copy = CodeCopy(root / "code", root / "made")
    if not (root / "code.ready").exists():
        copy.renew()
        table = root / f"{NAME}.csv"
        sklearn.datasets.load_diabetes(as_frame=True).frame.to_csv(table, index=False)
        copy.run_json("new", NAME, "--from", str(table), "--label", "target")
        for edit in _EDITS:
            copy.edit(*edit)
        (root / "code.ready").touch()
    return copy.code


def _train(code: Path, home: Path, kills: Sequence[tuple[str, int]]) -> Result:
    """One training in a home of its own, killed at these checkpoints before it may end.

    Returns:
        Digest of the weights, epochs, curves of the search, and the place of each kill.
    """
    shutil.rmtree(home, ignore_errors=True)
    shutil.copytree(code.parent / "made" / "exports", home / "exports")
    copy = CodeCopy(code, home)
    places = [_killed(copy, *kill) for kill in kills]
    summary = _ended(copy)
    if summary["verdict"] != "PUSHED":
        raise StepFailed(f"{summary['verdict']}: {summary['reason']}")
    training = max(home.glob(f"{NAME}/artifacts/Trainer/model_run/*/training.json"), key=_number)
    (weights,) = home.glob(f"{NAME}/models/1/variables/variables.data-*")
    record = json.loads(training.read_text())
    return {
        "weights": hashlib.sha256(weights.read_bytes()).hexdigest(),
        "epochs": record["epochs"],
        "search": hashlib.sha256(json.dumps(record["search"]).encode()).hexdigest(),
        "places": places,
        "left": sorted(path.name for path in home.glob(f"{NAME}/checkpoints/*")),
    }


def _number(file: Path) -> int:
    return int(file.parent.name)


def _killed(copy: CodeCopy, phase: str, number: int) -> list[Any]:
    """Starts a run and kills it at such a checkpoint that it wrote; gives phase, epoch and step."""
    before = _position(copy.home)
    process = _started(copy)
    until = time.monotonic() + _PATIENCE
    try:
        while process.poll() is None and time.monotonic() < until:
            place = _position(copy.home)
            if place and place != before and place[0] == phase:
                before, number = place, number - 1
            if not number:
                process.kill()
                process.wait()
                print(f"killed at {place}", file=sys.stderr, flush=True)
                return _position(copy.home) or []
            time.sleep(0.02)
    finally:
        process.kill()
    raise StepFailed(f"The run ended with {process.wait()} before it could be killed in its {phase}.")


def _started(copy: CodeCopy) -> Any:
    """A run that is not busy: a killed one's child holds the lock until it sees that the run is gone."""
    while True:
        process = copy.start("run", NAME, "--json")
        time.sleep(2.0)
        if process.poll() != EXIT_CODES["BUSY"]:
            return process


def _ended(copy: CodeCopy) -> dict[str, Any]:
    output, errors = _started(copy).communicate()
    if not output:
        raise StepFailed(f"`run` printed no JSON:\n{errors.decode(errors='replace')}")
    summary: dict[str, Any] = json.loads(output.splitlines()[-1])
    return summary


def _position(home: Path) -> list[Any] | None:
    """Where the checkpoint of a home is; None where there is none."""
    for file in home.glob(f"{NAME}/checkpoints/*/checkpoint.npz"):
        try:
            with file.open("rb") as opened, np.load(opened) as archive:
                position = json.loads(str(archive["position"]))
        except FileNotFoundError:
            return None
        return [position["phase"], position["epoch"], position["step"]]
    return None


def page(undisturbed: Result, killed: Result) -> str:
    """The page: where it was killed, and whether bits differ."""
    same = {key: undisturbed[key] == killed[key] for key in ("weights", "epochs", "search")}
    weights = "every bit of the weights is that" if same["weights"] else "the weights are NOT those"
    curves = "are" if same["search"] else "are NOT"
    ending = f"Epochs of the final fit: {undisturbed['epochs']}. Checkpoints left: {len(killed['left'])}."
    kills = [
        f"| {number} | {phase} | {epoch + 1} | {step} |"
        for number, (phase, epoch, step) in enumerate(killed["places"], 1)
    ]
    lines = [
        f"A training that was killed {len(kills)} times goes on from its checkpoint each time:",
        f"{weights} of an undisturbed training, and so {curves} the curves of its search.",
        "",
        *("| kill | phase | epoch | step |", "|---|---|---|---|"),
        *(*kills, "", ending),
    ]
    return "\n".join(lines)
