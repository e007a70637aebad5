"""Reads examples as training, export and probe all do: one rule for what is missing, one transform."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np
import numpy.typing as npt
import tensorflow as tf
import tensorflow_transform as tft
from tensorflow_metadata.proto.v0 import schema_pb2

from perennial.errors import NodeFailed
from perennial.examples import DTYPES, batches, dense_columns
from perennial.task import NO_CLASS, Task
from perennial.training.scaling import constants_of
from perennial.training.table import Growing, Layout, Table, layout_of, narrowed
from perennial.user_graph import read_lines
from serving.model.columns import InputColumn
from serving.reading.values import MISSING, MISSING_INT

_KINDS: Final = {dtype: kind for kind, dtype in DTYPES.items()}
BATCH: Final = 8192
DAY_LENGTH: Final = len("2013-01-31")


class LoadedTransform:
    """A loaded transform graph, called without AutoGraph, which costs seconds here.

    Attributes:
        loaded: The loaded SavedModel; an exported module has to hold it, or its tables are not initialised.
        dtypes: Raw column -> what the graph takes of it.
    """

    def __init__(self, loaded: Any) -> None:
        """Takes a SavedModel with `transform_fn`, or that part of an exported model."""
        self.loaded = loaded
        (inputs,), _ = loaded.transform_fn.structured_input_signature
        self.dtypes = {name: spec.dtype for name, spec in sorted(inputs.items())}

    def __call__(self, dense: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """Applies the graph to raw columns of shape [None].

        What the graph takes and is not among them is missing: the label, where there is none. What it does
        not take is left out.
        """
        rows = tf.shape(next(iter(dense.values())), out_type=tf.int64)[0]
        sparse = {
            name: as_sparse(dense[name], _KINDS[dtype]) if name in dense else _all_missing(rows, dtype)
            for name, dtype in self.dtypes.items()
        }
        return dict(self.loaded.transform_fn(sparse))


class TransformGraph(LoadedTransform):
    """The transform graph of one Transform artifact.

    Attributes:
        lines: Of its operations the line of the `preprocessing_fn` that made each; empty where none is known.
        vocabulary_sizes: Transformed feature -> number of ids, for each feature of ids.
        constants: By which it scales; None where Beam analysed the rows.
    """

    def __init__(self, path: str) -> None:
        """Loads it from the artifact's folder."""
        output = tft.TFTransformOutput(path)
        super().__init__(tf.saved_model.load(output.transform_savedmodel_dir))
        self.lines = read_lines(Path(path))
        self.constants = constants_of(Path(path))
        self.vocabulary_sizes = {
            name: int(domain.max) + 1
            for name, domain in output.transformed_domains().items()
            if isinstance(domain, schema_pb2.IntDomain)
        }


class RowsBeside(Protocol):
    """Looks at the rows while a table is made of them, so that they are read and parsed once."""

    def tensors(self, raw: Mapping[str, tf.Tensor], numbers: tf.Tensor, ids: tf.Tensor) -> tuple[Any, ...]:
        """What to compute of a batch, in the graph: of raw columns [rows] and of `Layout.pack`'s tensors."""

    def add(self, arrays: Sequence[Any]) -> None:
        """Takes that of the next batch, as arrays."""


def as_sparse(dense: tf.Tensor, kind: str) -> tf.SparseTensor:
    """Drops the missing cells: [None] with sentinels becomes what a VarLen feature parses to.

    The dense shape is always (rows, 1), also where every cell is missing.
    """
    cells = tf.expand_dims(dense, 1)
    if kind == "float":
        present = tf.where(tf.logical_not(tf.math.is_nan(cells)))
    else:
        present = tf.where(tf.not_equal(cells, tf.constant(MISSING[kind], dense.dtype)))
    return tf.SparseTensor(present, tf.gather_nd(cells, present), tf.shape(cells, out_type=tf.int64))


def model_inputs(transformed: Mapping[str, tf.Tensor], model: Any) -> dict[str, tf.Tensor]:
    """Picks and shapes the transformed features that a Keras model takes.

    Raises:
        NodeFailed: The model asks for a feature that the transform does not give.
    """
    layout = layout_of(model)
    features = layout.unpack(*layout.pack(transformed))
    return {tensor.name: tf.cast(features[tensor.name], tensor.dtype) for tensor in model.inputs}


def read_table(
    patterns: Sequence[str],
    transform: TransformGraph,
    columns: Sequence[InputColumn],
    task: Task,
    time_column: str | None,
    layout: Layout,
    most: int,
    beside: RowsBeside | None = None,
) -> Table:
    """Reads gzip TFRecords of raw tf.Examples through the transform into memory, file by file in name order.

    Args:
        patterns: Patterns of files.
        transform: What to apply.
        columns: The schema's columns, the label among them.
        task: Whose label every row must have.
        time_column: A string column whose first 10 characters are the day; None: rows are ordered by a hash.
        layout: What the model takes of the transformed features.
        most: Hold no more rows than this: of more, every second, fourth, ... of all is kept, so that memory
            does not grow with the window.
        beside: Looks at every row, those that are not kept among them.

    Returns:
        The rows, with labels as `label_values` gives them.

    Raises:
        NodeFailed: There is no row, a row has no label or none of the classes, or a transformed number is not
            finite.
    """
    files = sorted(file for pattern in patterns for file in tf.io.gfile.glob(pattern))

    def prepare(serialized: tf.Tensor) -> tuple[tf.Tensor, ...]:
        raw = dense_columns(serialized, columns)
        order = (
            tf.strings.substr(raw[time_column], 0, DAY_LENGTH)
            if time_column
            else row_hashes({name: raw[name] for name in sorted(raw) if name != task.label})
        )
        numbers, ids = layout.pack(transform(raw))
        return numbers, ids, raw[task.label], order, *(beside.tensors(raw, numbers, ids) if beside else ())

    # Parsing beside the one reader costs nothing.
    prepared = batches(files, BATCH).map(
        tf.autograph.experimental.do_not_convert(prepare), num_parallel_calls=2
    )
    return _collected(prepared.prefetch(1).as_numpy_iterator(), task, layout, most, beside)


