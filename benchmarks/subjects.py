"""One measured run of our chain or of the template's, in a folder with a copy of the code and a home."""

import compileall
import dataclasses
import gzip
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Final

import yaml

from benchmarks.code import CODE, copy_code
from benchmarks.measure import Cost, measured
from benchmarks.steps import Result, StepFailed
from commands.replay.replay import replay
from perennial.files import link_or_copy, read_json

USE_CASE: Final = "flights"
# What every result follows from: an edit of a page's text measures nothing anew.
MEASURED: Final = (
    *CODE,
    "benchmarks/template",
    "benchmarks/template_chain.py",
    "benchmarks/example_gen.py",
    "benchmarks/subjects.py",
    "benchmarks/measure.py",
)
MONTHS: Final = tuple(f"2013-{month:02d}" for month in range(1, 13))
# MLMD's states of an execution.
_COMPLETE: Final = 3
_CACHED: Final = 5

Values = dict[str, Any]
Edit = Callable[[Values], None]


def place(folder: Path, edit: Edit | None = None) -> Path:
    """Copies the code into `folder/code`, so that its config may differ, and gives that folder.

    It is compiled there for both chains, as it is where Python may write beside its sources.

    Args:
        folder: An empty folder.
        edit: Is given the values of the use case's YAML and changes them; None: as they are.
    """
    code = folder / "code"
    code.mkdir()
    copy_code(code)
    if edit:
        file = code / "pipeline" / "use_cases" / f"{USE_CASE}.yaml"
        values = yaml.safe_load(file.read_text())
        edit(values)
        file.write_text(yaml.safe_dump(values, sort_keys=False))
    compile_all(code)
    return code


def compile_all(code: Path) -> None:
    """Compiles the sources of a copy anew."""
    compileall.compile_dir(code, quiet=1, force=True)


def source_exports(root: Path, months: Sequence[str]) -> Path:
    """Writes the real exports of these months once; gives their folder."""
    exports = root / "exports"
    replay(USE_CASE, exports, months[-1])
    return exports


def source_csv(root: Path, exports: Path, months: Sequence[str]) -> Path:
    """Writes the same rows as CsvExampleGen takes them, once: plain files in one folder, which is given.

    It takes the header of the first file as it stands, so gzip will not do.
    """
    folder = root / "csv" / f"{months[0]}-{months[-1]}"
    aside = folder.with_suffix(".making")
    if not folder.is_dir():
        shutil.rmtree(aside, ignore_errors=True)
        aside.mkdir(parents=True)
        for month in months:
            for part in sorted((exports / month).glob("*.csv.gz")):
                target = aside / f"{month}-{part.name.removesuffix('.gz')}"
                with gzip.open(part) as packed, target.open("wb") as plain:
                    shutil.copyfileobj(packed, plain)
        aside.rename(folder)
    return folder


def land(home: Path, exports: Path, spans: Iterable[str]) -> None:
    """Lets exports land in a home, by hard links, `_SUCCESS` last."""
    for span in spans:
        target = home / "exports" / USE_CASE / span
        for file in sorted((exports / span).iterdir(), key=lambda path: path.name == "_SUCCESS"):
            link_or_copy(file, target / file.name)


def rows_of(exports: Path, spans: Iterable[str]) -> int:
    """How many rows the manifests of these spans tell of."""
    manifests = [read_json(exports / span / "_SUCCESS") for span in spans]
    return sum(int(file["rows"]) for manifest in manifests for file in manifest["files"])


def run_ours(folder: Path, code: Path) -> Result:
    """Runs `local_runner.py run` once on what has landed in `folder/home`, and measures it.

    Raises:
        StepFailed: The verdict is neither PUSHED nor KEPT.
    """
    home = folder / "home"
    command = [sys.executable, str(code / "local_runner.py"), "run", USE_CASE, "--json"]
    cost = measured(command, _environment(home), folder / "ours.json", folder / "ours.log", cwd=code)
    text = (folder / "ours.json").read_text()
    summary = json.loads(text.splitlines()[-1]) if text.strip() else {}
    if summary.get("verdict") not in ("PUSHED", "KEPT"):
        raise StepFailed(f"Our run ended {summary.get('verdict')}: {summary.get('reason')} See {folder}.")
    nodes: Counter[str] = Counter()
    for node in summary["nodes"]:
        nodes[node["name"]] += node["seconds"]
    metrics = summary["candidate"]["metrics"]
    return {
        **dataclasses.asdict(cost),
        "nodes": dict(nodes),
        "verdict": summary["verdict"],
        "rows": sum(span["rows"] for span in summary["spans"]),
        "rows_trained": summary["trained_on"]["rows"],
        "rows_evaluated": summary["evaluated_on"]["rows"],
        "training_steps": training_steps(home, code),
        "log_loss": metrics["log_loss"],
        "auc": metrics["auc"],
    }


