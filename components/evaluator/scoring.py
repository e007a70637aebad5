"""Beam steps that read examples, score them with each model's raw-input signature, and group by slice."""

import io
import logging
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePath
from typing import Any

import apache_beam as beam
import numpy as np
import numpy.typing as npt
import tensorflow_model_analysis as tfma
from tensorflow_metadata.proto.v0 import schema_pb2
from tfx.dsl.io import fileio

from components.evaluator.evidence import Rows
from components.evaluator.settings import OVERALL, SliceBy
from components.evaluator.slices import days_of, label_slices
from perennial.errors import SchemaError
from perennial.examples import array_columns, batches
from perennial.files import written_aside
from perennial.progress import report
from perennial.saved_models import ModelFault, load_model, no_answers
from perennial.schema import every_column
from perennial.task import NO_CLASS, Task
from serving.model.columns import InputColumn
from serving.reading.values import MISSING_INT

BATCH_ROWS = 8192
EVAL = "eval"
ANCHOR = "anchor"
# Beside TFMA's models: the live version itself, where the champion is its twin.
LIVE = "live"
# Before a model's name: the class of the error by which it failed on a batch, or "".
_FAULT = "fault:"
# A batch: `split`, `source` (its file), `name` (its own among all) and faults as text, the columns as arrays.
Batch = dict[str, Any]


class ScoreFile(beam.DoFn):
    """Reads one TFRecord file (gzip) of tf.Examples and yields scored batches of its rows."""

    def __init__(
        self,
        models: Mapping[str, str],
        schema: schema_pb2.Schema,
        task: Task,
        time_column: str,
        slices: tuple[SliceBy, ...],
        total_rows: int | None,
    ) -> None:
        """Prepares scoring.

        Args:
            models: Folder of each SavedModel: `candidate`, perhaps `champion`, and `live` where that is
                another.
            schema: The curated schema.
            task: What is to be answered.
            time_column: Name of the time column, or "".
            slices: How rows are cut.
            total_rows: How many rows there are in all files, for the progress report; None: not known.
        """
        names = [task.label, *([time_column] if time_column else []), *(cut.column for cut in slices)]
        known = {column.name: column for column in every_column(schema)}
        self._columns = [_column_of(known, name) for name in dict.fromkeys(names)]
        self._models, self._task, self._time_column = dict(models), task, time_column
        self._slices, self._total, self._done = slices, total_rows, 0

    def process(self, element: tuple[str, str]) -> Iterator[Batch]:
        """Yields the batches of one file.

        Args:
            element: Split and path.
        """
        split, path = element
        for number, examples in enumerate(batches([path], BATCH_ROWS)):
            batch = self._score(examples)
            file = PurePath(path).name
            batch.update(split=split, source=file, name=f"{split}-{file}-{number:05d}")
            self._done += len(batch["labels"])
            report(self._done, self._total, "rows evaluated")
            yield batch

    def _score(self, examples: Any) -> Batch:
        """Returns labels, scores, days and slices of one batch of serialized examples."""
        columns = array_columns(examples, self._columns)
        batch: Batch = {"labels": _labels(self._task, columns[self._task.label])}
        for name, path in self._models.items():
            batch[name], batch[f"{_FAULT}{name}"] = _answers(name, path, self._task, examples)
        if self._time_column:
            batch["days"] = days_of(columns[self._time_column])
        for cut in self._slices:
            batch[f"slice:{cut.name}"] = label_slices(cut, columns[cut.column])
        return batch


def _column_of(columns: Mapping[str, InputColumn], name: str) -> InputColumn:
    """Returns a column of the schema."""
    if name not in columns:
        raise SchemaError(
            f"The evaluation settings name the column `{name}`, which is not in the schema.",
            "Set label, time column and `slices` to columns of the schema.",
        )
    return columns[name]


