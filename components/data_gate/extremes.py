"""Which distance is extreme: beyond .9, or one that no two neighbouring spans of the history came near.

How the constants were chosen, and what they block of real data: docs/decisions/drift-thresholds.md.
"""

import itertools
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import tensorflow_data_validation as tfdv
from tensorflow_metadata.proto.v0 import schema_pb2, statistics_pb2

from components.data_gate.settings import NEIGHBOURS

Dataset: TypeAlias = statistics_pb2.DatasetFeatureStatistics
# With fewer neighbouring spans there is no history to compare with.
FEWEST_NEIGHBOURS: Final = 3
# "Near": half of the distance; and a distance up to the floor is never extreme by comparison.
FACTOR: Final = 2.0
FLOOR: Final = 0.5
# Extreme even without a history, unless the history came near.
ALWAYS: Final = 0.9
# Smaller samples of one distribution are far apart: of numbers in TFDV's 10 buckets, of text by its values.
FEWEST_ROWS: Final = 30
ROWS_A_VALUE: Final = 5


@dataclass(frozen=True)
class History:
    """Distances between neighbouring accepted spans before the one to judge.

    Attributes:
        distances: By column, of each pair of neighbours whose distance was measured, newest first.
    """

    distances: Mapping[str, Sequence[float]]

    def why_extreme(self, feature: str, distance: float) -> str:
        """Says why a distance of a column is extreme, the end of a sentence; "" where it is not."""
        past = self.distances.get(feature, ())
        if len(past) < FEWEST_NEIGHBOURS:
            return f"above {ALWAYS:g}" if distance > ALWAYS else ""
        most = max(past)
        if distance > max(FACTOR * most, FLOOR):
            return f"more than {FACTOR:g} times the largest of {len(past)} earlier distances ({most:.3f})"
        return f"above {ALWAYS:g}" if distance > ALWAYS > FACTOR * most else ""


def history_of(
    former: Sequence[Dataset], schema: schema_pb2.Schema, environment: str, fewest_rows: int
) -> History:
    """Measures the distances between neighbouring spans.

    They are measured again, not read from where they were measured first: so they are those of today's
    schema, of the spans that are accepted now.

    Args:
        former: Statistics of the accepted spans before the one to judge, newest first.
        schema: Its comparators say what is measured.
        environment: Of the schema.
        fewest_rows: Neighbours of which one has fewer are left out.
    """
    compared = schema_pb2.Schema()
    compared.CopyFrom(schema)
    del compared.feature[:]
    compared.feature.extend(feature for feature in schema.feature if feature.HasField("drift_comparator"))
    names = {feature.name for feature in compared.feature}
    reduced = [_only(names, dataset) for dataset in former[: NEIGHBOURS + 1]]
    distances: dict[str, list[float]] = defaultdict(list)
    for current, previous in itertools.pairwise(reduced):
        if min(current.num_examples, previous.num_examples) < fewest_rows:
            continue
        validation = tfdv.validate_statistics(
            statistics=_alone(current),
            schema=compared,
            environment=environment,
            previous_statistics=_alone(previous),
        )
        for info in validation.drift_skew_info:
            name = ".".join(info.path.step)
            distances[name] += [
                true_distance(each.value, name, current, previous) for each in info.drift_measurements
            ]
    return History(distances)


def true_distance(value: float, feature: str, current: Dataset, previous: Dataset) -> float:
    """Returns a measured distance, cut to what it can be at most.

    TFDV's histogram of a column that is nearly always 0 is one bucket where it is always 0, and ten where it
    is not once: it then measures 1. The Jensen-Shannon divergence is at most the total variation distance
    (Lin, "Divergence measures based on the Shannon entropy", IEEE Trans. Inf. Theory 37, 1991), and that is
    at most 1 less the share of rows that have the same value in both spans.

    Args:
        value: As TFDV measured it.
        feature: The column.
        current: Of one span.
        previous: Of the other.
    """
    one, other = _point_masses(feature, current), _point_masses(feature, previous)
    return min(value, 1.0 - sum(min(share, other.get(number, 0.0)) for number, share in one.items()))


def why_not_compared(feature: str, current: Dataset, previous: Dataset) -> str:
    """Returns why a distance may be that of small samples, the end of a sentence; "" where it is not."""
    for dataset in (current, previous):
        statistics = _feature(feature, dataset)
        if statistics is None:
            return "it is empty in one of the spans"
        if statistics.WhichOneof("stats") == "string_stats":
            present = statistics.string_stats.common_stats.num_non_missing
            distinct = statistics.string_stats.unique
            if present < max(FEWEST_ROWS, ROWS_A_VALUE * distinct):
                return f"there are {present:,} rows for {distinct:,} different values in one of the spans"
        elif (present := statistics.num_stats.common_stats.num_non_missing) < FEWEST_ROWS:
            return f"one of the spans has {present:,} values, fewer than {FEWEST_ROWS}"
    return ""


def _point_masses(feature: str, dataset: Dataset) -> dict[float, float]:
    """Shares of values of which a number holds a tenth of the rows or more, and of 0; of text nothing."""
    statistics = _feature(feature, dataset)
    if statistics is None or statistics.WhichOneof("stats") != "num_stats":
        return {}
    masses: dict[float, float] = defaultdict(float)
    for histogram in statistics.num_stats.histograms:
        if histogram.type == statistics_pb2.Histogram.QUANTILES:
            rows = sum(bucket.sample_count for bucket in histogram.buckets) or 1.0
            for bucket in histogram.buckets:
                if bucket.low_value == bucket.high_value:
                    masses[bucket.low_value] += bucket.sample_count / rows
    present = statistics.num_stats.common_stats.num_non_missing or 1
    masses[0.0] = max(masses[0.0], statistics.num_stats.num_zeros / present)
    return masses


def _feature(name: str, dataset: Dataset) -> statistics_pb2.FeatureNameStatistics | None:
    return next((each for each in dataset.features if list(each.path.step) == [name]), None)


def _only(names: set[str], dataset: Dataset) -> Dataset:
    """The statistics of some columns: those of the others take most of the time to validate."""
    reduced = Dataset(name=dataset.name, num_examples=dataset.num_examples)
    reduced.features.extend(each for each in dataset.features if ".".join(each.path.step) in names)
    return reduced


def _alone(dataset: Dataset) -> statistics_pb2.DatasetFeatureStatisticsList:
    return statistics_pb2.DatasetFeatureStatisticsList(datasets=[dataset])
