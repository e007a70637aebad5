"""One measured run of the template's chain, or of one chain's ExampleGen alone."""

import dataclasses
import json
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Final

from benchmarks.harness.chain_runs import Values, environment, training_of
from benchmarks.harness.measure import Cost, measured
from benchmarks.harness.resume import Result, StepFailed

# MLMD's states of an execution.
_COMPLETE: Final = 3
_CACHED: Final = 5


def run_template(folder: Path, code: Path, data: Path, steps: int, eval_share: float) -> Result:
    """Runs the template's chain once and measures it.

    Args:
        folder: Where its home is made.
        code: The copy of the code.
        data: Folder of CSV files.
        steps: Training steps.
        eval_share: Share of the rows to evaluate.

    Raises:
        StepFailed: A node failed, or nothing was pushed.
    """
    home = folder / "home"
    home.mkdir()
    command = [
        *(
            sys.executable,
            "-m",
            "benchmarks.speed.chain.template_chain",
            "--data",
            str(data),
            "--home",
            str(home),
        ),
        *("--steps", str(steps), "--eval-share", f"{eval_share:.4f}"),
        *("--training", json.dumps(training_of(code))),
    ]
    log = folder / "template.log"
    cost = measured(command, environment(home), folder / "template.txt", log, cwd=code)
    pushed = list((home / "serving_model").glob("*/saved_model.pb"))
    if cost.exit_code or not pushed:
        raise StepFailed(f"The template's chain pushed nothing. Its log is {log}.")
    return {
        **dataclasses.asdict(cost),
        "nodes": _template_nodes(home / "metadata.db"),
        "verdict": "pushed",
        "training_steps": steps,
        **_template_metrics(home, code),
    }


def _template_metrics(home: Path, code: Path) -> Values:
    folder = next((home / "artifacts" / "Evaluator" / "evaluation").iterdir())
    command = [sys.executable, "-m", "benchmarks.speed.chain.template.evaluation", str(folder)]
    done = subprocess.run(command, cwd=code, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def _template_nodes(metadata: Path) -> dict[str, float]:
    """Seconds of each node, from MLMD's executions.

    Raises:
        StepFailed: An execution failed, which LocalDagRunner does not report.
    """
    with sqlite3.connect(metadata) as database:
        rows = database.execute(
            "SELECT Type.name, last_known_state, last_update_time_since_epoch - create_time_since_epoch"
            " FROM Execution JOIN Type ON Type.id = Execution.type_id ORDER BY Execution.id"
        ).fetchall()
    failed = [name for name, state, _ in rows if state not in (_COMPLETE, _CACHED)]
    if failed:
        raise StepFailed(f"The template's {', '.join(failed)} failed.")
    return {name.rpartition(".")[2]: milliseconds / 1000 for name, _, milliseconds in rows}


def run_example_gen(folder: Path, code: Path, which: str, data: Path, rows: int) -> Result:
    """Runs one chain's ExampleGen alone; its own CPU time is the one that it reports.

    Args:
        folder: Where its home is.
        code: The copy of the code.
        which: `ours` (of what has landed in `folder/home`) or `template` (of `data`).
        data: Folder of CSV files.
        rows: How many rows there are.

    Raises:
        StepFailed: It failed.
    """
    home = folder / "home"
    home.mkdir(exist_ok=True)
    command = [sys.executable, "-m", "benchmarks.speed.chain.example_gen", which]
    command += ["--data", str(data), "--home", str(home)]
    cost: Cost = measured(command, environment(home), folder / "out.json", folder / "log.txt", cwd=code)
    if cost.exit_code:
        raise StepFailed(f"ExampleGen failed. Its log is {folder / 'log.txt'}.")
    usage = json.loads((folder / "out.json").read_text().splitlines()[-1])
    if usage["rows"] != rows:
        raise StepFailed(f"ExampleGen wrote {usage['rows']} rows of {rows}.")
    return {
        **dataclasses.asdict(cost),
        "rows": rows,
        "node_cpu": usage["cpu"],
        "node_wall": usage["wall"],
        "rows_a_cpu_second": rows / usage["cpu"],
    }
