"""TFDV's scores: a schema that it infers, and its comparators against the day, or month, before.

TFDV has no default threshold of drift; 0.01 is that of its guide. Of what the schema refuses, the size is
the share of rows: values outside of a text's domain, and rows without a value beyond the fraction that may
have none.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final

import pyarrow as pa
import tensorflow_data_validation as tfdv
from tensorflow_metadata.proto.v0 import schema_pb2, statistics_pb2

from benchmarks.quality.drift.tools.work import (
    MONTHLY,
    Base,
    RowBatch,
    Score,
    Scores,
    add_column,
    main,
)
from components.span_statistics.in_memory import batches_of, statistics_of

THRESHOLD: Final = 0.01


def make(base: Base, period: str) -> Score:
    """Scores by `infer_schema` of the first days and `validate_statistics`."""
    schema = tfdv.infer_schema(_statistics(base, base.between(0, base.history), base.columns))
    for feature in schema.feature:
        comparator = feature.drift_comparator
        if feature.name in base.text:
            comparator.infinity_norm.threshold = THRESHOLD
        else:
            comparator.jensen_shannon_divergence.threshold = THRESHOLD
    before: dict[int, Any] = {}

    def previous(first: int) -> Any:
        if first not in before:
            begin = first - 1
            if period == MONTHLY:
                begin = max(start for start, _ in base.months if start < first)
            before[first] = _statistics(base, base.between(begin, first), base.columns)
        return before[first]

    def scores(batches: Sequence[RowBatch]) -> Iterator[Scores]:
        for batch in batches:
            wanted = schema_pb2.Schema()
            wanted.CopyFrom(schema)
            del wanted.feature[:]
            wanted.feature.extend(each for each in schema.feature if each.name in batch.columns)
            anomalies = tfdv.validate_statistics(
                _statistics(base, batch.rows, batch.columns),
                wanted,
                previous_statistics=_only(previous(batch.first), batch.columns),
            )
            yield _scores(anomalies, schema, batch)

    return scores


def _scores(anomalies: Any, schema: Any, batch: RowBatch) -> Scores:
    distances: dict[str, float] = {}
    for info in anomalies.drift_skew_info:
        measured = [measurement.value for measurement in info.drift_measurements]
        distances[info.path.step[0]] = max(measured, default=0.0) / THRESHOLD
    domains = {domain.name: list(domain.value) for domain in schema.string_domain}
    scores: Scores = {"columns": {}, "alarmed": []}
    for feature in schema.feature:
        name = feature.name
        if name in batch.columns:
            values = {"distance": distances.get(name, 0.0), **_refused(batch.rows[name], feature, domains)}
            add_column(scores, name, (values, name in anomalies.anomaly_info))
    return scores


def _refused(column: Any, feature: Any, domains: dict[str, list[str]]) -> dict[str, float]:
    """The shares of rows of which the schema says no."""
    missing = column.isna()
    refused = {"absent": max(0.0, feature.presence.min_fraction - 1 + float(missing.mean()))}
    if feature.domain:
        outside = ~missing & ~column.isin(domains[feature.domain])
        refused["outside"] = float(outside.mean())
    return refused


def _statistics(base: Base, rows: Any, columns: Sequence[str]) -> Any:
    """TFDV's statistics of some columns, by its own generators."""
    schema = schema_pb2.Schema()
    arrays = {}
    for name in columns:
        text = name in base.text
        schema.feature.add(name=name, type=schema_pb2.BYTES if text else schema_pb2.FLOAT)
        array = pa.array(rows[name], pa.string() if text else pa.float32(), from_pandas=True)
        arrays[name] = array.cast(pa.binary()) if text else array
    return statistics_of(batches_of(pa.table(arrays)), schema)


def _only(statistics: Any, columns: Sequence[str]) -> Any:
    """The statistics of some columns."""
    part = statistics_pb2.DatasetFeatureStatisticsList()
    part.CopyFrom(statistics)
    (dataset,) = part.datasets
    kept = [feature for feature in dataset.features if feature.path.step[0] in columns]
    del dataset.features[:]
    dataset.features.extend(kept)
    return part


if __name__ == "__main__":
    main(make)
