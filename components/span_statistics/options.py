"""How a span's statistics are made: the one set of TFDV options that both engines share."""

import tensorflow_data_validation as tfdv
from tensorflow_metadata.proto.v0 import schema_pb2, statistics_pb2

# Both engines count distinct strings in TFDV's Misra-Gries sketch, exact for as many as this.
# Vocabularies are to be built from the counts, so it is far above TFDV's own 1,000.
RANKED_VALUES = 100_000
# What TFDV's viewer lists; top values beyond that would only repeat the rank histogram.
TOP_VALUES = 100
HISTOGRAM_BUCKETS = 10


def stats_options(schema: schema_pb2.Schema) -> tfdv.StatsOptions:
    """Returns the options, with TFDV's sketches for top values because only those exist in memory as well."""
    return tfdv.StatsOptions(
        schema=schema,
        num_top_values=TOP_VALUES,
        num_rank_histogram_buckets=RANKED_VALUES,
        # Numeric drift is measured on these. More of them measure rounding instead: at 50, the wind of two
        # neighbouring months (whole knots, written in miles an hour) differs by 0.4, at 10 by 0.05.
        num_histogram_buckets=HISTOGRAM_BUCKETS,
        use_sketch_based_topk_uniques=True,
    )


def in_schema_order(
    statistics: statistics_pb2.DatasetFeatureStatisticsList, schema: schema_pb2.Schema
) -> statistics_pb2.DatasetFeatureStatisticsList:
    """Returns the same statistics, features in the schema's order, then those it does not know by name.

    Generators and Beam workers finish in any order, so without this one span would have many equal protos.
    """
    place = {feature.name: number for number, feature in enumerate(schema.feature)}
    ordered = statistics_pb2.DatasetFeatureStatisticsList()
    ordered.CopyFrom(statistics)
    for dataset in ordered.datasets:
        features = sorted(
            dataset.features,
            key=lambda each: (place.get(each.path.step[0], len(place)), list(each.path.step)),
        )
        del dataset.features[:]
        dataset.features.extend(features)
    return ordered