def _labels(task: Task, values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Returns what metrics take for labels, each missing one as `is_missing` knows it."""
    if task.kind != "regression":
        # One byte a row where there are two classes: all rows of a slice are held at once.
        return task.codes(values).astype(np.int8 if task.kind == "binary" else np.int32)
    return np.where(values == MISSING_INT, np.nan, values.astype(np.float64))


def is_missing(task: Task, labels: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """Returns which of `_labels` are no class, or no number."""
    return np.isnan(labels) if task.kind == "regression" else np.asarray(labels == NO_CLASS)


def _answers(name: str, path: str, task: Task, examples: Any) -> tuple[npt.NDArray[np.float32], str]:
    """Returns one model's answers; NaN for a batch that it fails on, and the class of the error there."""
    none = no_answers(task, int(examples.shape[0]))
    try:
        answers = load_model(path, task)(examples)
    except ModelFault as error:
        logging.warning("The %s failed on a batch of %d rows: %s", name, len(none), error)
        return none, str(error)
    return (answers if answers.shape == none.shape else none), ""


class GroupBySlice(beam.DoFn):
    """Turns a batch into one TFMA extract a slice, with all its labels and predictions at once."""

    def __init__(self, models: tuple[str, ...], slices: tuple[SliceBy, ...]) -> None:
        """Groups the scores of `models` by `slices`, and overall."""
        self._models, self._slices = models, slices

    def process(self, element: dict[str, Batch]) -> Iterator[dict[str, Any]]:
        """Yields the extracts of the batch under the key `batch`."""
        batch = element["batch"]
        yield self._extract(batch, (), slice(None))
        for cut in self._slices:
            values = batch[f"slice:{cut.name}"]
            order = np.argsort(values, kind="stable")
            distinct, starts = np.unique(values[order], return_index=True)
            for value, rows in zip(distinct, np.split(order, starts[1:]), strict=True):
                yield self._extract(batch, ((cut.name, str(value)),), rows)

    def _extract(self, batch: Batch, slice_key: tuple[tuple[str, str], ...], rows: Any) -> dict[str, Any]:
        predictions = {model: batch[model][rows] for model in self._models}
        return {
            tfma.SLICE_KEY_TYPES_KEY: [slice_key],
            tfma.LABELS_KEY: batch["labels"][rows],
            tfma.PREDICTIONS_KEY: predictions,
            tfma.EXAMPLE_WEIGHTS_KEY: None,
        }


def write_batch(batch: Batch, folder: str) -> None:
    """Writes a batch as `<folder>/<its name>.npz`; the same again if Beam tries again."""
    with written_aside(Path(folder) / f"{batch['name']}.npz") as aside, aside.open("wb") as file:
        np.savez(file, **batch)


def read_batches(folder: str) -> list[Batch]:
    """Reads back what `write_batch` wrote, in order of file and row."""
    batches = []
    for path in sorted(fileio.glob(f"{folder}/*.npz")):
        with fileio.open(path, "rb") as file, np.load(io.BytesIO(file.read()), allow_pickle=False) as stored:
            batch = {name: stored[name] for name in stored.files}
            texts = {name: str(values) for name, values in batch.items() if _is_text(name)}
            batches.append({**batch, **texts})
    return batches


def rows_of(
    batches: Sequence[Batch],
    split: str,
    task: Task,
    slices: tuple[SliceBy, ...],
    span_of_file: Mapping[str, str],
) -> Rows:
    """Joins the batches of one split.

    Args:
        batches: In order.
        split: `eval` or `anchor`.
        task: What was answered.
        slices: How rows were cut.
        span_of_file: The span of each of the split's files, by the file's name.

    Returns:
        The rows; none where the split had none.
    """
    wanted = [batch for batch in batches if batch["split"] == split]
    if not wanted:
        return Rows(np.zeros(0, np.int8), no_answers(task, 0))
    arrays = [name for name in wanted[0] if not _is_text(name)]
    joined = {name: np.concatenate([batch[name] for batch in wanted]) for name in arrays}
    return Rows(
        joined["labels"],
        joined["candidate"],
        joined.get("champion"),
        joined.get("days"),
        {cut.name: joined[f"slice:{cut.name}"] for cut in slices},
        live=joined.get(LIVE),
        spans=np.concatenate([np.full(len(each["labels"]), span_of_file[each["source"]]) for each in wanted]),
    )


def faults_of(batches: Sequence[Batch], model: str) -> tuple[str, ...]:
    """Returns the classes of the errors by which a model failed on batches; none where it did not."""
    return tuple(sorted({batch.get(f"{_FAULT}{model}", "") for batch in batches} - {""}))


def _is_text(name: str) -> bool:
    return name in ("split", "source", "name") or name.startswith(_FAULT)


def metrics_by_slice(output: str, model: str) -> dict[tuple[str, str], dict[str, float]]:
    """Reads one model's metrics from TFMA's files.

    Args:
        output: Folder of the evaluation.
        model: Name of the model in the `EvalConfig`.

    Returns:
        Metrics by name, by slice: `(name, value)`, or `OVERALL`. A value TFMA could not compute is NaN.
    """
    by_slice: dict[tuple[str, str], dict[str, float]] = {}
    for record in tfma.load_metrics(output):
        pairs = [(each.column, each.bytes_value.decode()) for each in record.slice_key.single_slice_keys]
        metrics = {
            each.key.name: float(each.value.double_value.value)
            for each in record.metric_keys_and_values
            if each.key.model_name in (model, "") and not each.key.is_diff
        }
        by_slice[pairs[0] if pairs else OVERALL] = metrics
    return by_slice
