"""Whether the share of 1 in a label can be believed: labels turned upside down are 0 and 1 as well."""

import math

from tensorflow_metadata.proto.v0 import schema_pb2, statistics_pb2

from components.data_gate.anomalies import Anomaly
from components.data_gate.settings import GateSettings


def label_rate(dataset: statistics_pb2.DatasetFeatureStatistics, label: str) -> float | None:
    """Returns the share of 1 among the label's values; None where it is absent, empty or not a number.

    Args:
        dataset: Of a span.
        label: The name of a 0/1 column; of other numbers this is the mean.
    """
    for feature in dataset.features:
        if list(feature.path.step) == [label] and feature.WhichOneof("stats") == "num_stats":
            mean = feature.num_stats.mean
            return mean if feature.num_stats.common_stats.num_non_missing and math.isfinite(mean) else None
    return None


def why_not_checked(
    rate: float | None,
    rows: int,
    label: str,
    schema: schema_pb2.Schema,
    environment: str,
    settings: GateSettings,
) -> str | None:
    """Returns why the rate cannot be judged, None where it can."""
    if any(feature.name == label and environment in feature.not_in_environment for feature in schema.feature):
        return f"The label's rate was not checked: {label} is not in the environment {environment}."
    if rate is None:
        return f"The label's rate was not checked: column `{label}` has no numbers."
    if settings.label_rate is None:
        return "The label's rate was not checked: label_rate is not set."
    if rows < settings.label_rate.min_rows:
        return (
            f"The label's rate was not checked: the span has {rows:,} rows, fewer than "
            f"label_rate.min_rows ({settings.label_rate.min_rows:,})."
        )
    return None


def judge_label_rate(rate: float, label: str, settings: GateSettings) -> list[Anomaly]:
    """Returns the anomaly of a rate outside `label_rate`, or nothing."""
    bounds = settings.label_rate
    if bounds is None or bounds.min <= rate <= bounds.max:
        return []
    allowed = f"{bounds.min:.1%} to {bounds.max:.1%}"
    message = f"Column `{label}` is 1 in {rate:.1%} of the rows; label_rate allows {allowed}."
    return [Anomaly(label, "label_rate", settings.action(label, "label_rate"), message)]
