"""Weights that are carried over to a network whose features have other ids."""

import keras
import numpy as np
import pytest

from perennial.training.carry_over import carried
from perennial.training.id_mapping import IdMapping, PairCounter


def _mapping(new: list[int], old: list[int]) -> IdMapping:
    counter = PairCounter()
    counter.add(np.array(new), np.array(old))
    return counter.mapping()


SWAPPED, SAME = _mapping([0, 1], [1, 0]), _mapping([0, 1], [0, 1])


def _network(*, shared: bool) -> keras.Model:
    origin, dest = (keras.Input((1,), name=name, dtype="int64") for name in ("origin", "dest"))
    one = keras.layers.Embedding(2, 3, name="places")
    other = one if shared else keras.layers.Embedding(2, 3, name="others")
    joined = keras.layers.Concatenate()([one(origin), other(dest)])
    return keras.Model([origin, dest], keras.layers.Dense(1)(keras.layers.Flatten()(joined)))


def test_an_embedding_takes_its_rows_to_their_new_ids() -> None:
    model = _network(shared=False)
    former = [variable.numpy() for variable in model.variables]
    values, problem = carried(model, former, {"origin": SWAPPED, "dest": SAME})
    assert problem == ""
    assert np.array_equal(values[0], former[0][::-1])
    assert all(np.array_equal(value, old) for value, old in zip(values[1:], former[1:], strict=True))


@pytest.mark.parametrize("moved", ["origin", "dest"])
def test_an_embedding_of_two_features_cannot_follow_one_of_them(moved: str) -> None:
    model = _network(shared=True)
    mappings = {name: SWAPPED if name == moved else SAME for name in ("origin", "dest")}
    values, problem = carried(model, [variable.numpy() for variable in model.variables], mappings)
    assert (values, problem) == (
        [],
        f"the ids of feature `{moved}` have changed, and `places` takes others, too",
    )


def test_ids_that_no_embedding_has_are_no_start() -> None:
    model = _network(shared=False)
    former = [variable.numpy() for variable in model.variables]
    _, problem = carried(model, former, {"origin": _mapping([0, 1], [-1, 0]), "dest": SAME})
    assert problem == "the ids of feature `origin` have changed, and not all are of its Embedding"
