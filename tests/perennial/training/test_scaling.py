"""The constants of a transform: kept where they say something; the same bytes for the same values."""

from pathlib import Path

import numpy as np
import pytest

from perennial.training.scaling import SCALING_FILE, Scaling, constants_of, difference, write_constants

KEPT = {"mean:0": np.array([1.0, 2.0], np.float32), "bounds:0": np.array([[1.0, 2.0, 3.0]], np.float32)}


def test_a_version_gives_back_what_it_was_scaled_by(tmp_path: Path) -> None:
    (tmp_path / SCALING_FILE).parent.mkdir()
    Scaling(KEPT, 7.0, 2.0).write(tmp_path)
    written = (tmp_path / SCALING_FILE).read_bytes()
    read = Scaling.of_version(tmp_path)
    assert read is not None
    assert (read.mean, read.std) == (7.0, 2.0)
    assert {name: values.tolist() for name, values in read.constants.items()} == {
        name: values.tolist() for name, values in KEPT.items()
    }
    read.write(tmp_path)
    assert (tmp_path / SCALING_FILE).read_bytes() == written


@pytest.mark.parametrize("content", [None, b"", b"PK no zip"])
def test_a_version_without_readable_constants_has_none(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / SCALING_FILE).parent.mkdir()
        (tmp_path / SCALING_FILE).write_bytes(content)
    assert Scaling.of_version(tmp_path) is None


def test_constants_are_beside_a_graph_unless_beam_made_it(tmp_path: Path) -> None:
    assert constants_of(tmp_path) is None
    write_constants({}, tmp_path)
    assert constants_of(tmp_path) == {}


def test_other_values_are_no_reason_to_begin_cold() -> None:
    assert difference(KEPT, {name: values + 1 for name, values in KEPT.items()}) == ""


@pytest.mark.parametrize(
    ("former", "now", "why"),
    [
        ([np.nan, 2.0], [1.0, 2.0], "no value or one"),  # a column that was always missing
        ([0.0, 2.0], [0.5, 2.0], "no value or one"),  # a variance of equal values
        ([[5.0, 5.0, 5.0]], [[5.0, 6.0, 7.0]], "no value or one"),  # quantiles of equal values
        ([[0.0, 0.0, 1.0]], [[0.0, 0.5, 1.0]], ""),
        ([1.0], [1.0, 2.0], "another shape"),
        ([[1.0, 5.0, 9.0]], [[6.0, 9.0, 12.0]], ""),
        ([[1.0, 5.0, 9.0]], [[6.0, 9.1, 12.0]], "beyond all that it had then"),  # as days, after a time
    ],
)
def test_constants_that_say_nothing_of_the_values_of_now_cannot_be_kept(
    former: list[float], now: list[float], why: str
) -> None:
    problem = difference({"c:0": np.array(former, np.float32)}, {"c:0": np.array(now, np.float32)})
    assert (why in problem) if why else not problem


def test_a_transform_with_other_constants_is_named() -> None:
    assert "other constants" in difference(KEPT, {"mean:0": KEPT["mean:0"]})
