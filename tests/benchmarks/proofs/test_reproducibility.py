"""What counts as reproducible: the same bits on one machine, nearly the same metric on another."""

import pytest

from benchmarks.harness.resume import Result
from benchmarks.proofs.reproducibility import TOLERANCE, VARIANTS, is_reproducible, page

FIRST: Result = {"metric": 0.5, "epochs": 3, "weights": "a1"}


def _results(**changed: Result) -> list[Result]:
    """A result for each variant, the first one's but for those given by title."""
    return [changed.get(variant.title, FIRST) for variant in VARIANTS]


def test_the_same_bits_and_another_machine_near_them_are_reproducible() -> None:
    near = {"metric": 0.5 * (1 + TOLERANCE / 2), "epochs": 3, "weights": "b2"}
    assert is_reproducible(_results(**{"AVX2 at most": near}))


@pytest.mark.parametrize("title", ["again", "1 thread", "4 threads"])
def test_one_other_bit_on_the_same_machine_is_not(title: str) -> None:
    assert not is_reproducible(_results(**{title: {**FIRST, "weights": "b2"}}))


def test_a_metric_that_moves_further_on_another_machine_is_not() -> None:
    far = {"metric": 0.5 * (1 + TOLERANCE * 2), "epochs": 3, "weights": "b2"}
    assert not is_reproducible(_results(**{"without oneDNN": far}))


def test_the_page_shows_each_variant_with_its_difference() -> None:
    near = {"metric": 0.50001, "epochs": 3, "weights": "b2"}
    text = page({"flights": _results(**{"without oneDNN": near})})
    assert "| flights | again | log_loss 0.5 | 0.0e+00 | 3 | same bits |" in text
    assert "| flights | without oneDNN | log_loss 0.50001 | 2.0e-05 | 3 | differ |" in text
