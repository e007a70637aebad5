"""Transformed rows in memory: two matrices, one of numbers and one of ids, that batches are gathered from."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from perennial.errors import NodeFailed

Shapes = Mapping[str, tuple[int, ...]]


@dataclass(frozen=True)
class Layout:
    """Where each input of a model stands in the matrices; the order of both is that of the model's inputs.

    An array for each input would cost an operation for each of them in every training step, and as much time
    as the step itself (docs/decisions/training.md).

    Attributes:
        numbers: Name of each input of floats -> shape of one row of it.
        ids: The same of each input of integers.
    """

    numbers: Shapes
    ids: Shapes

    def pack(self, features: Mapping[str, tf.Tensor]) -> tuple[tf.Tensor, tf.Tensor]:
        """Puts features side by side.

        Args:
            features: Name -> tensor of shape (rows, ...), whatever else is among them.

        Returns:
            float32 (rows, width of all numbers) and int64 (rows, width of all ids).

        Raises:
            NodeFailed: An input of the model is not among the features, or has another size than the feature.
        """
        lacking = sorted({*self.numbers, *self.ids} - set(features))
        if lacking:
            raise NodeFailed(
                f"The model takes features that the transform does not return: {', '.join(lacking)}.",
                "Return them from the preprocessing_fn, or remove them from build_model.",
            )
        for name, shape in {**self.numbers, **self.ids}.items():
            size = features[name].shape[1:].num_elements()
            if size is not None and size != prod(shape):
                raise NodeFailed(
                    f"The model takes `{name}` with {prod(shape)} values a row; the transform gives {size}.",
                    f"Give keras.Input of `{name}` in build_model the shape that preprocessing_fn returns.",
                )
        rows = tf.shape(next(iter(features.values())))[0]
        return _joined(features, self.numbers, tf.float32, rows), _joined(features, self.ids, tf.int64, rows)

    def unpack(self, numbers: tf.Tensor, ids: tf.Tensor) -> dict[str, tf.Tensor]:
        """Takes the matrices apart again: name -> (rows, ...), float32 or int64."""
        return {**_apart(numbers, self.numbers), **_apart(tf.cast(ids, tf.int64), self.ids)}

    def ids_by_name(self, ids: npt.NDArray[Any]) -> dict[str, npt.NDArray[Any]]:
        """Takes an array of the matrix of ids apart: name -> (rows, width of the feature)."""
        ends = np.cumsum([prod(shape) for shape in self.ids.values()])
        return dict(zip(self.ids, np.split(ids, ends[:-1], axis=1), strict=True)) if self.ids else {}

    def number_names(self) -> list[str]:
        """For each column of the matrix of numbers the feature that it is of."""
        return [name for name, shape in self.numbers.items() for _ in range(prod(shape))]


def layout_of(model: Any) -> Layout:
    """The layout of what a Keras model takes."""
    shapes = {tensor.name: tuple(int(size) for size in tensor.shape[1:]) for tensor in model.inputs}
    floats = {tensor.name for tensor in model.inputs if tf.as_dtype(tensor.dtype).is_floating}
    return Layout(
        {name: shape for name, shape in shapes.items() if name in floats},
        {name: shape for name, shape in shapes.items() if name not in floats},
    )


@dataclass(frozen=True)
class Table:
    """Transformed rows in memory, in the order of the files, or some of them.

    The matrices are tensors, and every dataset that is made of them shares them.

    Attributes:
        layout: What the matrices hold.
        numbers: float32 (all rows, width).
        ids: int32 (int64 where a value needs it), (all rows, width).
        label: (all rows, 1): float64 as read (`data.label_values`), float32 as training takes it.
        order: What early stopping splits by, integers (all rows,): the rank of the row's day, or, without a
            time column, a hash of the row.
        chosen: int32 (rows,): which of all rows these are.
        days: The day of each rank in `order`, such as "2013-01-31"; empty without a time column.
    """

    layout: Layout
    numbers: tf.Tensor
    ids: tf.Tensor
    label: tf.Tensor
    order: npt.NDArray[np.integer[Any]]
    chosen: npt.NDArray[np.int32]
    days: tuple[str, ...] = ()

    def __len__(self) -> int:
        """Number of rows."""
        return len(self.chosen)

    def where(self, mask: npt.NDArray[np.bool_]) -> "Table":
        """The rows where the boolean `mask`, shape (rows,), is true, in the same order; nothing is copied."""
        return replace(self, chosen=self.chosen[mask])

    def order_of_rows(self) -> npt.NDArray[np.integer[Any]]:
        """`order` of these rows."""
        return self.order[self.chosen]


class Growing:
    """A matrix that grows by blocks of rows in place: copies of it would be the most that training holds."""

    def __init__(self) -> None:
        """Begins with no row; width and dtype are those of the first block."""
        self._values: npt.NDArray[Any] = np.empty((0, 0))
        self._rows = 0

    def append(self, block: npt.NDArray[Any]) -> None:
        """Adds a block of shape (rows, ...)."""
        if not self._rows:
            self._values = np.empty((0, *block.shape[1:]), block.dtype)
        if block.dtype.itemsize > self._values.dtype.itemsize:
            self._values = self._values.astype(block.dtype)
        needed = self._rows + len(block)
        if needed > len(self._values):
            self._resize(max(needed, len(self._values) * 3 // 2))
        self._values[self._rows : needed] = block
        self._rows = needed

    def __len__(self) -> int:
        """Number of rows."""
        return self._rows

    def thin(self) -> None:
        """Keeps every second row, the first among them."""
        kept = self._values[: self._rows : 2]
        self._values[: len(kept)] = kept
        self._rows = len(kept)

    def whole(self) -> npt.NDArray[Any]:
        """The matrix; nothing may be added to it any more."""
        self._resize(self._rows)
        return self._values

    def _resize(self, rows: int) -> None:
        # Large blocks of memory are moved by the kernel without being copied.
        self._values.resize((rows, *self._values.shape[1:]), refcheck=False)


def narrowed(ids: npt.NDArray[np.int64]) -> npt.NDArray[np.integer[Any]]:
    """Integers as int32 where they all fit."""
    bounds = np.iinfo(np.int32)
    fits = not ids.size or (ids.min() >= bounds.min and ids.max() <= bounds.max)
    return ids.astype(np.int32) if fits else ids


def _joined(features: Mapping[str, tf.Tensor], shapes: Shapes, dtype: tf.DType, rows: tf.Tensor) -> tf.Tensor:
    parts = [tf.cast(tf.reshape(features[name], [-1, prod(shape)]), dtype) for name, shape in shapes.items()]
    return tf.concat(parts, axis=1) if parts else tf.zeros(tf.stack([rows, 0]), dtype)


def _apart(matrix: tf.Tensor, shapes: Shapes) -> dict[str, tf.Tensor]:
    if not shapes:
        return {}
    parts = tf.split(matrix, [prod(shape) for shape in shapes.values()], axis=-1)
    return {
        # A column that is one wide already stands as it is wanted; most do.
        name: part if shape == (1,) else tf.reshape(part, [-1, *shape])
        for (name, shape), part in zip(shapes.items(), parts, strict=True)
    }
