"""One measured run of the chain, in a folder with a copy of the code and a home."""

import compileall
import dataclasses
import gzip
import json
import os
import shutil
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Final

import yaml

from benchmarks.harness.measure import measured
from benchmarks.harness.resume import Result, StepFailed
from benchmarks.harness.tree import RUN, copy_repository
from commands.replay.replay import replay
from perennial.files import link_or_copy, read_json

USE_CASE: Final = "flights"
# What every result follows from: an edit of a page's text measures nothing anew.
MEASURED: Final = (
    *RUN,
    "benchmarks/harness/chain_runs.py",
    "benchmarks/harness/measure.py",
)
MONTHS: Final = tuple(f"2013-{month:02d}" for month in range(1, 13))

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
    copy_repository(code)
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
    """How many rows the manifests of these spans list."""
    manifests = [read_json(exports / span / "_SUCCESS") for span in spans]
    return sum(int(file["rows"]) for manifest in manifests for file in manifest["files"])


def run_ours(folder: Path, code: Path) -> Result:
    """Runs `local_runner.py run` once on what has landed in `folder/home`, and measures it.

    Raises:
        StepFailed: The verdict is neither PUSHED nor KEPT.
    """
    home = folder / "home"
    command = [sys.executable, str(code / "local_runner.py"), "run", USE_CASE, "--json"]
    cost = measured(command, environment(home), folder / "ours.json", folder / "ours.log", cwd=code)
    text = (folder / "ours.json").read_text()
    summary = json.loads(text.splitlines()[-1]) if text.strip() else {}
    if summary.get("verdict") not in ("PUSHED", "KEPT"):
        raise StepFailed(
            f"Our run ended {summary.get('verdict')}: {summary.get('reason')} Its log is in {folder}."
        )
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


def environment(home: Path) -> dict[str, str]:
    """The environment of a command that works in a home."""
    return {**os.environ, "PERENNIAL_HOME": str(home)}
