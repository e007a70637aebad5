"""Measures how the spans of a table differ, and whether the data gate lets them through, as `run` will."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from tensorflow_metadata.proto.v0 import schema_pb2, statistics_pb2

from commands.cutting.spans import TableSpan
from components.data_gate.gate import GateResult, judge_span
from components.data_gate.settings import NEIGHBOURS, GateSettings
from components.span_statistics.in_memory import batches_of, statistics_of

# TFDV takes some milliseconds a column and span beside the rows, and a person waits.
MOST_CELLS: Final = 2_000


@dataclass(frozen=True)
class Spans:
    """Spans and TFDV's statistics of each, in the same order; none where there are too many to measure."""

    spans: Sequence[TableSpan]
    statistics: Sequence[statistics_pb2.DatasetFeatureStatisticsList]


def statistics_by_span(
    table: pa.Table,
    span_of_row: npt.NDArray[np.int64],
    spans: Sequence[TableSpan],
    schema: schema_pb2.Schema,
) -> Spans:
    """Statistics of each span's good rows, of the columns that the model sees."""
    names = [feature.name for feature in schema.feature if feature.lifecycle_stage != schema_pb2.DISABLED]
    if len(names) * len(spans) > MOST_CELLS:
        return Spans(spans, ())
    seen = table.select(names)
    made = []
    for number in range(len(spans)):
        rows = seen.filter(pa.array(span_of_row == number))
        made.append(statistics_of(batches_of(rows), schema))
    return Spans(spans, made)


def judged(spans: Spans, schema: schema_pb2.Schema, gate: GateSettings, label: str) -> list[GateResult]:
    """The data gate's result for each span, each compared with the one before it."""
    results = []
    row_counts: list[tuple[str, int]] = []
    for number, (span, statistics) in enumerate(zip(spans.spans, spans.statistics, strict=False)):
        former = spans.statistics[max(0, number - NEIGHBOURS - 1) : number][::-1]
        result = judge_span(
            statistics,
            schema,
            former[0] if former else None,
            gate,
            label=label,
            older_statistics=former[1:],
            span=span.name,
            row_counts=row_counts,
        )
        results.append(result)
        if result.verdict != "BLOCK":
            row_counts.append((span.name, span.rows))
    return results


def largest_drift(results: Sequence[GateResult]) -> Mapping[str, float]:
    """Column -> the largest distance between two neighbouring spans, of those that were compared."""
    largest: dict[str, float] = {}
    for result in results:
        for drift in result.drift:
            largest[drift.feature] = max(largest.get(drift.feature, 0.0), drift.value)
    return largest
