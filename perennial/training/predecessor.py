"""An exported model that training may start from: its weights, its transform, its scores."""

from collections.abc import Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from perennial.examples import batches, dense_columns
from perennial.training.data import LoadedTransform
from perennial.training.id_mapping import MADE_UP, IdMapping, PairCounter
from perennial.training.scaling import Scaling
from perennial.training.starting_point import StartingPoint
from perennial.training.table import Layout
from serving.model.answers import PREDICTION, PROBABILITIES, PROBABILITY
from serving.model.columns import InputColumn

# So many rows of the oldest and of the newest file are looked at where not all have to be.
SAMPLED_ROWS: Final = 2048
# What loading or calling a model raises that this release did not export.
NOT_LOADED: Final = (OSError, ValueError, AttributeError, KeyError, tf.errors.OpError)
# Whatever was wrong with its operations may have been fixed since.
FAILS_ON_ROWS: Final = "its transform fails on some rows"
_OTHER_COLUMNS: Final = "its transform takes other columns"


class Predecessor:
    """An exported model, loaded.

    Attributes:
        transform: Its transform graph.
        scaling: What it was scaled by; None where that is not known.
    """

    def __init__(self, folder: Path) -> None:
        """Loads it.

        Raises:
            OSError, ValueError, AttributeError, tf.errors.OpError: It is no model that this release exported.
        """
        self._loaded = tf.saved_model.load(str(folder))
        self._variables = list(self._loaded.variables_of_model)
        self.transform = LoadedTransform(self._loaded.transform)
        self.scaling = Scaling.of_version(folder)

    @property
    def weights(self) -> list[npt.NDArray[Any]]:
        """Of each variable of its network, in the order of the network's."""
        return [variable.numpy() for variable in self._variables]

    def score(self, examples: tf.Tensor) -> npt.NDArray[np.float32]:
        """Its scores of serialized tf.Examples, as `score_in` gives them.

        Raises:
            ValueError, tf.errors.OpError: It has no known output, or does not take them.
        """
        return score_in(self._loaded.signatures["serving_default"](examples=examples))


def score_in(outputs: Mapping[str, tf.Tensor]) -> npt.NDArray[np.float32]:
    """Of a signature's outputs (`Head.outputs`) the probability, (rows,) or (rows, classes), or the number.

    Raises:
        ValueError: There is none.
    """
    for name in (PROBABILITIES, PROBABILITY, PREDICTION):
        if name in outputs:
            return np.asarray(outputs[name].numpy())
    raise ValueError("The model has no known output.")


def predecessor_of(point: StartingPoint) -> tuple[Predecessor | None, str]:
    """The version to start from; None, and why training begins cold, if it cannot be loaded."""
    try:
        return Predecessor(Path(point.folder)), ""
    except NOT_LOADED as error:
        return None, f"Version {point.version} cannot be loaded ({type(error).__name__})."


def sampled(files: Sequence[str]) -> list[tf.Tensor]:
    """Serialized tf.Examples, string [rows]: the first of the oldest file and of the newest that has rows.

    Args:
        files: gzip TFRecords, oldest first.
    """
    ends = (files, files[::-1]) if len(files) > 1 else (files,)
    firsts = (
        (batch for file in ordered for batch in batches([file], SAMPLED_ROWS).take(1)) for ordered in ends
    )
    return [batch for first in firsts for batch in islice(first, 1)]


def other_numbers(
    former: LoadedTransform,
    present: LoadedTransform,
    columns: Sequence[InputColumn],
    examples: Sequence[tf.Tensor],
) -> str:
    """What of the numbers that two graphs make of the same rows differs, as the end of a sentence; or empty.

    It tells whether constants were kept for what they were computed of: an edited `preprocessing_fn` may
    have constants of the same names for other columns.

    Args:
        former: The version's.
        present: The new one, with the version's constants.
        columns: The raw columns.
        examples: As `sampled` gives them.
    """
    if former.dtypes != present.dtypes:
        return _OTHER_COLUMNS
    for serialized in examples:
        raw = dense_columns(serialized, [column for column in columns if column.name in present.dtypes])
        try:
            theirs, ours = (_numbers(graph(raw)) for graph in (former, present))
        except tf.errors.OpError:
            return FAILS_ON_ROWS
        if theirs.keys() != ours.keys():
            return "its transform gives other features"
        for name, values in ours.items():
            if values.shape != theirs[name].shape or bool(tf.reduce_any(_far(values, theirs[name]))):
                return f"its feature `{name}` has other values"
    return ""


