"""How far a span is from the previous accepted one, by column, and whether that warns or blocks."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from tensorflow_metadata.proto.v0 import anomalies_pb2, schema_pb2, statistics_pb2

from components.data_gate.distances import of_column, one_value
from components.data_gate.extremes import (
    FEWEST_NEIGHBOURS,
    History,
    why_not_compared,
)
from components.data_gate.settings import Action, GateSettings

_STRONGEST_FIRST: Final[tuple[Action, ...]] = ("block", "warn", "note")
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
        kind: As TFDV defines them: `jensen_shannon` (divergence in bits, 0 to 1; of numbers, of their
            deciles), `l_infinity` (the largest change of one value's share), or
            `normalized_absolute_difference`.
        severity: "ok" up to the threshold, above it what the policy says of `drift` in this column, or of
            `drift_extreme` where that is stronger.
        value: The distance.
        threshold: The schema's.
        message: A sentence with both.
        extreme: Whether it has the kind `drift_extreme` as well.
        not_compared: Why it is not known whether it is extreme, a sentence; "" where it is known.
    """

    feature: str
    kind: str
    severity: Literal["ok", "block", "warn", "note"]
    value: float
    threshold: float
    message: str
    extreme: bool = False
    not_compared: str = ""


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


@dataclass(frozen=True)
class Compared:
    """A span and what it is compared with.

    Attributes:
        current: Statistics of the span to judge.
        previous: Of the previous accepted span.
        history: Distances between the accepted spans before.
        calibrated: Whether the days of the span are judged by a calibration.
    """

    current: statistics_pb2.DatasetFeatureStatistics
    previous: statistics_pb2.DatasetFeatureStatistics
    history: History
    calibrated: bool = False


def drifts_of(
    validation: anomalies_pb2.Anomalies,
    schema: schema_pb2.Schema,
    settings: GateSettings,
    compared: Compared | None,
) -> list[Drift]:
    """Returns the distances that TFDV measured, in the order of the schema's columns.

    Args:
        validation: From `tfdv.validate_statistics` with previous statistics; without, there are none.
        schema: That it was validated against.
        settings: For the severities.
        compared: What it was validated with; None where there was nothing to compare with.
    """
    if compared is None:
        return []
    place = {feature.name: number for number, feature in enumerate(schema.feature)}
    drifts = [
        _drift(".".join(info.path.step), measurement, settings, compared)
        for info in validation.drift_skew_info
        for measurement in info.drift_measurements
        if math.isfinite(measurement.value)
    ]
    return sorted(drifts, key=lambda drift: (place.get(drift.feature, len(place)), drift.kind))


def _drift(
    feature: str,
    measurement: anomalies_pb2.DriftSkewInfo.Measurement,
    settings: GateSettings,
    compared: Compared,
) -> Drift:
    value, threshold = measurement.value, measurement.threshold
    fired = value > threshold
    kind, name = _MEASURES.get(measurement.type, ("unknown", "distance"))
    relation = "above" if fired else "within"
    comparison = f"the {name} from the previous accepted span is {value:.3f}"
    obstacle = why_not_compared(feature, compared.current, compared.previous) if fired else ""
    why = ""
    of_spans = feature in compared.history.of_spans and one_value(of_column(feature, compared.current))
    if fired and not obstacle and not of_spans:
        why = compared.history.why_extreme(feature, value)
    kinds = ["drift", *(["drift_extreme"] if why else [])]
    severities = {settings.action(feature, each, calibrated=compared.calibrated) for each in kinds}
    return Drift(
        feature=feature,
        kind=kind,
        severity=next(each for each in _STRONGEST_FIRST if each in severities) if fired else "ok",
        value=value,
        threshold=threshold,
        message=f"Column `{feature}`: {comparison}, {relation} the limit of {threshold:g}"
        f"{f'; it is extreme: {why}' if why else '; each span has one value of it' if of_spans else ''}.",
        extreme=bool(why),
        not_compared=f"Extreme drift of column `{feature}` was not checked: {obstacle}." if obstacle else "",
    )


def extreme_not_checked(drifts: list[Drift], history: History) -> Iterator[str]:
    """Yields a sentence for each reason why an extreme drift may have been missed.

    Args:
        drifts: What was measured.
        history: What it was compared with.
    """
    few = [drift for drift in drifts if len(history.distances.get(drift.feature, ())) < FEWEST_NEIGHBOURS]
    if few:
        yield (
            f"Drift was not compared with the history (columns: {len(few)}): fewer than {FEWEST_NEIGHBOURS}"
            " pairs of earlier spans."
        )
    yield from (drift.not_compared for drift in drifts if drift.not_compared)


def not_compared(drifts: list[Drift], schema: schema_pb2.Schema, environment: str) -> Iterator[str]:
    """Yields a sentence for each column with a comparator that TFDV did not measure (no values on one side).

    Args:
        drifts: What was measured.
        schema: Whose comparators count.
        environment: Columns that are not in it are left out, and those that are set aside.
    """
    measured = {drift.feature for drift in drifts}
    for feature in schema.feature:
        is_aside = feature.lifecycle_stage == schema_pb2.DISABLED
        if feature.HasField("drift_comparator") and feature.name not in measured and not is_aside:
            outside = environment in feature.not_in_environment
            if not outside and (not feature.in_environment or environment in feature.in_environment):
                yield f"Drift of column `{feature.name}` was not checked: it is empty in one of the spans."
