"""The network for flights: a linear part on everything beside a deep part on time of day and dew point."""

from collections.abc import Mapping
from typing import Any, Final

import keras

from transforms.flights import DAYS, FLIGHT_BUCKETS, HOURS, NUMBERS

NUMBERS_IN: Final = (
    "minute",
    "precip",
    "precip_missing",
    *NUMBERS,
    *(f"{name}_missing" for name in NUMBERS),
)
# What weather does changes with the time of day, as delays pile up, and damp, hot air brings storms. The deep
# part sees these two numbers alone: with more of the weather it learns the window's few days by heart.
DEEP_NUMBERS: Final = ("minute", "dewp")
FIXED_SIZES: Final = {"hour": HOURS + 1, "weekday": DAYS + 1, "flight_id": FLIGHT_BUCKETS}
VOCABULARIES: Final = ("carrier_id", "origin_id", "dest_id")


def build_model(hyperparameters: Mapping[str, Any], vocabulary_sizes: Mapping[str, int]) -> keras.Model:
    """Builds the network; it is neither compiled nor fitted.

    Args:
        hyperparameters: `hidden_units` (list: the width of each hidden layer, none for a linear model),
            `dropout` (share), `embedding_sizes` (feature of ids -> its size in the deep part; those that
            are not named stay out of it), `deep_l2` and `wide_l2` (the weights' penalties).
        vocabulary_sizes: `carrier_id`, `origin_id`, `dest_id` -> number of ids, out of vocabulary included.

    Returns:
        A model of inputs by name, each (batch, 1), int64 for ids and float32 else; its output is the
        logit of being late, (batch, 1). Every weight that the deep part does not hold starts at 0.
    """
    sizes = {**FIXED_SIZES, **{name: vocabulary_sizes[name] for name in VOCABULARIES}}
    numbers = {name: keras.Input((1,), name=name) for name in NUMBERS_IN}
    ids = {name: keras.Input((1,), name=name, dtype="int64") for name in sizes}
    parts = _wide(hyperparameters["wide_l2"], numbers, ids, sizes)
    if hyperparameters["hidden_units"]:
        parts.append(_deep(hyperparameters, numbers, ids, sizes))
    return keras.Model({**numbers, **ids}, keras.layers.Add(name="logit")(parts))


def _wide(
    penalty: float, numbers: Mapping[str, Any], ids: Mapping[str, Any], sizes: Mapping[str, int]
) -> list[Any]:
    """One weight a number and one an id (that is, an embedding of size 1); logits, each (batch, 1)."""
    joined = keras.layers.Concatenate(name="wide_numbers_in")(list(numbers.values()))
    parts = [keras.layers.Dense(1, kernel_initializer="zeros", name="wide_numbers")(joined)]
    for name, tensor in ids.items():
        weights = keras.layers.Embedding(
            sizes[name],
            1,
            embeddings_initializer="zeros",
            embeddings_regularizer=keras.regularizers.L2(penalty),
            name=f"wide_{name}",
        )(tensor)
        parts.append(keras.layers.Flatten(name=f"wide_{name}_logit")(weights))
    return parts


def _deep(
    hyperparameters: Mapping[str, Any],
    numbers: Mapping[str, Any],
    ids: Mapping[str, Any],
    sizes: Mapping[str, int],
) -> Any:
    """Hidden layers over `DEEP_NUMBERS` and the embedded ids; a logit, (batch, 1)."""
    penalty = keras.regularizers.L2(hyperparameters["deep_l2"])
    parts = [numbers[name] for name in DEEP_NUMBERS]
    for name, width in hyperparameters["embedding_sizes"].items():
        embedded = keras.layers.Embedding(sizes[name], width, name=f"deep_{name}")(ids[name])
        parts.append(keras.layers.Flatten(name=f"deep_{name}_in")(embedded))
    hidden = keras.layers.Concatenate(name="deep_in")(parts)
    for depth, units in enumerate(hyperparameters["hidden_units"], start=1):
        hidden = keras.layers.Dense(
            units, activation="relu", kernel_regularizer=penalty, name=f"hidden_{depth}"
        )(hidden)
        hidden = keras.layers.Dropout(hyperparameters["dropout"], name=f"dropout_{depth}")(hidden)
    return keras.layers.Dense(1, kernel_regularizer=penalty, name="deep_logit")(hidden)
