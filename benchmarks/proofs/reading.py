"""Compares, value by value, what Python's csv reads in the exports with what the tf.Examples hold."""

import argparse
import csv
import gzip
import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any, Final

import numpy as np
import tensorflow as tf

from benchmarks.harness.flights import NAME, command
from benchmarks.harness.page import Outcome, code_block
from benchmarks.harness.program import add_fresh, add_home
from benchmarks.harness.resume import StepFailed, keep_only_of
from benchmarks.harness.tree import digest_of_code
from perennial.reading.columns import Column, export_columns
from perennial.schema import read_schema
from perennial.store.ledger import Ledger
from pipeline.config import REPOSITORY

Row = tuple[Any, ...]
_HOW: Final = "Python's csv module reads the exports, and each value is compared with the tf.Example's."
_KINDS: dict[str, tuple[str, Any]] = {
    "int": ("int64_list", int),
    "float": ("float_list", np.float32),
    "string": ("bytes_list", str.encode),
}


def arguments(parser: argparse.ArgumentParser) -> None:
    """Where the runs are made."""
    add_home(parser, "proof-reading", "PERENNIAL_HOME of the run")
    add_fresh(parser)


def run(options: argparse.Namespace) -> Outcome:
    """Reads the year where it is not read yet, and compares every span in use, a line each."""
    keep_only_of(options.home, digest_of_code(REPOSITORY, options.about), fresh=options.fresh)
    for asked in (("replay", NAME, "--through", "2013-12"), ("run", NAME)):
        done = command(options.home, *asked)
        if done.returncode:
            raise StepFailed(f"`{' '.join(asked)}` exited with {done.returncode}: {done.stdout.strip()}")
    root = options.home / NAME
    columns = export_columns(read_schema(REPOSITORY / "schemas" / f"{NAME}.pbtxt"))
    ledger = Ledger(root / "ledger.db")
    rows = values = differences = 0
    lines = []
    for span in sorted(ledger.spans.names()):
        version = ledger.spans.in_use(span)
        if version is None:
            continue
        exported = Counter(_csv_rows(options.home / "exports" / NAME / span, columns))
        held = Counter(_example_rows(Path(version.examples), columns))
        different = sum(((exported - held) + (held - exported)).values())
        count = sum(exported.values())
        lines.append(
            f"{span}: {count:,} rows exported, {sum(held.values()):,} in the examples, {different} differ"
        )
        print(lines[-1], file=sys.stderr, flush=True)
        rows, values, differences = rows + count, values + count * len(columns), differences + different
    ledger.close()
    lines.append(json.dumps({"rows": rows, "values": values, "rows_that_differ": differences}))
    return Outcome(f"{_HOW}\n\n{code_block(chr(10).join(lines))}", good=rows > 0 and not differences)


def _csv_rows(folder: Path, columns: tuple[Column, ...]) -> list[Row]:
    """Rows as Python's csv reads them, each cell as the schema's kind; None where a cell is empty."""
    rows = []
    for part in sorted(folder.glob("*.csv.gz")):
        with gzip.open(part, "rt", newline="", encoding="utf-8") as file:
            for cells in csv.DictReader(file):
                typed = ((_KINDS[column.kind][1], cells[column.name]) for column in columns)
                rows.append(tuple(kind(cell) if cell else None for kind, cell in typed))
    return rows


def _example_rows(examples: Path, columns: tuple[Column, ...]) -> list[Row]:
    """The same rows as the artifact's tf.Examples hold them; None where a feature has no value."""
    files = [str(path) for path in sorted(examples.glob("Split-*/*.gz"))]
    rows = []
    for record in tf.data.TFRecordDataset(files, "GZIP").as_numpy_iterator():
        features = tf.train.Example.FromString(record).features.feature
        rows.append(tuple(_value(features[column.name], column) for column in columns))
    return rows


def _value(feature: Any, column: Column) -> Any:
    values = getattr(feature, _KINDS[column.kind][0]).value
    if not values:
        return None
    return np.float32(values[0]) if column.kind == "float" else values[0]
