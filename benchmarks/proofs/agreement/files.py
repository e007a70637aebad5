"""Writes a column into files, and reads them as `run`, `check` and `predict` do."""

import math
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import tensorflow as tf

from benchmarks.proofs.agreement.trials import KEY, NAME, CellOutcome, Trial
from commands.predict.answers import AnswerColumns
from commands.predict.csv_table import CsvTable
from commands.predict.parquet_table import ParquetTable
from commands.predict.rules import Rules
from perennial.errors import FileRefused
from perennial.reading.read_csv import read_csv
from perennial.reading.read_parquet import read_parquet
from perennial.reading.read_tfrecord import read_tfrecord
from perennial.reading.reading import BadRow, Read
from serving.model.answers import Answers
from serving.model.checks import RowChecks
from serving.reading.values import MISSING, Kind
from serving.reading.version_rules import VersionRules

Outcomes = list[CellOutcome]
Files = Mapping[str, Callable[[Path, Trial, Sequence[Any], random.Random], Outcomes]]
_TYPES: Final = {str: pa.string(), int: pa.int64(), float: pa.float64(), bool: pa.bool_(), bytes: pa.binary()}
_FEATURES: Final = {"int": "INT", "float": "FLOAT", "string": "BYTES"}


def checks_of(trial: Trial) -> RowChecks:
    """What the server checks of such rows."""
    features = [{"name": KEY, "type": "INT"}, {"name": NAME, "type": _FEATURES[trial.kind]}]
    return RowChecks({"feature": features}, VersionRules(trial.written.rules, trial.written.dialect))


def csv_cell(trial: Trial, text: str | None, dice: random.Random) -> bytes:
    """A cell of the trial's dialect, quoted also where it needs not be; nothing where it is not there."""
    written, dialect = trial.written, trial.written.dialect
    if text is None:
        return b"\\N" if written.escapechar and written.escape_unquoted and dice.random() < 0.5 else b""
    cell = dialect.cell(text.encode())
    quote, escape = ((mark or "").encode() for mark in (written.quotechar, written.escapechar))
    if quote and not cell.startswith(quote) and (text[:1] == " " or dice.random() < 0.3):
        return (
            quote + cell.replace(escape, escape * 2) + quote
            if escape and not written.escape_unquoted
            else quote + cell + quote
        )
    return cell


def csv_line(trial: Trial, cells: Sequence[bytes], dice: random.Random) -> bytes:
    """A line of the trial's dialect."""
    spaces = b" " * dice.randint(0, 2) if trial.written.skipinitialspace else b""
    return (trial.written.delimiter.encode() + spaces).join(cells)


def csv_of(trial: Trial, cells: Sequence[str | None], dice: random.Random) -> bytes:
    """A CSV with the number of each row before its cell."""
    lines = [
        csv_line(trial, (b"%d" % row, csv_cell(trial, cell, dice)), dice) for row, cell in enumerate(cells)
    ]
    header = csv_line(trial, (KEY.encode(), csv_cell(trial, trial.given_name, dice)), dice)
    return b"\n".join([header, *lines, b""])


def _run_csv(folder: Path, trial: Trial, cells: Sequence[Any], dice: random.Random) -> Outcomes:
    path = folder / "part.csv"
    path.write_bytes(csv_of(trial, cells, dice))
    return _of_read(read_csv(path, trial.export), len(cells))


def _predict_csv(folder: Path, trial: Trial, cells: Sequence[Any], dice: random.Random) -> Outcomes:
    path = folder / "part.csv"
    path.write_bytes(csv_of(trial, cells, dice))
    return _predicted(CsvTable, path, trial, len(cells))


def _write_parquet(folder: Path, trial: Trial, cells: Sequence[Any]) -> Path:
    kind = next((type(cell) for cell in cells if cell is not None), str)
    table = pa.table({KEY: pa.array(range(len(cells))), trial.given_name: pa.array(cells, _TYPES[kind])})
    pq.write_table(table, folder / "part.parquet", use_dictionary=len(cells) % 2 == 0)
    return folder / "part.parquet"


def _run_parquet(folder: Path, trial: Trial, cells: Sequence[Any], dice: random.Random) -> Outcomes:
    try:
        return _of_read(read_parquet(_write_parquet(folder, trial, cells), trial.export), len(cells))
    except FileRefused:
        return [REFUSED_FILE] * len(cells)


