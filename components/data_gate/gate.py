"""Judges a span by its statistics: schema, drift, label rate, sample size; and what the policy makes of them."""

import json
from dataclasses import asdict, dataclass
from typing import Any, Literal

import tensorflow_data_validation as tfdv
from tensorflow_metadata.proto.v0 import anomalies_pb2, schema_pb2, statistics_pb2

from components.data_gate.anomalies import Anomaly, anomalies_of
from components.data_gate.drift import Drift, drifts_of, not_compared, why_not_comparable
from components.data_gate.settings import Settings

FORMAT = 1


@dataclass(frozen=True)
class GateResult:
    """What the gate says of a span.

    Attributes:
        verdict: BLOCK when anything blocks, else WARN when anything warns, else OK.
        rows: Rows of the span.
        label_rate: Share of 1 in the label; None where the label is absent, not a number, or not in the environment.
        anomalies: What is wrong, drift left out.
        drift: Every distance measured, fired or not.
        not_checked: A sentence for each check that could not be made.
        checked: A sentence for each that was.
        found: The standard proto, with TFDV's own texts (which hold data values).
    """

    verdict: Literal["OK", "WARN", "BLOCK"]
    rows: int
    label_rate: float | None
    anomalies: tuple[Anomaly, ...]
    drift: tuple[Drift, ...]
    not_checked: tuple[str, ...]
    checked: tuple[str, ...]
    found: anomalies_pb2.Anomalies

    @property
    def reasons(self) -> tuple[str, ...]:
        """The sentences that made the verdict, what blocks before what warns."""
        told = (*self.anomalies, *self.drift)
        return tuple(one.message for severity in ("block", "warn") for one in told if one.severity == severity)

    def to_json(self) -> str:
        """Returns the content of `gate.json`; no data values."""
        data: dict[str, Any] = {"format": FORMAT, **asdict(self), "reasons": self.reasons}
        del data["found"]
        return json.dumps(data, indent=1)


def judge_span(
    statistics: statistics_pb2.DatasetFeatureStatisticsList,
    schema: schema_pb2.Schema,
    previous_statistics: statistics_pb2.DatasetFeatureStatisticsList | None,
    settings: Settings,
    *,
    label: str,
    environment: str = "TRAINING",
) -> GateResult:
    """Makes one full TFDV validation of a span and the gate's own checks.

    Skew against what is served belongs in the same call of TFDV, as its `serving_statistics`.

    Args:
        statistics: Of all rows of the span.
        schema: Curated; its drift comparators are used.
        previous_statistics: Of the previous accepted span, None when there is none.
        settings: Floors, label rate and policy.
        label: The name of a 0/1 column.
        environment: One of the schema's default environments.

    Returns:
        The verdict with all that led to it; bad data never raises.
    """
    current = statistics.datasets[0]
    obstacle = why_not_comparable(
        current, previous_statistics.datasets[0] if previous_statistics else None, settings
    )
    found = tfdv.validate_statistics(
        statistics=statistics,
        schema=schema,
        environment=environment,
        previous_statistics=None if obstacle else previous_statistics,
    )
    anomalies = [*_sample_size(current, settings), *anomalies_of(found, current, schema, settings)]
    drifts = drifts_of(found, schema, settings)
    not_checked = [obstacle] if obstacle else list(not_compared(drifts, schema, environment))
    checked = [f"{current.num_examples:,} rows against the schema, environment {environment}."]
    if drifts:
        checked.append(f"Drift of {len(drifts)} columns from the previous accepted span.")
    rate = _label_rate(current, schema, label, environment)
    problem, note = _judge_rate(rate, current.num_examples, label, settings)
    anomalies.extend(problem)
    if rate is None or note.startswith("The label"):
        not_checked.append(note)
    else:
        checked.append(note)
    severities = {one.severity for one in (*anomalies, *drifts)}
    return GateResult(
        verdict="BLOCK" if "block" in severities else "WARN" if "warn" in severities else "OK",
        rows=current.num_examples,
        label_rate=rate,
        anomalies=tuple(anomalies),
        drift=tuple(drifts),
        not_checked=tuple(not_checked),
        checked=tuple(checked),
        found=found,
    )
