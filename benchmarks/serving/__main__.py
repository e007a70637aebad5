"""One SavedModel and the same raw rows by ours and by four other servers, in rounds, beside the floor.

Usage: python -m benchmarks.serving --home DIR --model FOLDER [--out FILE] [--only SUBJECT ...] [--fresh]

Each subject leaves the result of each round in a folder, so that a benchmark that was stopped is taken up
where it was; a result of other code is measured anew.
"""

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any, Final

from benchmarks.serving import page, rows
from benchmarks.serving.load import LINES, put_under_load
from benchmarks.serving.running import check, free_ports, running
from benchmarks.serving.subjects import SUBJECTS, Start, Subject, python_of
from benchmarks.steps import Result, Results, Step, StepFailed, digest_of_code, done, run_steps
from perennial.files import write_text
from pipeline.config import REPOSITORY, serving_python

FLOOR: Final = "floor"
MEASURED: Final = (
    *("serving", "benchmarks/serving", "benchmarks/steps.py"),
    *("commands/replay/replay.py", "pipeline/use_cases/flights.py", "requirements/serving.txt"),
)
ROWS: Final = 2000
WARM_UP_SECONDS: Final = 2


def main() -> int:
    """Measures what is not done and writes the page; 1 if a step failed or a tool is not there."""
    options = _options()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that the server under load is ended as well
    if not shutil.which("wrk"):
        print("Install wrk: apt-get install -y wrk", file=sys.stderr)
        return 1
    rounds = options.home / "rounds"
    if options.fresh:
        shutil.rmtree(rounds, ignore_errors=True)
    code = digest_of_code(REPOSITORY, MEASURED)
    try:
        run_steps(_steps(options), rounds, code, only=options.only, repeat=options.rounds)
    except StepFailed as failed:
        print(failed, file=sys.stderr)
        return 1
    text = page.rendered(_found(rounds, code, options.rounds), options.rounds, options.seconds)
    print(text)
    if options.out:
        write_text(options.out, text)
    return 0


def _steps(options: argparse.Namespace) -> list[Step]:
    return [
        Step(FLOOR, partial(_floor, options)),
        *(Step(each.name, partial(_serve, options, each), (FLOOR,)) for each in SUBJECTS),
    ]


def _floor(options: argparse.Namespace, folder: Path, _: Results) -> Result:
    """Scores rows in a process with no server; its scores are what every server has to give."""
    sent = rows.july(options.home, options.model, ROWS)
    (folder / "rows.jsonl").write_text("\n".join(json.dumps(row) for row in sent))
    told = subprocess.run(
        [
            *(str(serving_python()), "-m", "benchmarks.serving.floor"),
            *(str(options.model), str(folder / "rows.jsonl"), str(options.seconds)),
        ],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
    )
    if told.returncode:
        raise StepFailed(f"The floor ended with {told.returncode}: {told.stderr.strip()}")
    result: Result = json.loads(told.stdout.splitlines()[-1])
    return {**result, "version": _version(serving_python(), "tensorflow-cpu")}


def _serve(options: argparse.Namespace, subject: Subject, folder: Path, results: Results) -> Result:
    """Starts a server, compares its scores with the floor's, and puts it under each load."""
    sent = rows.july(options.home, options.model, ROWS)
    python = python_of(subject.name, options.home)
    work = folder / "work"
    work.mkdir()
    start = Start(python.parent, options.model, work, free_ports(3), len(os.sched_getaffinity(0)))
    found: dict[str, Any] = {}
    with running(subject, start, folder / "log.txt", sent[0]) as url:
        difference = check(subject, start.ports[0], sent, results[FLOOR]["scores"])
        for line in LINES:
            bodies = folder / f"{line.name}.jsonl"
            bodies.write_bytes(b"\n".join(rows.bodies(sent, line.rows, subject.wrap)))
            put_under_load(url, line, bodies, WARM_UP_SECONDS)
            found[line.name] = put_under_load(url, line, bodies, options.seconds)
    version = _version(python, subject.package) if subject.package else ""
    return {"lines": found, "difference": difference, "version": version}


def _version(python: Path, package: str) -> str:
    ask = f"import importlib.metadata as m; print(m.version({package!r}))"
    return subprocess.run([str(python), "-c", ask], capture_output=True, text=True, check=True).stdout.strip()


def _found(root: Path, code: str, rounds: int) -> dict[str, list[Result]]:
    """Name -> the results of all rounds, of the subjects that have them all."""
    found = {}
    for name in (FLOOR, *(subject.name for subject in SUBJECTS)):
        results = [done(root / f"{name}-{number}", code) for number in range(1, rounds + 1)]
        if all(results):
            found[name] = [result for result in results if result]
    return found


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--home", type=Path, required=True, help="folder of environments, data and results")
    parser.add_argument("--model", type=Path, required=True, help="folder of the version that is served")
    parser.add_argument("--out", type=Path, help="Markdown file to write")
    parser.add_argument("--only", nargs="*", default=(), metavar="SUBJECT", help="these, and the floor")
    parser.add_argument("--rounds", type=int, default=5, help="all subjects, one after another, so often")
    parser.add_argument("--seconds", type=int, default=5, help="of each line in each round")
    parser.add_argument("--fresh", action="store_true", help="forget what was measured before")
    options = parser.parse_args()
    options.home, options.model = options.home.resolve(), options.model.resolve()
    return options


if __name__ == "__main__":
    sys.exit(main())