def _predict_parquet(folder: Path, trial: Trial, cells: Sequence[Any], dice: random.Random) -> Outcomes:
    try:
        return _predicted(ParquetTable, _write_parquet(folder, trial, cells), trial, len(cells))
    except FileRefused:
        return [REFUSED_FILE] * len(cells)


# Of a column whose type does not fit, all cells.
REFUSED_FILE: Final = CellOutcome("refused", reason="the file is refused")


def example_of(cells: Mapping[str, Any]) -> bytes:
    """A serialized tf.Example; a cell that is None is not in it."""
    example = tf.train.Example()
    for name, cell in cells.items():
        if cell is None:
            continue
        lists = example.features.feature[name]
        value = cell.encode() if isinstance(cell, str) else cell
        kinds = {int: lists.int64_list, float: lists.float_list, bytes: lists.bytes_list}
        kinds[type(value)].value.append(value)
    return bytes(example.SerializeToString())


def _run_tfrecord(folder: Path, trial: Trial, cells: Sequence[Any], dice: random.Random) -> Outcomes:
    path = folder / "part.tfrecord"
    with tf.io.TFRecordWriter(str(path)) as writer:
        for row, cell in enumerate(cells):
            writer.write(example_of({KEY: row, trial.given_name: cell}))
    return _of_read(read_tfrecord(path, trial.export), len(cells))


def _of_read(read: Read, rows: int) -> Outcomes:
    """By the number of each row; one that lacks its label is missing it."""
    outcomes = {key: CellOutcome("missing") for key in read.unlabelled[KEY].to_pylist()}
    keys, values = read.table[KEY].to_pylist(), read.table[NAME].to_pylist()
    for key, value in zip(keys, values, strict=True):
        outcomes[key] = CellOutcome("missing") if value is None else CellOutcome("read", value)
    return _with_refused(outcomes, read.bad, read.header, rows)


def _with_refused(
    outcomes: dict[int, CellOutcome], bad: Sequence[BadRow], header: Sequence[str], rows: int
) -> Outcomes:
    for row in bad:
        key = int(row.cells[header.index(KEY)] or -1)
        outcomes[key] = CellOutcome("refused", reason=row.reason)
    return [outcomes[row] for row in range(rows)]


class _Recorder:
    """Stands in the place of the scoring process, and keeps what it is given."""

    def __init__(self, kind: Kind) -> None:
        self._kind = kind
        self.outcomes: dict[int, CellOutcome] = {}

    def score(self, columns: Sequence[Any]) -> tuple[Any, Any]:
        keys, cells = (
            column.to_pylist() if isinstance(column, pa.Array) else column.tolist() for column in columns
        )
        self.outcomes |= {key: folded(self._kind, cell) for key, cell in zip(keys, cells, strict=True)}
        return np.zeros(len(keys), np.float32), np.zeros(len(keys), bool)


def folded(kind: Kind, cell: Any) -> CellOutcome:
    """What a model is given: the value for missing is missing, and an empty text is that."""
    is_missing = cell in (None, MISSING[kind]) or (isinstance(cell, float) and math.isnan(cell))
    return CellOutcome("missing") if is_missing else CellOutcome("read", cell)


def _predicted(table_of: Any, path: Path, trial: Trial, rows: int) -> Outcomes:
    export = replace(trial.export, time_column="")  # as `predict` reads
    rules = Rules(export.columns, checks_of(trial), Answers(), trial.written.version_rules)
    table, recorder = table_of(path, export, rules, AnswerColumns(Answers())), _Recorder(trial.kind)
    parts = [table.score(part, recorder) for part in table.parts()]
    bad = [row for part in parts for row in part.refused]
    return _with_refused(recorder.outcomes, bad, table.header, rows)


OF_TEXT: Final[Files] = {
    "run, CSV": _run_csv,
    "run, Parquet": _run_parquet,
    "run, TFRecord": _run_tfrecord,
    "predict, CSV": _predict_csv,
    "predict, Parquet": _predict_parquet,
}
OF_TYPED: Final[Files] = {name: OF_TEXT[name] for name in OF_TEXT if "CSV" not in name}
