"""One SavedModel and the same raw rows by ours and by four other servers, in rounds, beside the floor.

Each subject leaves the result of each round in a folder, so that a benchmark that was stopped is taken up
where it was; a result of other code is measured anew.
"""

import argparse
import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

from benchmarks.harness.flights import with_a_model
from benchmarks.harness.page import Outcome
from benchmarks.harness.program import NotReady, add_fresh, add_home
from benchmarks.harness.resume import Done, Result, Results, Step, StepFailed, numbered, run_steps
from benchmarks.harness.tree import digest_of_code
from benchmarks.speed.serving import page, rows
from benchmarks.speed.serving.load import LINES, put_under_load
from benchmarks.speed.serving.running import check, free_ports, running
from benchmarks.speed.serving.subjects import SUBJECTS, Start, Subject, python_of
from pipeline.config import REPOSITORY, serving_python

FLOOR: Final = "floor"
MEASURED: Final = (
    *("serving", "benchmarks/speed/serving", "benchmarks/harness/resume.py"),
    *("commands/replay/replay.py", "pipeline/use_cases/flights.py", "requirements/serving.txt"),
)
ROWS: Final = 2000
WARM_UP_SECONDS: Final = 2


def arguments(parser: argparse.ArgumentParser) -> None:
    """Which servers, how often, how long."""
    add_home(parser, "bench-serving", "folder for environments, data and results")
    add_fresh(parser)
    parser.add_argument(
        "--only", nargs="*", default=(), metavar="SUBJECT", help="measure only these servers, and the floor"
    )
    parser.add_argument(
        "--rounds", type=int, default=5, help="how often to measure all servers, one after another"
    )
    parser.add_argument("--seconds", type=int, default=5, help="seconds of each load in each round")


def run(options: argparse.Namespace) -> Outcome:
    """Trains a model where there is none, and measures what is not done.

    Raises:
        NotReady: A server is not installed.
    """
    check_installed(options.home, options.only)
    options.model = with_a_model(options.home)
    rounds = options.home / "rounds"
    if options.fresh:
        shutil.rmtree(rounds, ignore_errors=True)
    code = digest_of_code(REPOSITORY, MEASURED)
    run_steps(_steps(options), rounds, code, only=options.only, repeat=options.rounds)
    results = _rounds(Done(rounds, code), options.rounds)
    text = page.rendered(results, options.rounds, options.seconds)
    return Outcome(text, whole=len(results) == len(SUBJECTS) + 1)


def check_installed(environments: Path, only: Sequence[str]) -> None:
    """Checks that the environments of the chosen servers are there, before anything is measured.

    Raises:
        NotReady: They are not.
    """
    chosen = [each.name for each in SUBJECTS if not only or each.name in only]
    if missing := [name for name in chosen if not python_of(name, environments).exists()]:
        raise NotReady(
            f"Not installed in {environments}: {', '.join(missing)}. Run `make bench-serving`, which does it."
        )


def _steps(options: argparse.Namespace) -> list[Step]:
    return [
        Step(FLOOR, partial(_floor, options)),
        *(Step(each.name, partial(_serve, options, each), (FLOOR,)) for each in SUBJECTS),
    ]


def _floor(options: argparse.Namespace, folder: Path, _: Results) -> Result:
    """Scores rows in a process with no server; its scores are what every server has to give."""
    sent = rows.july(options.home, options.model, ROWS)
    (folder / "rows.jsonl").write_text("\n".join(json.dumps(row) for row in sent))
    process = subprocess.run(
        [
            *(str(serving_python()), "-m", "benchmarks.speed.serving.floor"),
            *(str(options.model), str(folder / "rows.jsonl"), str(options.seconds)),
        ],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
    )
    if process.returncode:
        raise StepFailed(f"The floor exited with {process.returncode}: {process.stderr.strip()}")
    result: Result = json.loads(process.stdout.splitlines()[-1])
    return {**result, "version": _version(serving_python(), "tensorflow-cpu")}


def _serve(options: argparse.Namespace, subject: Subject, folder: Path, results: Results) -> Result:
    """Starts a server, compares its scores with the floor's, and puts it under each load."""
    sent = rows.july(options.home, options.model, ROWS)
    python = python_of(subject.name, options.home)
    work = folder / "work"
    work.mkdir()
    start = Start(python.parent, options.model, work, free_ports(3), len(os.sched_getaffinity(0)))
    figures: dict[str, Any] = {}
    with running(subject, start, folder / "log.txt", sent[0]) as url:
        difference = check(subject, start.ports[0], sent, results[FLOOR]["scores"])
        for line in LINES:
            bodies = folder / f"{line.name}.jsonl"
            bodies.write_bytes(b"\n".join(rows.bodies(sent, line.rows, subject.wrap)))
            put_under_load(url, line, bodies, WARM_UP_SECONDS)
            figures[line.name] = put_under_load(url, line, bodies, options.seconds)
    version = _version(python, subject.package) if subject.package else ""
    return {"lines": figures, "difference": difference, "version": version}


def _version(python: Path, package: str) -> str:
    ask = f"import importlib.metadata as m; print(m.version({package!r}))"
    return subprocess.run([str(python), "-c", ask], capture_output=True, text=True, check=True).stdout.strip()


def _rounds(done: Done, rounds: int) -> dict[str, list[Result]]:
    """Name -> the results of all rounds, of the subjects that have them all."""
    complete = {}
    for name in (FLOOR, *(subject.name for subject in SUBJECTS)):
        results = [done.get(numbered(name, number)) for number in range(1, rounds + 1)]
        if all(results):
            complete[name] = [result for result in results if result]
    return complete
