"""Which former id a new id stands for, and the weights that it begins with."""

import numpy as np
import pytest

from perennial.training.id_mapping import MADE_UP, IdMapping, PairCounter, unclear

OLD = np.array([[1.0], [2.0], [4.0]], np.float32)


def _mapping(*pairs: tuple[int, int, float]) -> IdMapping:
    counter = PairCounter()
    for new, old, rows in pairs:
        counter.add(np.array([new]), np.array([old]), rows)
    return counter.mapping()


def test_pairs_are_counted_over_batches() -> None:
    counter = PairCounter()
    counter.add(np.array([[0], [0], [1]]), np.array([[2], [2], [0]]))
    counter.add(np.array([[0]]), np.array([[1]]))
    mapping = counter.mapping()
    assert mapping.new.tolist() == [0, 0, 1]
    assert mapping.old.tolist() == [1, 2, 0]
    assert mapping.rows.tolist() == [1, 2, 1]


def test_an_id_that_moved_takes_its_weights_along_to_the_bit() -> None:
    mapping = _mapping((0, 1, 5), (1, 0, 7), (2, 2, 3))
    fresh = np.zeros((3, 1), np.float32)
    assert (
        mapping.weights(OLD * np.float32(0.1), fresh).tolist() == (OLD * np.float32(0.1))[[1, 0, 2]].tolist()
    )


def test_a_value_that_was_unknown_begins_as_a_rare_one() -> None:
    mapping = _mapping((0, 0, 9), (1, 1, 9), (2, 2, 5), (3, 2, 2))
    assert mapping.weights(OLD, np.zeros((4, 1), np.float32)).ravel().tolist() == [1, 2, 4, 4]


def test_values_that_are_rare_by_now_are_averaged_by_their_rows() -> None:
    mapping = _mapping((0, 0, 9), (1, 1, 1), (1, 2, 3))
    assert mapping.weights(OLD, np.zeros((2, 1), np.float32)).ravel().tolist() == [1, 3.5]


def test_a_made_up_row_decides_only_where_there_is_no_real_one() -> None:
    mapping = _mapping((0, 1, 5), (0, 2, MADE_UP), (1, 2, MADE_UP))
    mapped = mapping.weights(OLD, np.zeros((2, 1), np.float32)).ravel()
    assert mapped == pytest.approx([2, 4])


def test_ids_of_a_hash_that_no_row_has_keep_their_weights() -> None:
    assert _mapping((0, 0, 5)).weights(OLD, np.zeros((3, 1), np.float32)).tolist() == OLD.tolist()


def test_a_new_id_without_a_row_begins_as_a_new_network_does() -> None:
    mapped = _mapping((0, 1, 5)).weights(OLD, np.full((3, 1), 8, np.float32))
    assert mapped.ravel().tolist() == [2, 8, 8]


def test_ids_that_do_not_follow_from_the_former_ones_are_named() -> None:
    mappings = {"carrier_id": _mapping((0, 1, 5)), "dest_id": _mapping((0, 0, 5), (0, 1, 5))}
    assert unclear(mappings, 0.9) == (
        "the ids of feature `dest_id` do not follow from its former ids"
        " (50% of the rows; at most 10% are accepted)"
    )
    assert unclear(mappings, 0.5) == ""


def test_no_row_is_no_mapping() -> None:
    mapping = PairCounter().mapping()
    assert mapping.same
    assert mapping.clear == 1.0


def test_ids_may_be_negative_and_as_large_as_an_integer() -> None:
    counter = PairCounter()
    for _ in range(200):  # so many batches are counted together now and then
        counter.add(np.array([-1, 0, 2**31 - 1]), np.array([-1, 3, 2**31 - 1]))
    mapping = counter.mapping()
    assert mapping.new.tolist() == [-1, 0, 2**31 - 1]
    assert mapping.old.tolist() == [-1, 3, 2**31 - 1]
    assert mapping.rows.tolist() == [200, 200, 200]
    assert mapping.clear == 1.0
    assert [mapping.within(9, 9), _mapping((2, 8, 1)).within(9, 3)] == [False, True]


@pytest.mark.parametrize(("old", "same"), [(2**40, True), (2**40 + 1, False)])
def test_of_ids_beyond_32_bits_it_is_known_whether_they_are_others(old: int, same: bool) -> None:
    mapping = _mapping((0, 0, 1), (2**40, old, 1))
    assert mapping.same == same
    assert mapping.clear == float(same)
