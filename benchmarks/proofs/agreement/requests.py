"""Reads the cells of a column by a server's own parsers, in each form of a request, and its request log."""

import base64
import json
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from benchmarks.proofs.agreement.files import (
    checks_of,
    csv_cell,
    csv_line,
    csv_of,
    example_of,
    folded,
)
from benchmarks.proofs.agreement.trials import KEY, NAME, CellOutcome, Trial
from perennial.reading.read_csv import read_csv
from perennial.reading.reading import ExportFormat
from serving.grpc.rows import raw_form
from serving.model.answers import Answers
from serving.model.checks import ReadRows, Row, RowChecks
from serving.model.columns import InputColumn, RowError
from serving.observe.request_log import RequestLog
from serving.reading.values import MISSING
from serving.requests.json_parse import parse
from serving.requests.raw_rows import from_csv, from_json
from serving.requests.tensor_protos import array_of, proto_of

Rows = Sequence[Row | RowError]
_MOST: Final = 1 << 24


class Form:
    """What of an engine the parsers and the log use."""

    def __init__(self, trial: Trial) -> None:
        """Of a version with the trial's rules."""
        self.given_name = trial.given_name
        self.checks: RowChecks = checks_of(trial)
        self.columns: tuple[InputColumn, ...] = self.checks.columns
        self.inputs = (KEY, NAME)
        self.answers = Answers()

    def by_json(self, request: Mapping[str, Any]) -> Rows:
        """The rows of a request's body."""
        return from_json(parse(json.dumps(request).encode()), self.checks).rows

    def by_grpc(self, signature: str, **inputs: Any) -> Rows:
        """The rows of tensors, through their protos."""
        read = raw_form(self, signature, set(inputs))  # type: ignore[arg-type]
        if read is None:
            raise ValueError("the inputs are no raw rows")
        arrays = {name: array_of(name, proto_of(array), _MOST) for name, array in inputs.items()}
        return read(arrays, self)  # type: ignore[arg-type]


@dataclass(frozen=True)
class _LoggedVersion:
    engine: Form
    model: str = "m"
    number: int = 1


def outcomes_of(checks: RowChecks, rows: Rows) -> list[CellOutcome]:
    """What the server makes of each row's cell."""
    read: ReadRows = checks.read(rows)
    return [
        CellOutcome("refused", reason=read.errors[row].problem.removesuffix("."))
        if row in read.errors
        else folded(checks.columns[1].kind, cell)
        for row, cell in enumerate(read.arrays[1].tolist())
    ]


def _json(cell: Any) -> Any:
    return {"b64": base64.b64encode(cell).decode()} if isinstance(cell, bytes) else cell


def _objects(values: Sequence[Any]) -> Any:
    array = np.empty(len(values), object)
    array[:] = values
    return array


def _tensor(cells: Sequence[Any]) -> Any:
    """A tensor, which has no null: the value for missing, of its type."""
    kind = next((type(cell) for cell in cells if cell is not None), str)
    if kind in (str, bytes):
        return _objects([b"" if cell is None else cell.encode() if kind is str else cell for cell in cells])
    missing = {int: MISSING["int"], float: MISSING["float"], bool: False}[kind]
    dtype = {int: np.int64, float: np.float32, bool: np.bool_}[kind]
    return np.array([missing if cell is None else cell for cell in cells], dtype)


def rest_rows(form: Form, cells: Sequence[Any]) -> Rows:
    """Objects of JSON; bytes are base64."""
    return form.by_json(
        {"instances": [{KEY: row, form.given_name: _json(cell)} for row, cell in enumerate(cells)]}
    )


def _rest_columns(form: Form, trial: Trial, cells: Sequence[Any], dice: random.Random) -> Rows:
    return form.by_json({"inputs": {KEY: [*range(len(cells))], form.given_name: [*map(_json, cells)]}})


def _rest_examples(form: Form, trial: Trial, cells: Sequence[Any], dice: random.Random) -> Rows:
    return form.by_json(
        {"instances": [_json(example_of({KEY: row, form.given_name: c})) for row, c in enumerate(cells)]}
    )


def _rest_csv(form: Form, trial: Trial, cells: Sequence[Any], dice: random.Random) -> Rows:
    return from_csv(csv_of(trial, cells, dice), form.checks).rows


def _lines(trial: Trial, cells: Sequence[Any], dice: random.Random) -> list[bytes]:
    return [
        csv_line(trial, (b"%d" % row, csv_cell(trial, cell, dice)), dice) for row, cell in enumerate(cells)
    ]


def _rest_lines(form: Form, trial: Trial, cells: Sequence[Any], dice: random.Random) -> Rows:
    lines = [line.decode() for line in _lines(trial, cells, dice)]
    return form.by_json({"signature_name": "csv_lines", "instances": lines})


def _grpc_lines(form: Form, trial: Trial, cells: Sequence[Any], dice: random.Random) -> Rows:
    return form.by_grpc("csv_lines", lines=_objects(_lines(trial, cells, dice)))


def _grpc_examples(form: Form, trial: Trial, cells: Sequence[Any], dice: random.Random) -> Rows:
    return form.by_grpc(
        "", examples=_objects([example_of({KEY: row, form.given_name: c}) for row, c in enumerate(cells)])
    )


def _grpc_columns(form: Form, trial: Trial, cells: Sequence[Any], dice: random.Random) -> Rows:
    return form.by_grpc("raw_columns", **{KEY: np.arange(len(cells)), form.given_name: _tensor(cells)})


Requests = Mapping[str, Callable[[Form, Trial, Sequence[Any], random.Random], Rows]]
OF_TYPED: Final[Requests] = {
    "REST, rows": lambda form, trial, cells, dice: rest_rows(form, cells),
    "REST, columns": _rest_columns,
    "REST, tf.Example": _rest_examples,
    "gRPC, columns": _grpc_columns,
    "gRPC, tf.Example": _grpc_examples,
}
OF_TEXT: Final[Requests] = {
    **OF_TYPED,
    "REST, CSV": _rest_csv,
    "REST, csv_lines": _rest_lines,
    "gRPC, csv_lines": _grpc_lines,
}


def logged(folder: Path, trial: Trial, cells: Sequence[Any]) -> list[CellOutcome]:
    """What the request log has of rows, read back; a refused row is not in it, and is as served."""
    form = Form(trial)
    rows = rest_rows(form, cells)
    served = outcomes_of(form.checks, rows)
    scores = np.array([np.nan if each.fate == "refused" else 0.5 for each in served], np.float32)
    log = RequestLog(folder, 1.0, max_bytes=_MOST, max_days=30, period=0.001)
    log.offer(_LoggedVersion(form), rows, scores)  # type: ignore[arg-type]
    log.close()
    export = trial.export
    plain = ExportFormat(export.columns, written=trial.written.of_request_log)
    outcomes = {row: each for row, each in enumerate(served) if each.fate == "refused"}
    for path in sorted(folder.glob("*/part-*.csv")):
        read = read_csv(path, plain)
        for key, value in zip(read.table[KEY].to_pylist(), read.table[NAME].to_pylist(), strict=True):
            outcomes[key] = folded(trial.kind, value)
        for bad in read.bad:
            outcomes[int(bad.cells[0] or -1)] = CellOutcome("refused", reason=f"in the log: {bad.reason}")
    return [outcomes.get(row, CellOutcome("refused", reason="not in the log")) for row in range(len(cells))]
