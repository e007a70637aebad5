"""TFDV's anomalies as sentences with figures and without data values, each with the policy's severity."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from tensorflow_metadata.proto.v0 import anomalies_pb2, schema_pb2, statistics_pb2

from components.data_gate.kinds import KINDS, NOT_COMPARABLE, REMEDIES, kind_of
from components.data_gate.settings import GateSettings

Severity = Literal["block", "warn", "note"]


@dataclass(frozen=True)
class Anomaly:
    """One thing wrong with a span.

    Attributes:
        feature: The column, "" for the span as a whole.
        kind: A key of `KINDS`.
        severity: What the policy makes of it.
        message: A sentence that names the column and holds no data value.
    """

    feature: str
    kind: str
    severity: Severity
    message: str


def anomalies_of(
    validation: anomalies_pb2.Anomalies,
    statistics: statistics_pb2.DatasetFeatureStatistics,
    schema: schema_pb2.Schema,
    settings: GateSettings,
) -> list[Anomaly]:
    """Returns what TFDV found, drift left out (see `drift.py`), in the order of the schema's columns.

    Args:
        validation: From `tfdv.validate_statistics`.
        statistics: Of the span that was validated; for the figures.
        schema: That it was validated against; for the bounds.
        settings: For the severities.
    """
    columns = {feature.name: feature for feature in schema.feature}
    counts = {".".join(each.path.step) or each.name: each for each in statistics.features}
    place = {name: number for number, name in enumerate(columns)}
    result = []
    for name, reason in _reasons(validation):
        if reason in NOT_COMPARABLE or kind_of(reason) == "drift":
            continue
        kind = kind_of(reason)
        figures = _Column(name, columns.get(name), counts.get(name), statistics.num_examples)
        result.append(Anomaly(name, kind, settings.action(name, kind), _message(kind, reason, figures)))
    return sorted(result, key=lambda each: (place.get(each.feature, len(place)), each.feature, each.kind))


def _reasons(validation: anomalies_pb2.Anomalies) -> Iterator[tuple[str, str]]:
    """Yields column and TFDV's type of each reason; one anomaly may have several, of different kinds."""
    for name, info in validation.anomaly_info.items():
        for reason in info.reason:
            yield ".".join(info.path.step) or name, _type_name(reason.type)
    for reason in validation.dataset_anomaly_info.reason:
        yield "", _type_name(reason.type)
    if validation.data_missing:
        yield "", "NO_DATA_IN_SPAN"


def _type_name(number: int) -> str:
    """Returns TFDV's name of a type; one that this release of TFDV does not know is UNKNOWN_TYPE."""
    names: dict[int, str] = {value: name for name, value in anomalies_pb2.AnomalyInfo.Type.items()}
    return names.get(number, "UNKNOWN_TYPE")


@dataclass(frozen=True)
class _Column:
    """A column's place in the schema (None: not in it) and its statistics (None: not in the span)."""

    name: str
    schema: schema_pb2.Feature | None
    statistics: statistics_pb2.FeatureNameStatistics | None
    rows: int


def _message(kind: str, reason: str, column: _Column) -> str:
    if reason == "NO_DATA_IN_SPAN":
        return "The span has no rows."
    if not column.name:
        return f"The span has {KINDS[kind]} (TFDV: {reason})."
    special = {
        "missing_column": _missing_column,
        "new_column": _new_column,
        "presence": _presence,
        "domain": _domain,
        "unexpected_values": _unexpected_values,
        "not_finite": _not_finite,
        "type": _type,
    }.get(kind)
    if special is None:
        return f"Column `{column.name}`: {KINDS[kind]} (TFDV: {reason})."
    return special(reason, column)


def _missing_column(_: str, column: _Column) -> str:
    what = f"Column `{column.name}` is not in the span, or is empty in every row."
    return f"{what} {REMEDIES['missing_column']}"


def _new_column(_: str, column: _Column) -> str:
    what = f"Column `{column.name}` is in the span but not in the schema for this environment."
    return f"{what} {REMEDIES['new_column']}"


def _presence(_: str, column: _Column) -> str:
    present = _common(column).num_non_missing
    asked = column.schema.presence.min_fraction if column.schema else 0.0
    share = present / column.rows if column.rows else 0.0
    return (
        f"Column `{column.name}` has a value in {present:,} of {column.rows:,} rows ({share:.1%}); "
        f"the schema requires {asked:.1%}."
    )


def _domain(reason: str, column: _Column) -> str:
    above = "BIG" in reason
    if column.schema is None or column.schema.WhichOneof("domain_info") not in ("int_domain", "float_domain"):
        return f"Column `{column.name}`: {KINDS['domain']} (TFDV: {reason})."
    domain = getattr(column.schema, column.schema.WhichOneof("domain_info"))
    bound = domain.max if above else domain.min
    return f"Column `{column.name}` has values {'above' if above else 'below'} the schema's {bound:g}."


def _unexpected_values(_: str, column: _Column) -> str:
    listed = set(column.schema.string_domain.value) if column.schema else set()
    buckets = column.statistics.string_stats.rank_histogram.buckets if column.statistics else ()
    outside = [bucket.sample_count for bucket in buckets if bucket.label not in listed]
    return (
        f"Column `{column.name}`: {int(sum(outside)):,} of {column.rows:,} rows hold a value outside the "
        f"schema's list of {len(listed):,} (distinct such values: {len(outside):,}). "
        f"{REMEDIES['unexpected_values']}"
    )


def _not_finite(reason: str, column: _Column) -> str:
    histograms = column.statistics.num_stats.histograms if column.statistics else ()
    nan = max((histogram.num_nan for histogram in histograms), default=0)
    if reason == "FLOAT_TYPE_HAS_NAN":
        return f"Column `{column.name}` is NaN in {nan:,} of {column.rows:,} rows; leave missing cells empty."
    return f"Column `{column.name}` has infinite values."


def _type(_: str, column: _Column) -> str:
    expected = schema_pb2.FeatureType.Name(column.schema.type) if column.schema else "another type"
    kinds = statistics_pb2.FeatureNameStatistics.Type
    received = kinds.Name(column.statistics.type) if column.statistics else "nothing"
    return f"Column `{column.name}`: expected {expected}, as in the schema, got {received}."


def _common(column: _Column) -> statistics_pb2.CommonStatistics:
    statistics = column.statistics
    return (
        getattr(statistics, statistics.WhichOneof("stats")).common_stats if statistics is not None else None
    )
