"""The network for flights: its inputs, its knobs, and that it learns what it is for."""

from typing import Any

import keras
import numpy as np
import pytest

from models.flights import DEEP_NUMBERS, FIXED_SIZES, NUMBERS_IN, build_model

HYPERPARAMETERS: dict[str, Any] = {
    "hidden_units": [8, 4],
    "embedding_sizes": {"origin_id": 2},
    "dropout": 0.1,
    "deep_l2": 1e-5,
    "wide_l2": 1e-5,
}
VOCABULARIES = {"carrier_id": 17, "origin_id": 4, "dest_id": 90}


def inputs(rows: int) -> dict[str, np.ndarray[Any, Any]]:
    draw = np.random.default_rng(3)
    ids = {name: draw.integers(0, size, (rows, 1)) for name, size in (FIXED_SIZES | VOCABULARIES).items()}
    return {**ids, **{name: draw.normal(size=(rows, 1)).astype("float32") for name in NUMBERS_IN}}


def test_it_gives_one_finite_logit_a_row() -> None:
    logits = keras.ops.convert_to_numpy(build_model(HYPERPARAMETERS, VOCABULARIES)(inputs(5)))
    assert logits.shape == (5, 1)
    assert np.isfinite(logits).all()


def test_width_depth_and_embeddings_come_from_the_hyperparameters() -> None:
    model = build_model(
        HYPERPARAMETERS | {"hidden_units": [32, 16, 8], "embedding_sizes": {"dest_id": 5, "hour": 3}},
        VOCABULARIES,
    )
    assert [model.get_layer(f"hidden_{depth}").units for depth in (1, 2, 3)] == [32, 16, 8]
    assert model.get_layer("deep_dest_id").output_dim == 5
    assert model.get_layer("deep_in").output.shape[1] == 5 + 3 + len(DEEP_NUMBERS)


def test_without_hidden_layers_it_is_linear_and_starts_at_zero() -> None:
    model = build_model(HYPERPARAMETERS | {"hidden_units": []}, VOCABULARIES)
    assert not keras.ops.convert_to_numpy(model(inputs(5))).any()


def test_the_same_seed_gives_the_same_model() -> None:
    scores = []
    for _ in range(2):
        keras.utils.set_random_seed(17)
        scores.append(keras.ops.convert_to_numpy(build_model(HYPERPARAMETERS, VOCABULARIES)(inputs(5))))
    assert (scores[0] == scores[1]).all()


def test_it_learns_that_damp_air_matters_more_in_the_evening() -> None:
    keras.utils.set_random_seed(17)
    rows = inputs(4000)
    label = (rows["minute"] * rows["dewp"] > 0).astype("float32")
    model = build_model(HYPERPARAMETERS, VOCABULARIES)
    model.compile(keras.optimizers.Adam(0.02), keras.losses.BinaryCrossentropy(from_logits=True))
    history = model.fit(rows, label, batch_size=256, epochs=8, verbose=0).history
    # A linear model cannot tell, and stays at ln 2.
    assert history["loss"][-1] < 0.35


def test_it_survives_saving_and_loading(tmp_path: Any) -> None:
    model = build_model(HYPERPARAMETERS, VOCABULARIES)
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    rows = inputs(5)
    assert (keras.ops.convert_to_numpy(model(rows)) == keras.ops.convert_to_numpy(again(rows))).all()


@pytest.mark.parametrize("lacking", ["hidden_units", "dropout", "wide_l2"])
def test_a_lacking_hyperparameter_is_named(lacking: str) -> None:
    with pytest.raises(KeyError, match=lacking):
        build_model({k: v for k, v in HYPERPARAMETERS.items() if k != lacking}, VOCABULARIES)
