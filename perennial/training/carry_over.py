"""Carries the weights of an exported network over to a new one whose features have other ids."""

from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from perennial.training.id_mapping import IdMapping

Weights = list[npt.NDArray[Any]]


def carried(
    model: keras.Model, former: Sequence[npt.NDArray[Any]], mappings: Mapping[str, IdMapping]
) -> tuple[Weights, str]:
    """The values of the new network's variables, in their order.

    Args:
        model: The new network.
        former: The values of the exported one's, in the order of its variables.
        mappings: Of each feature of ids which former id each id was.

    Returns:
        The values, and why there are none, as the end of a sentence; empty: there are.
    """
    changed = {name: mapping for name, mapping in mappings.items() if not mapping.same}
    embedded, problem = _embedded_in(model, changed)
    if problem:
        return [], problem
    if len(model.variables) != len(former):
        return [], "its network has another number of weights"
    values: Weights = []
    for variable, old in zip(model.variables, former, strict=True):
        fresh = variable.numpy()
        feature = embedded.get(variable.path)
        if not np.issubdtype(fresh.dtype, np.floating):
            values.append(fresh)  # the state of a draw: it begins anew
        elif feature and old.shape[1:] == fresh.shape[1:]:
            if not changed[feature].within(len(old), len(fresh)):
                return [], f"the ids of feature `{feature}` have changed, and not all are of its Embedding"
            values.append(changed[feature].weights(old, fresh))
        elif old.shape == fresh.shape:
            values.append(old)
        else:
            return [], f"its weights `{variable.path}` have the shape {old.shape}; now {fresh.shape}"
    return values, ""


def _embedded_in(model: keras.Model, changed: Mapping[str, IdMapping]) -> tuple[dict[str, str], str]:
    """The path of each embedding's variable -> the feature of changed ids that it is of; and what is wrong.

    What else takes ids, such as a one-hot encoding, cannot be carried over where they have changed.
    """
    embedded: dict[str, str] = {}
    inputs = {id(tensor): tensor.name for tensor in model.inputs}
    for operation in getattr(model, "operations", []):
        if isinstance(operation, keras.layers.InputLayer):
            continue
        # `operation.input` is of its first call alone, and an Embedding may be shared.
        taken = [tensor for node in operation._inbound_nodes for tensor in node.input_tensors]
        names = {inputs[id(tensor)] for tensor in taken if id(tensor) in inputs}
        for name in sorted(names & set(changed)):
            if not isinstance(operation, keras.layers.Embedding):
                return {}, f"the ids of feature `{name}` have changed, and `{operation.name}` is no Embedding"
            if len(names) > 1:
                return (
                    {},
                    f"the ids of feature `{name}` have changed, and `{operation.name}` takes others, too",
                )
            embedded[operation.embeddings.path] = name
    if lacking := set(changed) - set(embedded.values()):
        return {}, f"the ids of feature `{min(lacking)}` have changed, and no Embedding takes them"
    return embedded, ""
