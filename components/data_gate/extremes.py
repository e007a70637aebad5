"""Which distance is extreme: beyond .9, or one that no two neighbouring spans of the history came near.

How the constants were chosen, and what they block of real data: docs/decisions/drift-thresholds.md.
"""

import itertools
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tensorflow_metadata.proto.v0 import schema_pb2

from components.data_gate.distances import Dataset, of_column, one_value, validated
from components.data_gate.settings import NEIGHBOURS

# With fewer neighbouring spans there is no history to compare with.
FEWEST_NEIGHBOURS: Final = 3
# "Near": half of the distance; and a distance up to the floor is never extreme by comparison.
FACTOR: Final = 2.0
FLOOR: Final = 0.5
# Extreme even without a history, unless the history came near.
ALWAYS: Final = 0.9
# Smaller samples of one distribution are far apart: of numbers by their deciles, of text by its values.
FEWEST_ROWS: Final = 30
ROWS_A_VALUE: Final = 5


@dataclass(frozen=True)
class History:
    """Distances between neighbouring accepted spans before the one to judge.

    Attributes:
        distances: By column, of each pair of neighbours whose distance was measured, newest first.
        of_spans: Columns that have one value in each of these spans, such as a year: they say something of
            the span and not of its rows, so that a few spans tell nothing of which value comes next.
    """

    distances: Mapping[str, Sequence[float]]
    of_spans: frozenset[str] = frozenset()

    def why_extreme(self, feature: str, distance: float) -> str:
        """Says why a distance of a column is extreme, the end of a sentence; "" where it is not."""
        past = self.distances.get(feature, ())
        most = max(past, default=0.0)
        if len(past) < FEWEST_NEIGHBOURS:
            return f"above {ALWAYS:g}" if distance > ALWAYS >= most else ""
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
    names = [feature.name for feature in compared.feature]
    reduced = [_only(set(names), dataset) for dataset in former[: NEIGHBOURS + 1]]
    distances: dict[str, list[float]] = defaultdict(list)
    for current, previous in itertools.pairwise(reduced):
        if min(current.num_examples, previous.num_examples) < fewest_rows:
            continue
        for info in validated(current, previous, compared, environment).drift_skew_info:
            distances[".".join(info.path.step)] += [each.value for each in info.drift_measurements]
    same = (name for name in names if all(one_value(of_column(name, each)) for each in reduced))
    return History(distances, frozenset(same))


def why_not_compared(feature: str, current: Dataset, previous: Dataset) -> str:
    """Returns why a distance may be that of small samples, the end of a sentence; "" where it is not."""
    for dataset in (current, previous):
        statistics = of_column(feature, dataset)
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


def _only(names: set[str], dataset: Dataset) -> Dataset:
    """The statistics of some columns: those of the others take most of the time to validate."""
    reduced = Dataset(name=dataset.name, num_examples=dataset.num_examples)
    reduced.features.extend(each for each in dataset.features if ".".join(each.path.step) in names)
    return reduced
