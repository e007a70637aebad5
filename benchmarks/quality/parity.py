"""Shows that the live version scores raw rows, by each of its signatures, as the model did in training."""

import argparse
import json
from dataclasses import asdict
from pathlib import Path
from typing import Final

from google.protobuf import json_format
from tensorflow_metadata.proto.v0 import schema_pb2

from benchmarks.harness.page import Outcome
from benchmarks.harness.program import WORK
from benchmarks.harness.resume import StepFailed
from components.serving_probe.candidate import SEED, Candidate, probe_candidate
from components.serving_probe.executor import split_files
from components.serving_probe.hostile import probe_rows
from perennial.schema import model_columns
from perennial.store.registry import live, model_digest
from perennial.training.raw_rows import read_rows
from pipeline.config import serving_python
from serving.model.folder import SCHEMA_FILE

TIMEOUT_SECONDS: Final = 600.0
ROWS: Final = 10_000


def arguments(parser: argparse.ArgumentParser) -> None:
    """Whose rows, and how many."""
    parser.add_argument("--home", type=Path, default=WORK, help="PERENNIAL_HOME of the runs")
    parser.add_argument("--rows", type=int, default=ROWS, help="least number of rows to compare")
    parser.add_argument("--use-case", default="flights")


def run(options: argparse.Namespace) -> Outcome:
    """Compares rows of the live version's last window."""
    return compared(options.home / options.use_case, options.rows)


def compared(root: Path, wanted: int) -> Outcome:
    """Scores rows in both places; the body is the comparison as JSON.

    Args:
        root: Folder of a use case.
        wanted: At least so many rows are compared.

    Raises:
        StepFailed: Nothing is live, or its artifacts are gone.
    """
    candidate, files = of_live(root)
    columns = model_columns(candidate.schema, "SERVING")
    # Half of the rows are real, the others copies of them with gaps and hostile values.
    count = (wanted + 1) // 2
    rows = probe_rows(read_rows(files, columns, count), columns, SEED)
    verdict = probe_candidate(candidate, files, count, str(serving_python()), TIMEOUT_SECONDS)
    missing = sum(any(row.row.get(column.name) is None for column in columns) for row in rows)
    figures = {**asdict(verdict), "version": candidate.model.name, "rows_with_missing_cells": missing}
    text = json.dumps(figures, indent=2)
    if verdict.rows < wanted:
        return Outcome(f"{text}\nThe window has {verdict.rows} rows; {wanted} are needed.", good=False)
    return Outcome(text, good=verdict.verdict == "SERVABLE")


def of_live(root: Path) -> tuple[Candidate, list[str]]:
    """Finds the parts of the live version among a use case's artifacts, and raw rows of its last window.

    Raises:
        StepFailed: Nothing is live, or its artifacts are gone.
    """
    version = live(root / "models")
    if version is None:
        raise StepFailed(f"{root / 'models'} has no live version.")
    artifacts = root / "artifacts"
    digest = model_digest(version.folder)
    made_by = [
        number
        for number in _executions(artifacts / "Trainer" / "model")
        if model_digest(artifacts / "Trainer" / "model" / str(number) / "Format-Serving") == digest
    ]
    if not made_by:
        raise StepFailed(f"{artifacts} has no Trainer output that is version {version.number}.")
    trainer = made_by[-1]
    transform = max(
        number for number in _executions(artifacts / "Transform" / "transform_graph") if number < trainer
    )
    window = max(number for number in _executions(artifacts / "Window" / "window") if number < transform)
    candidate = Candidate(
        model=version.folder,
        model_run=artifacts / "Trainer" / "model_run" / str(trainer),
        transform_graph=artifacts / "Transform" / "transform_graph" / str(transform),
        schema=json_format.Parse((version.folder / SCHEMA_FILE).read_text(), schema_pb2.Schema()),
    )
    return candidate, split_files(artifacts / "Window" / "window" / str(window))


def _executions(folder: Path) -> list[int]:
    """Numbers of the executions that left an artifact here, oldest first."""
    return sorted(int(path.name) for path in folder.glob("*") if path.name.isdecimal())
