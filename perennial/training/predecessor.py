"""An exported model that training may start from: its weights, its transform, its scores."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from perennial.training.data import LoadedTransform
from perennial.training.id_mapping import MADE_UP, IdMapping, PairCounter
from perennial.training.scaling import Scaling
from perennial.training.table import Layout
from serving.model.answers import PREDICTION, PROBABILITIES, PROBABILITY


class Predecessor:
    """An exported model, loaded.

    Attributes:
        weights: Of each variable of its network, in the order of the network's.
        transform: Its transform graph.
        scaling: What it was scaled by.
    """

    def __init__(self, folder: Path, scaling: Scaling) -> None:
        """Loads it.

        Raises:
            OSError, ValueError, AttributeError, tf.errors.OpError: It is no model that this release exported.
        """
        self._loaded = tf.saved_model.load(str(folder))
        self.weights: list[npt.NDArray[Any]] = [
            variable.numpy() for variable in self._loaded.variables_of_model
        ]
        self.transform = LoadedTransform(self._loaded.transform)
        self.scaling = scaling

    def score(self, examples: tf.Tensor) -> npt.NDArray[np.float32]:
        """Its scores of serialized tf.Examples, as `Head.scores` gives them."""
        outputs = self._loaded.signatures["serving_default"](examples=examples)
        for name in (PROBABILITIES, PROBABILITY, PREDICTION):
            if name in outputs:
                return np.asarray(outputs[name].numpy())
        raise ValueError("The model has no known output.")


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
        far = tf.abs(numbers - former_numbers) > 1e-5 * (1.0 + tf.abs(numbers))
        return tf.reduce_sum(tf.cast(far, tf.int64), axis=0), ids, former_ids

    def add(self, arrays: Sequence[Any]) -> None:
        """Counts those of a batch."""
        differing, ids, former_ids = arrays
        self._differing += differing
        self._count(ids, former_ids, 1.0)

    def add_made_up(self, transform: LoadedTransform, raw: Mapping[str, tf.Tensor]) -> None:
        """Counts rows that were made up, which weigh nothing beside real ones; `transform` is the new."""
        (_, ids), (_, former_ids) = (self._layout.pack(graph(raw)) for graph in (transform, self._former))
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
        return "the columns that the transform takes are others"
    features = former.loaded.transform_fn.structured_outputs
    for name, shape in {**layout.numbers, **layout.ids}.items():
        if name not in features:
            return f"its transform does not give the feature `{name}`"
        size = features[name].shape[1:].num_elements()
        if size is not None and size != int(np.prod(shape)):
            return f"its feature `{name}` has {size} values a row"
    return ""
