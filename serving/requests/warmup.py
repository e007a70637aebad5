"""Warm-up requests in TF Serving's format, which also prove that a loaded version answers as it should."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import tensorflow as tf
from google.protobuf.message import DecodeError
from tensorflow_serving.apis import prediction_log_pb2

from serving.errors import ServingError
from serving.model.columns import InputColumn, RowError, input_names
from serving.model.engine import RAW_COLUMNS, Engine, InputError
from serving.model.folder import WARMUP_FILE
from serving.model.row_arrays import arrays_of_rows
from serving.model.saved_model import LOAD_ERRORS, LoadError, SavedModel, kind_of
from serving.reading.values import MISSING_INT, MISSING_STRING
from serving.requests.classify import INPUTS, examples_of_input
from serving.requests.forms import Row, as_csv_line, as_example
from serving.requests.tensor_protos import array_of, proto_of

TOLERANCE: Final = 1e-6
# As many as TF Serving replays; of the file itself no more is read than such requests take.
_MOST_RECORDS: Final = 1000
_MOST_BYTES: Final = 64 * 2**20

Request = tuple[str, dict[str, npt.NDArray[Any]]]


def write_warmup(model: Path, rows: Sequence[Row], columns: Sequence[InputColumn]) -> None:
    """Writes raw rows as `:predict` requests into a model's folder: one alone and all at once, in each form.

    The same rows give the same bytes. Any TF Serving that loads the folder replays them, too.

    Args:
        model: Folder of the SavedModel.
        rows: At least one raw row: column -> int, float, str or None.
        columns: What the model takes.
    """
    file = model / WARMUP_FILE
    file.parent.mkdir(exist_ok=True)
    with tf.io.TFRecordWriter(str(file)) as out:
        for some in (rows[:1], rows):
            arrays = arrays_of_rows(some, columns)
            raw = dict(zip(input_names(columns), arrays, strict=True))
            examples: npt.NDArray[Any] = np.array([as_example(row, columns) for row in some], object)
            lines: npt.NDArray[Any] = np.array([as_csv_line(row, columns).encode() for row in some], object)
            out.write(_record(RAW_COLUMNS, raw))
            out.write(_record("serving_default", {"examples": examples}))
            out.write(_record("csv_lines", {"lines": lines}))


def first_row(path: Path, columns: Sequence[InputColumn]) -> dict[str, int | float | str | None] | None:
    """The first raw row among a version's warm-up requests; None where there is none that can be read."""
    try:
        inputs = next((inputs for signature, inputs in _requests(path) if signature == RAW_COLUMNS), None)
        names = zip(columns, input_names(columns), strict=True)
        return {column.name: _plain(inputs[name][0]) for column, name in names} if inputs else None
    except (*LOAD_ERRORS, ServingError, DecodeError, IndexError):
        return None


def prove(saved: SavedModel, engine: Engine | None, path: Path) -> None:
    """Replays a version's warm-up requests; of a model that takes raw rows the scores must be such.

    Without requests a model of raw rows is asked about one row of which everything is missing.

    Raises:
        LoadError: A request fails; or the scores of raw rows are not what the model's task says (a finite
            probability or number a row, or one a class), or differ between the forms.
    """
    try:
        if engine:
            _prove_scores(engine, list(_requests(path)) or _all_missing(engine))
            # What requests come by from now on, with the checks before it.
            engine.score_requests([[{}]])
            return
        for signature, inputs in _requests(path):
            saved.run(signature, inputs)
    except (*LOAD_ERRORS, ServingError, InputError, RowError, DecodeError) as error:
        raise LoadError(f"The model in {path} fails its warm-up requests: {kind_of(error)}.") from error


def _prove_scores(engine: Engine, requests: Sequence[Request]) -> None:
    known: dict[int, npt.NDArray[Any]] = {}
    for signature, inputs in requests:
        rows = len(next(iter(inputs.values())))
        scores = engine.run(signature, inputs)
        if not rows or (problem := engine.answers.problem(scores, rows)):
            raise ValueError(f"{signature} gives {problem if rows else 'no scores'}")
        # Requests of as many rows are the same rows in another form.
        known.setdefault(rows, scores)
        other = known[rows]
        # A regression's float32 numbers are as exact as the largest of them is; a probability is at most 1.
        if np.abs(other - scores).max() > TOLERANCE * max(1.0, float(np.abs(other).max())):
            raise ValueError(f"{signature} gives other scores than another signature for the same rows")


def _all_missing(engine: Engine) -> list[Request]:
    columns = engine.columns
    raw = dict(zip(engine.inputs, arrays_of_rows([{}], columns), strict=True))
    return [
        (RAW_COLUMNS, raw),
        ("serving_default", {"examples": np.array([b""], object)}),
        ("csv_lines", {"lines": np.array([b"," * (len(columns) - 1)], object)}),
    ]


def _requests(path: Path) -> Iterator[Request]:
    file = path / WARMUP_FILE
    if not file.exists():
        return
    if file.stat().st_size > _MOST_BYTES:
        raise ValueError(f"{WARMUP_FILE} has over {_MOST_BYTES} bytes")
    for number, record in enumerate(tf.data.TFRecordDataset(str(file)).as_numpy_iterator()):
        if number >= _MOST_RECORDS:
            raise ValueError(f"{WARMUP_FILE} has over {_MOST_RECORDS} requests")
        log = prediction_log_pb2.PredictionLog.FromString(record)
        kind = log.WhichOneof("log_type")
        if kind == "predict_log":
            request = log.predict_log.request
            inputs = {name: array_of(name, proto, _MOST_BYTES) for name, proto in request.inputs.items()}
            yield request.model_spec.signature_name or "serving_default", inputs
        elif kind in ("classify_log", "regress_log"):
            asked = getattr(log, kind).request
            examples = np.array(examples_of_input(asked.input), object)
            yield asked.model_spec.signature_name or "serving_default", {INPUTS: examples}


def _plain(cell: Any) -> int | float | str | None:
    """A cell as JSON has it; what stands for missing is None."""
    if isinstance(cell, bytes):
        return cell.decode("utf-8", "replace") if cell != MISSING_STRING else None
    # Not through float64: the shortest digits of a float32 are those that a person wrote.
    plain = int(cell) if np.issubdtype(cell.dtype, np.integer) else float(str(cell))
    return None if plain == MISSING_INT or plain != plain else plain


def _record(signature: str, inputs: Mapping[str, npt.NDArray[Any]]) -> bytes:
    log: Any = prediction_log_pb2.PredictionLog()
    request = log.predict_log.request
    request.model_spec.signature_name = signature
    for name, array in inputs.items():
        request.inputs[name].CopyFrom(proto_of(array))
    return bytes(log.SerializeToString(deterministic=True))
