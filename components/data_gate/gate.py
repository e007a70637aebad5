"""Judges a span by its statistics: schema, drift, label rate, number of rows, and the policy on each."""

import json
from dataclasses import asdict, dataclass
from typing import Any, Literal

import tensorflow_data_validation as tfdv
from tensorflow_metadata.proto.v0 import anomalies_pb2, schema_pb2, statistics_pb2

from components.data_gate.anomalies import Anomaly, anomalies_of
from components.data_gate.drift import Drift, drifts_of, not_compared, why_not_comparable
from components.data_gate.label_rate import judge_label_rate, label_rate, why_not_checked
from components.data_gate.row_count import RowCounts, judge_row_count
from components.data_gate.settings import GateSettings
from perennial.errors import SchemaError

FORMAT = 1


@dataclass(frozen=True)
class GateResult:
    """What the gate says of a span.

    Attributes:
        verdict: BLOCK when anything blocks, else WARN when anything warns, else OK.
        rows: Rows of the span.
        label_rate: Share of 1 in the label; None where the label is absent or not a number.
        anomalies: What is wrong, drift left out.
        drift: Every distance measured, fired or not.
        not_checked: A sentence for each check that could not be made.
        checked: A sentence for each that was.
        validation: The standard proto, with TFDV's own texts (which hold data values).
    """

    verdict: Literal["OK", "WARN", "BLOCK"]
    rows: int
    label_rate: float | None
    anomalies: tuple[Anomaly, ...]
    drift: tuple[Drift, ...]
    not_checked: tuple[str, ...]
    checked: tuple[str, ...]
    validation: anomalies_pb2.Anomalies

    @property
    def reasons(self) -> tuple[str, ...]:
        """The sentences that made the verdict, what blocks before what warns."""
        by_severity: list[tuple[str, str]] = [(one.severity, one.message) for one in self.anomalies]
        by_severity += [(one.severity, one.message) for one in self.drift]
        return tuple(
            message for wanted in ("block", "warn") for severity, message in by_severity if severity == wanted
        )

    def to_json(self) -> str:
        """Returns the content of `gate.json`; no data values."""
        data: dict[str, Any] = {"format": FORMAT, **asdict(self), "reasons": self.reasons}
        del data["validation"]
        return json.dumps(data, indent=1)


def judge_span(
    statistics: statistics_pb2.DatasetFeatureStatisticsList,
    schema: schema_pb2.Schema,
    previous_statistics: statistics_pb2.DatasetFeatureStatisticsList | None,
    settings: GateSettings,
    *,
    label: str,
    environment: str = "TRAINING",
    span: str = "",
    row_counts: RowCounts | None = None,
) -> GateResult:
    """Makes one full TFDV validation of a span and the gate's own checks.

    Skew against what is served belongs in the same call of TFDV, as its `serving_statistics`.

    Args:
        statistics: Of all rows of the span.
        schema: Curated; its drift comparators are used.
        previous_statistics: Of the previous accepted span, None when there is none.
        settings: Floors, label rate and policy.
        label: The name of a 0/1 column; "" where the label is none, and has no rate.
        environment: One of the schema's default environments.
        span: The span's name.
        row_counts: Name and rows of the accepted spans before it, oldest first; None of what is no span.

    Returns:
        The verdict with all that led to it; bad data never raises.

    Raises:
        SchemaError: The schema does not know the environment.
    """
    if environment not in schema.default_environment:
        raise SchemaError(
            f"Environment {environment} is not in the schema's default_environment.",
            f'Add `default_environment: "{environment}"` to the schema.',
        )
    current = statistics.datasets[0]
    previous = previous_statistics.datasets[0] if previous_statistics is not None else None
    obstacle = why_not_comparable(current, previous, settings)
    validation = tfdv.validate_statistics(
        statistics=statistics,
        schema=schema,
        environment=environment,
        previous_statistics=None if obstacle else previous_statistics,
    )
    drift = drifts_of(validation, schema, settings)
    rate = label_rate(current, label) if label else None
    no_rate = (
        why_not_checked(rate, current.num_examples, label, schema, environment, settings) if label else None
    )
    unusual, no_count = (
        ([], None)
        if row_counts is None
        else (judge_row_count(span, current.num_examples, row_counts, settings))
    )
    anomalies = [
        *_too_few_rows(current.num_examples, settings),
        *unusual,
        *anomalies_of(validation, current, schema, settings),
        *(judge_label_rate(rate, label, settings) if rate is not None and no_rate is None else ()),
    ]
    no_drift = [obstacle] if obstacle else list(not_compared(drift, schema, environment))
    return GateResult(
        verdict=_verdict({one.severity for one in (*anomalies, *drift)}),
        rows=current.num_examples,
        label_rate=rate,
        anomalies=tuple(anomalies),
        drift=tuple(drift),
        not_checked=(*no_drift, *(each for each in (no_rate, no_count) if each)),
        checked=_checked(current.num_examples, environment, drift, None if no_rate else label),
        validation=validation,
    )


def _too_few_rows(rows: int, settings: GateSettings) -> list[Anomaly]:
    if rows >= settings.min_rows:
        return []
    message = f"The span has {rows:,} rows, fewer than min_rows ({settings.min_rows:,})."
    return [Anomaly("", "too_few_rows", settings.action("", "too_few_rows"), message)]


def _verdict(severities: set[str]) -> Literal["OK", "WARN", "BLOCK"]:
    if "block" in severities:
        return "BLOCK"
    return "WARN" if "warn" in severities else "OK"


def _checked(rows: int, environment: str, drift: list[Drift], label: str | None) -> tuple[str, ...]:
    """Returns a sentence for each check made; `label` is None where its rate was not judged."""
    sentences = [f"The schema was checked in the environment {environment}; rows: {rows:,}."]
    if drift:
        sentences.append(f"Drift from the previous accepted span was checked; columns: {len(drift)}.")
    if label:
        sentences.append(f"The label's rate was checked, in column `{label}`.")
    return tuple(sentences)
