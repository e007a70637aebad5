"""Shows that a running server scores raw rows, in every form and batch size, as the model did in training."""

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import grpc
import numpy as np

from benchmarks.harness.flights import NAME, command, with_a_model
from benchmarks.harness.page import Outcome
from benchmarks.harness.program import add_fresh, add_home
from benchmarks.harness.resume import Done, keep_only_of
from benchmarks.harness.server_process import ServerProcess
from benchmarks.harness.tree import RUN, digest_of_code
from benchmarks.proofs.serving_parity.forms import Ask, Refused, forms_of
from benchmarks.proofs.serving_parity.rows import export_rows, rows_to_ask
from benchmarks.quality.parity import of_live
from perennial.schema import schema_as_json
from perennial.training.training_side import TrainingSide
from pipeline.config import REPOSITORY
from serving.model.checks import RowChecks
from serving.model.folder import READING_FILE
from serving.reading.version_rules import VersionRules
from serving.requests.forms import as_example

BATCHES: Final = (1, 7, 100, 1000)
MOST: Final = 1e-6
SPAN: Final = "2013-07"
ROWS: Final = 10_000


@dataclass(frozen=True)
class FormComparison:
    """One form and batch size against training.

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


def arguments(parser: argparse.ArgumentParser) -> None:
    """Which rows, and how many."""
    add_home(parser, "proof-serving-parity", "PERENNIAL_HOME of the model; trained first if it has none")
    add_fresh(parser)
    parser.add_argument("--span", default=SPAN, help="the export to score")
    parser.add_argument("--rows", type=int, default=ROWS)


def run(options: argparse.Namespace) -> Outcome:
    """Compares, in each form and batch size."""
    code = digest_of_code(REPOSITORY, (*RUN, *options.about))
    keep_only_of(options.home, code, fresh=options.fresh)
    done = Done(options.home, code)
    models = with_a_model(options.home).parent
    command(options.home, "replay", NAME, "--through", options.span)
    candidate, _ = of_live(models.parent)
    checks = RowChecks(
        json.loads(schema_as_json(candidate.schema)), VersionRules.of(candidate.model / READING_FILE)
    )
    span = options.home / "exports" / NAME / options.span
    asked = rows_to_ask(export_rows(span, candidate.schema, checks.columns), checks, options.rows)
    rows = [row for _, row in asked]
    side = TrainingSide(candidate.transform_graph, candidate.model_run, candidate.schema)
    expected = side.score([as_example(row, checks.columns) for row in rows])
    server = ServerProcess(["--model", f"{NAME}={models}", "--workers", "2"])
    try:
        server.wait(lambda: server.get("/readyz")[0] == 200, "the model")
        with grpc.insecure_channel(f"127.0.0.1:{server.grpc_port}") as channel:
            offered = channel if server.grpc_port else None
            forms = forms_of(NAME, checks.columns, server.rest_port, offered)
            comparisons = [
                _once(done, f"{options.span} {len(rows)}", form, ask, rows, expected, batch)
                for form, ask in forms.items()
                for batch in BATCHES
            ]
    finally:
        server.stop()
    text = _page(comparisons, Counter(what for what, _ in asked), rows, options.span)
    good = not any(each.differ for each in comparisons)
    return Outcome(text, good=good, whole=options.rows >= ROWS and options.span == SPAN)


def _once(
    done: Done, of: str, form: str, ask: Ask, rows: Sequence[Any], expected: Any, batch: int
) -> FormComparison:
    """Compares one form and batch size of these rows, unless no row differed when that was done before."""
    name = f"{of} {form} {batch}"
    known = done.get(name)
    if known is not None:
        return FormComparison(**known)
    comparison = compared(form, ask, rows, expected, batch)
    print(comparison, file=sys.stderr, flush=True)
    if not comparison.differ:
        done.add(name, asdict(comparison))
    return comparison


def compared(form: str, ask: Ask, rows: Sequence[Any], expected: Any, batch: int) -> FormComparison:
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
    return FormComparison(form, batch, requests, time.monotonic() - began, largest, differ)


def _page(comparisons: Sequence[FormComparison], kinds: Counter[str], rows: Sequence[Any], span: str) -> str:
    missing = sum(any(value is None for value in row.values()) for row in rows)
    about = (
        f"{len(rows):,} rows: {kinds['real']:,} real ones of {span}, {kinds['unseen']} with unseen "
        f"strings, {kinds['extreme']} at the ends of the schema's bounds, {kinds['nothing']} without any "
        f"value. {missing:,} have missing cells. Two workers; each form scores all rows in each batch size."
    )
    lines = [
        about,
        "",
        "| form | rows a request | requests | largest difference | rows off by more than 1e-6 |",
        "|---|---:|---:|---:|---:|",
    ]
    for each in comparisons:
        lines.append(
            f"| {each.form} | {each.batch} | {each.requests:,} | {each.largest:.1e} | {each.differ} |"
        )
    total = sum(each.differ for each in comparisons)
    count = len(comparisons) * len(rows)
    lines += ["", f"{count:,} scores compared with training's, {total} off by more than 1e-6."]
    return "\n".join(lines)
