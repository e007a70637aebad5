"""Bounds that `new` writes for a label: the spans are inside, what is swapped or constant is not."""

import numpy as np
import pyarrow as pa
import pytest

from commands.new.label_bounds import LabelBounds, label_bounds
from perennial.task import Kind, Task

SPANS = np.repeat([0, 1, 2], 400)


def rates(*shares: float) -> LabelBounds:
    ones = np.concatenate([np.arange(400) < share * 400 for share in shares])
    return label_bounds(Task("binary", "y"), pa.chunked_array([ones.astype(np.int64)]), SPANS)


def test_the_rate_has_room_on_both_sides_and_leaves_swapped_labels_out() -> None:
    bounds = rates(0.12, 0.16, 0.23).rate
    assert bounds is not None
    assert 0.0 < bounds[0] < 0.06
    assert 0.35 < bounds[1] <= 0.5 < 1 - 0.23


def test_towards_even_odds_the_room_is_at_least_twice_the_odds() -> None:
    bounds = rates(0.4, 0.4, 0.4).rate
    assert bounds is not None
    assert bounds[1] == pytest.approx(0.58, abs=0.011)


def test_a_rate_above_a_half_is_bounded_alike() -> None:
    low, high = rates(0.12, 0.16, 0.23), rates(0.88, 0.84, 0.77)
    assert low.rate is not None
    assert high.rate == pytest.approx((1 - low.rate[1], 1 - low.rate[0]), abs=0.011)


@pytest.mark.parametrize("values", [(b"no", b"yes"), (b"a", b"b", b"c")])
def test_named_classes_have_shares(values: tuple[bytes, ...]) -> None:
    column = pa.chunked_array([np.array(values, object)[np.arange(1200) % len(values)]])
    kind: Kind = "binary" if len(values) == 2 else "multiclass"
    bounds = label_bounds(Task(kind, "y", tuple(each.decode() for each in values)), column, SPANS)
    assert list(bounds.shares or ()) == [each.decode() for each in values]
    assert all(low < 1 / len(values) < high for low, high in (bounds.shares or {}).values())


def test_integers_that_are_classes_have_shares_under_their_names() -> None:
    bounds = label_bounds(
        Task("multiclass", "y", (1, 2, 3)), pa.chunked_array([np.arange(1200) % 3 + 1]), SPANS
    )
    assert list(bounds.shares or ()) == ["1", "2", "3"]


@pytest.mark.parametrize("task", [Task("regression", "y"), Task("multiclass", "y", (1.0, 2.0, 3.0))])
def test_numbers_have_a_mean_and_a_deviation(task: Task) -> None:
    column = pa.chunked_array([(np.arange(1200) % 3 + 1).astype(np.float32)])
    bounds = label_bounds(task, column, SPANS)
    assert bounds.mean is not None
    assert bounds.deviation is not None
    assert bounds.mean[0] < 2 < bounds.mean[1] < 4
    assert 0 < bounds.deviation[0] < 0.8 < bounds.deviation[1] < 3


@pytest.mark.parametrize(
    ("mean", "spread"), [(52.437, 0.01), (101_420.0, 60.0), (-3e9, 2.0), (2e-7, 1e-9), (5.0, 1e6), (7.0, 0.0)]
)
def test_bounds_are_rounded_outward_however_small_the_spread_is_beside_the_mean(
    mean: float, spread: float
) -> None:
    values = mean + spread * np.random.default_rng(1).standard_normal(1200)
    bounds = label_bounds(Task("regression", "y"), pa.chunked_array([values]), SPANS)
    assert bounds.mean is not None
    assert bounds.deviation is not None
    deviations = [values[number == SPANS].std() for number in range(3)]
    means = [values[number == SPANS].mean() for number in range(3)]
    room = max(float(np.median(deviations)), 3 * (max(means) - min(means)))
    low, high = min(means) - room, max(means) + room
    assert bounds.mean[0] <= low <= high <= bounds.mean[1]
    assert bounds.mean[1] - bounds.mean[0] <= 1.2 * (high - low)
    assert bounds.deviation[0] <= min(deviations) / 3
    assert bounds.deviation[1] >= max(deviations) * 3


def test_the_least_deviation_stays_above_0_where_another_span_spreads_much_more() -> None:
    values = np.random.default_rng(1).standard_normal(1200) * np.array([1e-4, 1.0, 50.0])[SPANS]
    bounds = label_bounds(Task("regression", "y"), pa.chunked_array([values]), SPANS)
    assert bounds.deviation is not None
    assert 0 < bounds.deviation[0] < 1e-4


def test_one_span_says_less_of_the_mean_than_several() -> None:
    values = (np.arange(1200) % 3 + 1).astype(np.float32)
    spread = float(values.std())
    one = label_bounds(Task("regression", "y"), pa.chunked_array([values]), np.zeros(1200, np.int64))
    several = label_bounds(Task("regression", "y"), pa.chunked_array([values]), SPANS)
    assert one.mean is not None
    assert several.mean is not None
    assert one.mean[1] >= 2 + 3 * spread
    assert several.mean[1] < 2 + 1.5 * spread
