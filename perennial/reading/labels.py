"""Labels as the task knows them: which values are one of its classes, and how many there are of each."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from perennial.task import Class, Task


def is_class(labels: pa.ChunkedArray, task: Task) -> pa.ChunkedArray:
    """Which values are one of the task's classes; null where the value is missing."""
    matches = pc.is_in(labels, value_set=_value_set(labels, task.classes))
    return pc.if_else(pc.is_null(labels), None, matches)


def counts_of(labels: pa.ChunkedArray, task: Task | None) -> list[int]:
    """How many rows there are of each class, in order; empty without classes."""
    if task is None or not task.classes:
        return []
    places = pc.index_in(labels, value_set=_value_set(labels, task.classes)).drop_null()
    codes: npt.NDArray[Any] = np.asarray(places.to_numpy())
    return [int(count) for count in np.bincount(codes, minlength=len(task.classes))]


def sum_of(labels: pa.ChunkedArray) -> float | None:
    """The sum of labels that are numbers; else None."""
    if pa.types.is_binary(labels.type):
        return None
    return float(pc.sum(labels).as_py() or 0.0)


def _value_set(labels: pa.ChunkedArray, classes: tuple[Class, ...]) -> pa.Array:
    values = [name.encode() if isinstance(name, str) else name for name in classes]
    return pa.array(values, labels.type)