def training_steps(home: Path, code: Path) -> int:
    """How many steps the newest Trainer took: those of the search and those of the final fit."""
    folders = (home / USE_CASE / "artifacts" / "Trainer" / "model_run").glob("[0-9]*")
    summary = read_json(max(folders, key=lambda path: int(path.name)) / "training.json")
    epochs = summary["epochs"] + len(summary["search"].get("loss", []))
    return int(epochs * training_of(code)["hyperparameters"]["steps_per_epoch"])


def training_of(code: Path) -> Values:
    """The `training` part of the use case's YAML in a copy of the code."""
    values: Values = yaml.safe_load((code / "pipeline" / "use_cases" / f"{USE_CASE}.yaml").read_text())
    return dict(values["training"])


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
        *(sys.executable, "-m", "benchmarks.template_chain", "--data", str(data), "--home", str(home)),
        *("--steps", str(steps), "--eval-share", f"{eval_share:.4f}"),
        *("--training", json.dumps(training_of(code))),
    ]
    log = folder / "template.log"
    cost = measured(command, _environment(home), folder / "template.txt", log, cwd=code)
    pushed = list((home / "serving_model").glob("*/saved_model.pb"))
    if cost.exit_code or not pushed:
        raise StepFailed(f"The template's chain pushed nothing; see {log}.")
    return {
        **dataclasses.asdict(cost),
        "nodes": _template_nodes(home / "metadata.db"),
        "verdict": "pushed",
        "training_steps": steps,
        **_template_told(home, code),
    }


def _template_told(home: Path, code: Path) -> Values:
    folder = next((home / "artifacts" / "Evaluator" / "evaluation").iterdir())
    command = [sys.executable, "-m", "benchmarks.template.told", str(folder)]
    done = subprocess.run(command, cwd=code, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def _template_nodes(metadata: Path) -> dict[str, float]:
    """Seconds of each node, from MLMD's executions.

    Raises:
        StepFailed: An execution did not end well, which LocalDagRunner does not tell.
    """
    with sqlite3.connect(metadata) as database:
        rows = database.execute(
            "SELECT Type.name, last_known_state, last_update_time_since_epoch - create_time_since_epoch"
            " FROM Execution JOIN Type ON Type.id = Execution.type_id ORDER BY Execution.id"
        ).fetchall()
    failed = [name for name, state, _ in rows if state not in (_COMPLETE, _CACHED)]
    if failed:
        raise StepFailed(f"The template's {', '.join(failed)} did not end well.")
    return {name.rpartition(".")[2]: milliseconds / 1000 for name, _, milliseconds in rows}


def run_example_gen(folder: Path, code: Path, which: str, data: Path, rows: int) -> Result:
    """Runs one chain's ExampleGen alone; its own CPU time is what it tells of itself.

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
    command = [sys.executable, "-m", "benchmarks.example_gen", which]
    command += ["--data", str(data), "--home", str(home)]
    cost: Cost = measured(command, _environment(home), folder / "out.json", folder / "log.txt", cwd=code)
    if cost.exit_code:
        raise StepFailed(f"ExampleGen failed; see {folder / 'log.txt'}.")
    told = json.loads((folder / "out.json").read_text().splitlines()[-1])
    if told["rows"] != rows:
        raise StepFailed(f"ExampleGen wrote {told['rows']} rows of {rows}.")
    return {
        **dataclasses.asdict(cost),
        "rows": rows,
        "node_cpu": told["cpu"],
        "node_wall": told["wall"],
        "rows_a_cpu_second": rows / told["cpu"],
    }


def _environment(home: Path) -> dict[str, str]:
    return {**os.environ, "PERENNIAL_HOME": str(home)}
