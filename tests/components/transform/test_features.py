"""What a `preprocessing_fn` may return."""

import pytest
import tensorflow as tf

from components.transform.features import checked
from perennial.errors import UserCodeError
from tests.components.transform import preprocessing

SHAPE = "(batch, ...) was expected, with known sizes"


def _result(function: str) -> object:
    """Of a function of this name on a batch of any size."""
    with tf.Graph().as_default():
        heat = tf.compat.v1.sparse_placeholder(tf.float32, [None, None])
        return checked(getattr(preprocessing, function), "preprocessing.py:1")({"heat": heat})


@pytest.mark.parametrize(
    ("function", "what"),
    [
        ("returns_none", "None; a dict was expected"),
        ("returns_a_list", "an object of type list; a dict was expected"),
        ("returns_no_feature", "an empty dict; at least one feature was expected"),
        ("returns_a_number", "an object of type int as `heat`; a tensor was expected"),
        ("returns_an_unknown_width", f"`heat` of shape (batch, unknown); {SHAPE}"),
        ("returns_seven_rows", f"`heat` of shape (7, 1); {SHAPE}"),
        ("returns_a_scalar", f"`heat` of shape (); {SHAPE}"),
        ("returns_a_number_as_name", "a key of type int; the name of a feature, a str, was expected"),
    ],
)
def test_a_result_that_is_no_dict_of_tensors_is_a_fault_of_the_preprocessing_fn(
    function: str, what: str
) -> None:
    with pytest.raises(UserCodeError) as caught:
        _result(function)
    assert caught.value.where == "preprocessing.py:1"
    assert caught.value.what == f"preprocessing_fn returns {what}"


def test_tensors_by_name_are_features() -> None:
    assert isinstance(_result("none"), dict)
