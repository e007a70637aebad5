"""Compares, value by value, what Python's csv reads in the exports with what the tf.Examples hold."""

import argparse
import csv
import gzip
import json
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2

from perennial.reading.columns import Column, export_columns
from perennial.store.ledger import Ledger
from pipeline import config

Row = tuple[Any, ...]
_KINDS: dict[str, tuple[str, Any]] = {
    "int": ("int64_list", int),
    "float": ("float_list", np.float32),
    "string": ("bytes_list", str.encode),
}


def main() -> None:
    """Compares every span in use of a use case, and prints a line for each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", nargs="?", default="flights")
    use_case = config.load(parser.parse_args().name)
    columns = export_columns(text_format.Parse(use_case.schema_file.read_text(), schema_pb2.Schema()))
    ledger = Ledger(use_case.root / "ledger.db")
    rows = values = differences = 0
    for span in sorted(ledger.span_names()):
        version = ledger.in_use(span)
        if version is None:
            continue
        told = Counter(_csv_rows(use_case.exports_folder / span, columns))
        held = Counter(_example_rows(Path(version.examples), columns))
        different = sum(((told - held) + (held - told)).values())
        count = sum(told.values())
        print(f"{span}: {count:,} rows exported, {sum(held.values()):,} in the examples, {different} differ")
        rows, values, differences = rows + count, values + count * len(columns), differences + different
    print(json.dumps({"rows": rows, "values": values, "rows_that_differ": differences}))


def _csv_rows(folder: Path, columns: tuple[Column, ...]) -> list[Row]:
    """Rows as Python's csv reads them, each cell as the schema's kind; None where a cell is empty."""
    found = []
    for part in sorted(folder.glob("*.csv.gz")):
        with gzip.open(part, "rt", newline="", encoding="utf-8") as file:
            for cells in csv.DictReader(file):
                typed = ((_KINDS[column.kind][1], cells[column.name]) for column in columns)
                found.append(tuple(kind(cell) if cell else None for kind, cell in typed))
    return found


def _example_rows(examples: Path, columns: tuple[Column, ...]) -> list[Row]:
    """The same rows as the artifact's tf.Examples hold them; None where a feature has no value."""
    files = [str(path) for path in sorted(examples.glob("Split-*/*.gz"))]
    found = []
    for record in tf.data.TFRecordDataset(files, "GZIP").as_numpy_iterator():
        features = tf.train.Example.FromString(record).features.feature
        found.append(tuple(_value(features[column.name], column) for column in columns))
    return found


def _value(feature: Any, column: Column) -> Any:
    values = getattr(feature, _KINDS[column.kind][0]).value
    if not values:
        return None
    return np.float32(values[0]) if column.kind == "float" else values[0]


if __name__ == "__main__":
    main()
