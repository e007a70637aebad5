"""How far a span is from the previous accepted one, by column: the place where a finer drift belongs."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from tensorflow_metadata.proto.v0 import anomalies_pb2, schema_pb2, statistics_pb2

from components.data_gate.settings import GateSettings

# Of each measure its `kind`, and its name in a sentence.
_MEASURES = {
    anomalies_pb2.DriftSkewInfo.Measurement.L_INFTY: ("l_infinity", "largest change in one value's share"),
    anomalies_pb2.DriftSkewInfo.Measurement.JENSEN_SHANNON_DIVERGENCE: (
        "jensen_shannon",
        "Jensen-Shannon divergence",
    ),
    anomalies_pb2.DriftSkewInfo.Measurement.NORMALIZED_ABSOLUTE_DIFFERENCE: (
        "normalized_absolute_difference",
        "normalized absolute difference",
    ),
}


@dataclass(frozen=True)
class Drift:
    """One column's distance from the previous accepted span, whether it fired or not.

    Attributes:
        feature: The column.
        kind: As TFDV defines them: `jensen_shannon` (divergence in bits, 0 to 1; of numbers, of histograms
            of equal width), `l_infinity` (the largest change of one value's share), or
            `normalized_absolute_difference`.
        severity: "ok" up to the threshold, above it what the policy says of drift in this column.
        value: The distance.
        threshold: The schema's.
        message: A sentence with both.
    """

    feature: str
    kind: str
    severity: Literal["ok", "block", "warn", "note"]
    value: float
    threshold: float
    message: str


def why_not_comparable(
    current: statistics_pb2.DatasetFeatureStatistics,
    previous: statistics_pb2.DatasetFeatureStatistics | None,
    settings: GateSettings,
) -> str | None:
    """Returns why drift cannot be checked between two spans, None where it can.

    Args:
        current: Of the span to judge.
        previous: Of the previous accepted span, None when there is none.
        settings: For `drift_min_rows`: between small samples the distance is noise, and one day's weather is
            not the next one's.
    """
    if previous is None:
        return "Drift was not checked: there is no previous accepted span."
    floor = settings.drift_min_rows
    for name, rows in (
        ("the span", current.num_examples),
        ("the previous accepted span", previous.num_examples),
    ):
        if rows < floor:
            return f"Drift was not checked: {name} has {rows:,} rows, fewer than drift_min_rows ({floor:,})."
    return None


def drifts_of(
    validation: anomalies_pb2.Anomalies, schema: schema_pb2.Schema, settings: GateSettings
) -> list[Drift]:
    """Returns the distances that TFDV measured, in the order of the schema's columns.

    Args:
        validation: From `tfdv.validate_statistics` with previous statistics; without, there are none.
        schema: That it was validated against.
        settings: For the severities.
    """
    place = {feature.name: number for number, feature in enumerate(schema.feature)}
    drifts = [
        _drift(".".join(info.path.step), measurement, settings)
        for info in validation.drift_skew_info
        for measurement in info.drift_measurements
        if math.isfinite(measurement.value)
    ]
    return sorted(drifts, key=lambda drift: (place.get(drift.feature, len(place)), drift.kind))


def _drift(
    feature: str, measurement: anomalies_pb2.DriftSkewInfo.Measurement, settings: GateSettings
) -> Drift:
    value, threshold = measurement.value, measurement.threshold
    fired = value > threshold
    kind, name = _MEASURES.get(measurement.type, ("unknown", "distance"))
    relation = "above" if fired else "within"
    comparison = f"the {name} from the previous accepted span is {value:.3f}"
    return Drift(
        feature=feature,
        kind=kind,
        severity=settings.action(feature, "drift") if fired else "ok",
        value=value,
        threshold=threshold,
        message=f"Column `{feature}`: {comparison}, {relation} the limit of {threshold:g}.",
    )


def not_compared(drifts: list[Drift], schema: schema_pb2.Schema, environment: str) -> Iterator[str]:
    """Yields a sentence for each column with a comparator that TFDV did not measure (no values on one side).

    Args:
        drifts: What was measured.
        schema: Whose comparators count.
        environment: Columns that are not in it are left out.
    """
    measured = {drift.feature for drift in drifts}
    for feature in schema.feature:
        if feature.HasField("drift_comparator") and feature.name not in measured:
            outside = environment in feature.not_in_environment
            if not outside and (not feature.in_environment or environment in feature.in_environment):
                yield f"Drift of column `{feature.name}` was not checked: it is empty in one of the spans."
