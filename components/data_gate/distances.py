"""How far a span is from another, by column: TFDV's comparators, those of numbers on deciles.

Why deciles, and what that finds and blocks of real data: docs/decisions/drift-thresholds.md.
"""

import math
from typing import Final, TypeAlias

import tensorflow_data_validation as tfdv
from tensorflow_metadata.proto.v0 import anomalies_pb2, schema_pb2, statistics_pb2

Dataset: TypeAlias = statistics_pb2.DatasetFeatureStatistics
Statistics: TypeAlias = statistics_pb2.FeatureNameStatistics
_QUANTILES: Final = statistics_pb2.Histogram.QUANTILES


def validated(
    current: Dataset, previous: Dataset | None, schema: schema_pb2.Schema, environment: str
) -> anomalies_pb2.Anomalies:
    """Makes one validation of TFDV, its distances of numbers measured so that a few far values do not count.

    TFDV compares numbers on 10 buckets of equal width by default: one value of 1,000,000 puts all others into
    the first, so that it hides another unit, or alone makes a distance of 1. On deciles it is in a tenth of
    the rows at most, and that bucket ends one width of the inner deciles beyond them.

    Args:
        current: Of the span to judge.
        previous: Of the span that it is compared with; None: it is not compared.
        schema: Its comparators are used; one that names a `source` keeps it.
        environment: Of the schema.
    """
    if previous is None:
        return tfdv.validate_statistics(statistics=_alone(current), schema=schema, environment=environment)
    return tfdv.validate_statistics(
        statistics=_alone(_without_far_ends(current)),
        schema=_on_deciles(schema, current, previous),
        environment=environment,
        previous_statistics=_alone(_without_far_ends(previous)),
    )


def one_value(statistics: Statistics | None) -> bool:
    """Tells whether a column has the same value in all rows that have one; False where no row has."""
    if statistics is None:
        return False
    if statistics.WhichOneof("stats") == "string_stats":
        return bool(statistics.string_stats.unique == 1)
    numbers = statistics.num_stats
    return bool(numbers.common_stats.num_non_missing) and numbers.min == numbers.max


def of_column(name: str, dataset: Dataset) -> Statistics | None:
    """The statistics of a column; None where the dataset has none of it."""
    return next((each for each in dataset.features if list(each.path.step) == [name]), None)


def _on_deciles(schema: schema_pb2.Schema, current: Dataset, previous: Dataset) -> schema_pb2.Schema:
    """The schema with the comparators of TFDV's validation, on deciles; a column that is new has none."""
    chosen = schema_pb2.Schema()
    chosen.CopyFrom(schema)
    for feature in chosen.feature:
        if not _has_values(of_column(feature.name, previous)):
            # A column that is new: TFDV would take the change from no value to some for drift.
            feature.ClearField("drift_comparator")
            continue
        comparator = feature.drift_comparator
        if not comparator.HasField("jensen_shannon_divergence"):
            continue
        source = comparator.jensen_shannon_divergence.source
        both = (of_column(feature.name, current), of_column(feature.name, previous))
        if source.type == schema_pb2.HistogramSelection.DEFAULT and not all(map(_is_0_or_1, both)):
            source.type = schema_pb2.HistogramSelection.QUANTILES
    return chosen


def _has_values(statistics: Statistics | None) -> bool:
    """Whether a row has a value of a column."""
    if statistics is None:
        return False
    has_texts = statistics.WhichOneof("stats") == "string_stats"
    common = statistics.string_stats.common_stats if has_texts else statistics.num_stats.common_stats
    return bool(common.num_non_missing)


def _is_0_or_1(statistics: Statistics | None) -> bool:
    """Whether a column holds both 0 and 1 and nothing else: then equal widths are exact, and deciles not."""
    return (
        statistics is not None
        and statistics.type == statistics_pb2.FeatureNameStatistics.INT
        and statistics.WhichOneof("stats") == "num_stats"
        and (statistics.num_stats.min, statistics.num_stats.max) == (0, 1)
    )


def _without_far_ends(dataset: Dataset) -> Dataset:
    """A copy in which the first and the last decile end one width of the deciles between them beyond these.

    Where these have no width (a column that is nearly always the same), the ends stay.
    """
    copy = Dataset()
    copy.CopyFrom(dataset)
    for feature in copy.features:
        for histogram in feature.num_stats.histograms if feature.HasField("num_stats") else ():
            buckets = histogram.buckets
            if histogram.type != _QUANTILES or len(buckets) < 3:
                continue
            low, high = buckets[0].high_value, buckets[-1].low_value
            width = high - low
            if width and math.isfinite(width):
                buckets[0].low_value = max(buckets[0].low_value, low - width)
                buckets[-1].high_value = min(buckets[-1].high_value, high + width)
    return copy


def _alone(dataset: Dataset) -> statistics_pb2.DatasetFeatureStatisticsList:
    return statistics_pb2.DatasetFeatureStatisticsList(datasets=[dataset])
