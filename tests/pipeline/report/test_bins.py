"""Two spans' histograms side by side: nobody's value, something to be seen, and the same bins."""

import pytest
from tensorflow_metadata.proto.v0 import statistics_pb2

from pipeline.report.bins import bins_of, on_common_bins, with_width


def _stats(*ends_and_count: tuple[float, float, float]) -> statistics_pb2.NumericStatistics:
    stats = statistics_pb2.NumericStatistics()
    histogram = stats.histograms.add(type=statistics_pb2.Histogram.STANDARD)
    for low, high, count in ends_and_count:
        histogram.buckets.add(low_value=low, high_value=high, sample_count=count)
    return stats


def test_the_greatest_and_the_least_value_are_rounded_outwards() -> None:
    bins = bins_of(_stats((-4711.25, -2349.4522, 3), (-2349.4522, 12.3456, 5)))
    assert bins == [(-4720.0, -2350.0, 3), (-2350.0, 20.0, 5)]


def test_ends_that_are_round_stay_as_they_are() -> None:
    assert bins_of(_stats((0.0, 0.1, 3), (0.1, 0.3, 0), (0.3, 1.0, 5))) == [(0.0, 0.1, 3), (0.3, 1.0, 5)]
    assert bins_of(_stats((1.0, 6.5, 3), (6.5, 12.0, 5))) == [(1.0, 6.5, 3), (6.5, 12.0, 5)]
    assert bins_of(_stats((7.0, 7.0, 4))) == [(7.0, 7.0, 4)]


def test_what_is_not_finite_has_no_bin() -> None:
    endless = float("inf")
    assert bins_of(_stats((-endless, 0.0, 3), (0.0, 1.0, 5), (1.0, endless, 2))) == [(0.0, 1.0, 5)]
    assert bins_of(_stats()) == []


def test_one_value_gets_the_width_of_the_bin_it_was_in() -> None:
    constant = [(0.0, 0.0, 9.0)]
    assert with_width(constant, [(0.0, 0.1, 8.0), (0.9, 1.0, 1.0)]) == [(0.0, 0.1, 9.0)]
    assert with_width(constant, [(5.0, 7.0, 8.0)]) == [(-1.0, 1.0, 9.0)]
    assert with_width(constant, []) == [(-0.005, 0.005, 9.0)]


def test_rows_are_spread_over_common_bins_and_none_is_lost() -> None:
    now, then = on_common_bins([(0.0, 10.0, 20.0)], [(5.0, 20.0, 30.0)])
    assert now == pytest.approx({0: 4, 1: 4, 2: 4, 3: 4, 4: 4})
    assert sum(then.values()) == pytest.approx(30)
    assert on_common_bins([], []) == ({}, {})