class FeatureComparison:
    """Compares the features of two transform graphs on the same raw rows (`data.RowsBeside`).

    Numbers have to be equal. Of ids it is counted which former id each id was.
    """

    def __init__(self, former: LoadedTransform, layout: Layout) -> None:
        """Takes the former graph, and what the network takes of both."""
        self._former = former
        self._layout = layout
        self._counters = {name: PairCounter() for name in layout.ids}
        self._differing = np.zeros(len(layout.number_names()), np.int64)

    def tensors(self, raw: Mapping[str, tf.Tensor], numbers: tf.Tensor, ids: tf.Tensor) -> tuple[Any, ...]:
        """Rows that differ, by column of numbers, and the ids by both, int64 (rows, width)."""
        former_numbers, former_ids = self._layout.pack(self._former(raw))
        far = tf.cast(_far(numbers, former_numbers), tf.int64)
        return tf.reduce_sum(far, axis=0), ids, former_ids

    def add(self, arrays: Sequence[Any]) -> None:
        """Counts those of a batch."""
        differing, ids, former_ids = arrays
        self._differing += differing
        self._count(ids, former_ids, 1.0)

    def add_made_up(self, transform: LoadedTransform, raw: Mapping[str, tf.Tensor]) -> None:
        """Counts rows that were made up, which weigh nothing beside real ones; `transform` is the new.

        Rows that an operation fails on, as they are no real ones, are left out.
        """
        try:
            (_, ids), (_, former_ids) = (self._layout.pack(graph(raw)) for graph in (transform, self._former))
        except tf.errors.OpError:
            return
        self._count(ids.numpy(), former_ids.numpy(), MADE_UP)

    def _count(self, ids: npt.NDArray[Any], former_ids: npt.NDArray[Any], each: float) -> None:
        theirs = self._layout.ids_by_name(former_ids)
        for name, ours in self._layout.ids_by_name(ids).items():
            self._counters[name].add(ours, theirs[name], each)

    @property
    def differing(self) -> str:
        """A feature of numbers that differs between the two; empty: none."""
        names = self._layout.number_names()
        return next((name for name, rows in zip(names, self._differing, strict=True) if rows), "")

    def mappings(self) -> dict[str, IdMapping]:
        """Of each feature of ids which former id each id was."""
        return {name: counter.mapping() for name, counter in self._counters.items()}


def fits(former: LoadedTransform, present: LoadedTransform, layout: Layout) -> str:
    """Why two graphs cannot be compared on the same rows, as the end of a sentence; empty: they can."""
    if former.dtypes != present.dtypes:
        return _OTHER_COLUMNS
    features = former.loaded.transform_fn.structured_outputs
    for name, shape in {**layout.numbers, **layout.ids}.items():
        if name not in features:
            return f"its transform does not give the feature `{name}`"
        size = features[name].shape[1:].num_elements()
        if size is not None and size != int(np.prod(shape)):
            return f"its feature `{name}` has {size} values a row"
    return ""


def _numbers(features: Mapping[str, Any]) -> dict[str, tf.Tensor]:
    return {
        name: feature
        for name, feature in features.items()
        if isinstance(feature, tf.Tensor) and feature.dtype.is_floating
    }


def _far(numbers: tf.Tensor, former: tf.Tensor) -> tf.Tensor:
    """Where numbers are not those that the former graph makes; NaN is equal to NaN alone."""
    near = tf.abs(numbers - former) <= 1e-5 * (1.0 + tf.abs(numbers))
    return tf.logical_not(near | (tf.math.is_nan(numbers) & tf.math.is_nan(former)))