def row_hashes(columns: Mapping[str, tf.Tensor]) -> tf.Tensor:
    """A number for each row that follows from its values alone.

    Not from the serialized row: its features stand in another order in each process that wrote it, so two
    trainings on the same rows would stop early by different ones.

    Args:
        columns: Column name -> int64, float32 or string [rows], as `dense_columns` gives them, in an order
            that stays.

    Returns:
        int64 [rows], from 0 to 2**62 - 1.
    """
    texts = []
    for column in columns.values():
        if column.dtype.is_floating:
            # Its bits: as text a float would be rounded.
            column = tf.bitcast(column, tf.int32)
        texts.append(column if column.dtype == tf.string else tf.strings.as_string(column))
    return tf.strings.to_hash_bucket_fast(tf.strings.join(texts, separator="\x1f"), 2**62)


def _collected(
    prepared: Iterable[tuple[Any, ...]], task: Task, layout: Layout, most: int, beside: RowsBeside | None
) -> Table:
    """Makes a table of batches of numbers, ids, raw labels and order."""
    numbers, ids, labels, order = matrices = [Growing() for _ in range(4)]
    days: dict[bytes, int] = {}
    seen = unlabelled = 0
    every = 1
    for batch in prepared:
        check_finite(batch[0], layout.number_names())
        if beside:
            beside.add(batch[4:])
        taken = slice(-seen % every, None, every)
        numbers.append(batch[0][taken])
        ids.append(narrowed(batch[1])[taken])
        values = label_values(task, batch[2])
        labels.append(values[taken])
        order.append(_numbered(batch[3][taken], days) if batch[3].dtype == object else batch[3][taken])
        seen += len(values)
        unlabelled += int(np.isnan(values).sum())
        if len(labels) > most:
            every *= 2
            for matrix in matrices:
                matrix.thin()
    _check_rows(seen, unlabelled, task)
    ordered = order.whole()
    if days:
        # Days were numbered as they came; their ranks are what is compared.
        ordered = np.argsort(np.argsort(np.array(list(days)))).astype(np.int32)[ordered]
    return Table(
        layout,
        tf.convert_to_tensor(numbers.whole()),
        tf.convert_to_tensor(ids.whole()),
        labels.whole(),
        ordered,
        np.arange(len(labels), dtype=np.int32),
        tuple(sorted(day.decode() for day in days)),
    )


def label_values(task: Task, raw: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """Labels as numbers.

    Args:
        task: What the label is.
        raw: The label's column, shape (rows,), as `dense_columns` gives it.

    Returns:
        Float64, shape (rows, 1): the number of a regression, else the place of the class; NaN where the label
        is missing, no class, or not finite.
    """
    if task.kind == "regression":
        values = raw.astype(np.float64)
        missing = ~np.isfinite(values) | ((raw == MISSING_INT) if raw.dtype == np.int64 else False)
    else:
        codes = task.codes(raw)
        values, missing = codes.astype(np.float64), codes == NO_CLASS
    return np.where(missing, np.nan, values).reshape(-1, 1)


def _numbered(batch: npt.NDArray[np.object_], days: dict[bytes, int]) -> npt.NDArray[np.int32]:
    """A number for each row's day, the same for the same day; new days are added to `days`."""
    distinct, codes = np.unique(batch, return_inverse=True)
    return np.array([days.setdefault(day, len(days)) for day in distinct], np.int32)[codes]


def _check_rows(rows: int, unlabelled: int, task: Task) -> None:
    if not rows:
        raise NodeFailed(
            "The train split has no rows.",
            "Widen the window or wait for more exports.",
        )
    if unlabelled:
        wanted = "a number" if task.kind == "regression" else f"one of the {len(task.classes)} classes"
        raise NodeFailed(
            f"The label `{task.label}` must be {wanted} in every training row; {unlabelled} rows have none.",
            "Require the label's presence in the schema and list all its classes in the use case.",
        )


def check_finite(numbers: npt.NDArray[np.float32], names: Sequence[str]) -> None:
    """Refuses transformed numbers with NaN or infinity, which the loss would not show: relu makes 0 of NaN.

    Args:
        numbers: Shape (rows, columns).
        names: For each column the feature that it is of.

    Raises:
        NodeFailed: Names the features.
    """
    if not np.isfinite(numbers).all():
        wrong = dict.fromkeys(
            name for name, column in zip(names, numbers.T, strict=True) if not np.isfinite(column).all()
        )
        raise NodeFailed(
            f"The transform gives NaN or infinity in {', '.join(wrong)}.",
            "In the preprocessing_fn, give missing cells a value and clip huge ones.",
        )


def _all_missing(rows: tf.Tensor, dtype: tf.DType) -> tf.SparseTensor:
    return tf.SparseTensor(
        tf.zeros([0, 2], tf.int64), tf.zeros([0], dtype), tf.stack([rows, tf.constant(1, tf.int64)])
    )
