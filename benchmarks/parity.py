"""Shows that the live version scores raw rows, through each of its signatures, as the model did in training.

Usage: python -m benchmarks.parity --home DIR [--rows 10000] [--use-case flights]
"""

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

from components.serving_probe.candidate import SEED, Candidate, probe_candidate
from components.serving_probe.executor import split_files
from components.serving_probe.hostile import probe_rows
from perennial.schema import model_columns, schema_from_json
from perennial.store.registry import live, model_digest
from perennial.training.raw_rows import read_rows
from pipeline.config import serving_python
from serving.model.folder import schema_in

TIMEOUT_SECONDS = 600.0


def main() -> int:
    """Replays the rows, prints what was found as JSON, and returns 0 if nothing differs."""
    options = _options()
    root = options.home / options.use_case
    candidate, files = of_live(root)
    columns = model_columns(candidate.schema, "SERVING")
    # Half of the rows are real, the others copies of them with gaps and hostile values.
    count = (options.rows + 1) // 2
    rows = probe_rows(read_rows(files, columns, count), columns, SEED)
    verdict = probe_candidate(candidate, files, count, str(options.python), TIMEOUT_SECONDS)
    missing = sum(any(row.row.get(column.name) is None for column in columns) for row in rows)
    print(
        json.dumps(
            {**asdict(verdict), "version": candidate.model.name, "rows_with_missing_cells": missing}, indent=2
        )
    )
    if verdict.rows < options.rows:
        print(f"The window holds too few rows: {options.rows} were asked for.", file=sys.stderr)
        return 1
    return 0 if verdict.verdict == "SERVABLE" else 1


def of_live(root: Path) -> tuple[Candidate, list[str]]:
    """Finds the parts of the live version among a use case's artifacts, and raw rows of its last window.

    Raises:
        LookupError: Nothing is live, or its artifacts are gone.
    """
    version = live(root / "models")
    if version is None:
        raise LookupError(f"No version is live in {root / 'models'}.")
    artifacts = root / "artifacts"
    digest = model_digest(version.folder)
    made_by = [
        number
        for number in _executions(artifacts / "Trainer" / "model")
        if model_digest(artifacts / "Trainer" / "model" / str(number) / "Format-Serving") == digest
    ]
    if not made_by:
        raise LookupError(f"No Trainer's artifact in {artifacts} is version {version.number}.")
    trainer = made_by[-1]
    transform = max(
        number for number in _executions(artifacts / "Transform" / "transform_graph") if number < trainer
    )
    window = max(number for number in _executions(artifacts / "Window" / "window") if number < transform)
    candidate = Candidate(
        model=version.folder,
        model_run=artifacts / "Trainer" / "model_run" / str(trainer),
        transform_graph=artifacts / "Transform" / "transform_graph" / str(transform),
        schema=schema_from_json(schema_in(version.folder)),
    )
    return candidate, split_files(artifacts / "Window" / "window" / str(window))


def _executions(folder: Path) -> list[int]:
    """Numbers of the executions that left an artifact here, oldest first."""
    return sorted(int(path.name) for path in folder.glob("*") if path.name.isdecimal())


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--home", type=Path, required=True, help="the root that runs were made under")
    parser.add_argument("--rows", type=int, default=10_000, help="at least so many rows are compared")
    parser.add_argument("--use-case", default="flights")
    parser.add_argument("--python", type=Path, default=serving_python())
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
