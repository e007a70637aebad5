"""Shows that a running server scores raw rows, in every form and batch size, as the model did in training.

Usage: python -m benchmarks.serving_parity --home DIR [--span 2013-07] [--rows 10000] [--use-case flights]
"""

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import grpc
import numpy as np

from benchmarks.parity import of_live
from benchmarks.served import Server
from benchmarks.serving_forms import Ask, Refused, forms_of
from benchmarks.serving_rows import export_rows, rows_to_ask
from perennial.schema import schema_as_json
from perennial.training.training_side import TrainingSide
from serving.model.checks import RowChecks
from serving.requests.forms import as_example

BATCHES: Final = (1, 7, 100, 1000)
MOST: Final = 1e-6


@dataclass(frozen=True)
class Compared:
    """What was found of one form and batch size.

    Attributes:
        form: The form in words.
        batch: Rows a request.
        requests: How many there were.
        seconds: How long they took, one after another.
        largest: The largest difference.
        differ: Rows whose difference is beyond `MOST`, or that got no score.
    """

    form: str
    batch: int
    requests: int
    seconds: float
    largest: float
    differ: int


def main() -> int:
    """Compares, prints a table, and returns 0 if nothing differs."""
    options = _options()
    root = options.home / options.use_case
    candidate, _ = of_live(root)
    checks = RowChecks(json.loads(schema_as_json(candidate.schema)))
    span = options.home / "exports" / options.use_case / options.span
    asked = rows_to_ask(export_rows(span, candidate.schema, checks.columns), checks, options.rows)
    rows = [row for _, row in asked]
    side = TrainingSide(candidate.transform_graph, candidate.model_run, candidate.schema)
    expected = side.score([as_example(row, checks.columns) for row in rows])
    server = Server(["--model", f"{options.use_case}={root / 'models'}", "--workers", "2"])
    try:
        server.wait(lambda: server.get("/readyz")[0] == 200, "the model")
        with grpc.insecure_channel(f"127.0.0.1:{server.grpc_port}") as channel:
            offered = channel if server.grpc_port else None
            forms = forms_of(options.use_case, checks.columns, server.rest_port, offered)
            found = [
                compared(form, ask, rows, expected, batch) for form, ask in forms.items() for batch in BATCHES
            ]
    finally:
        server.stop()
    _print(found, Counter(what for what, _ in asked), rows, options)
    return 0 if not any(each.differ for each in found) else 1


def compared(form: str, ask: Ask, rows: Sequence[Any], expected: Any, batch: int) -> Compared:
    """Asks for all rows in one form and batch size, and compares the scores with the training side's."""
    scores = np.full(len(rows), np.nan)
    began = time.monotonic()
    for start in range(0, len(rows), batch):
        wanted = rows[start : start + batch]
        try:
            scores[start : start + len(wanted)] = ask(wanted)
        except (Refused, OSError) as error:
            print(f"{form}, rows {start} to {start + len(wanted) - 1}: {error}", file=sys.stderr)
    away = np.abs(scores - expected.astype(np.float64))
    differ = int((~(away <= MOST)).sum())
    requests = -(-len(rows) // batch)
    largest = float(np.nanmax(away)) if not np.isnan(away).all() else float("nan")
    return Compared(form, batch, requests, time.monotonic() - began, largest, differ)


def _print(found: Sequence[Compared], kinds: Counter[str], rows: Sequence[Any], options: Any) -> None:
    missing = sum(any(value is None for value in row.values()) for row in rows)
    print(
        f"{len(rows):,} rows: {kinds['real']:,} real ones of {options.span}, {kinds['unseen']} with strings "
        f"that training never saw, {kinds['extreme']} at the ends of the schema's bounds, {kinds['nothing']} "
        f"with no value at all. {missing:,} have missing cells. Two workers; each form in each batch size "
        f"asks for all rows.\n"
    )
    print("| form | rows a request | requests | largest difference | rows off by more than 1e-6 |")
    print("|---|---:|---:|---:|---:|")
    for each in found:
        print(f"| {each.form} | {each.batch} | {each.requests:,} | {each.largest:.1e} | {each.differ} |")
    total = sum(each.differ for each in found)
    print(f"\n{len(found) * len(rows):,} scores compared with training's, {total} off by more than 1e-6.")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--home", type=Path, required=True, help="the root that runs were made under")
    parser.add_argument("--span", default="2013-07", help="the export whose rows are asked for")
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--use-case", default="flights")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
