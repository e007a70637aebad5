"""Judges a span by its statistics: schema, drift, label, number of rows, and the policy on each."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from tensorflow_metadata.proto.v0 import anomalies_pb2, schema_pb2, statistics_pb2

from components.data_gate.anomalies import Anomaly, anomalies_of
from components.data_gate.by_day import DaysJudgement, DaysToJudge, DriftAlarm, judge_days
from components.data_gate.distances import validated
from components.data_gate.drift import (
    Compared,
    Drift,
    drifts_of,
    extreme_not_checked,
    not_compared,
    why_not_comparable,
)
from components.data_gate.extremes import history_of
from components.data_gate.label_bounds import judge_label, label_facts, why_not_checked
from components.data_gate.row_count import RowCounts, judge_row_count
from components.data_gate.settings import GateSettings
from components.data_gate.span_rows import RowsJudgement, SpanRows, judge_rows, new_columns
from perennial.errors import SchemaError

FORMAT = 1


@dataclass(frozen=True)
class GateResult:
    """What the gate says of a span.

    Attributes:
        verdict: BLOCK when anything blocks, else WARN when anything warns, else OK.
        rows: Rows of the span.
        label_rate: Share of 1 in the label; None where the label is absent or not 0 and 1.
        anomalies: What is wrong, drift from the previous span left out; alarms of drift by day are the last.
        drift: Every distance measured from the previous span, fired or not.
        not_checked: A sentence for each check that could not be made.
        checked: A sentence for each that was.
        calibration: `number, state, rate, days, needed` of the calibration of drift by day; None: none.
        days: `day, score, threshold` of each day that it judged.
        validation: The standard proto, with TFDV's own texts (which hold data values).
    """

    verdict: Literal["OK", "WARN", "BLOCK"]
    rows: int
    label_rate: float | None
    anomalies: tuple[Anomaly, ...]
    drift: tuple[Drift, ...]
    not_checked: tuple[str, ...]
    checked: tuple[str, ...]
    calibration: Mapping[str, Any] | None
    days: tuple[Mapping[str, Any], ...]
    validation: anomalies_pb2.Anomalies

    @property
    def reasons(self) -> tuple[str, ...]:
        """The sentences that made the verdict, what blocks before what warns, and which rows wait."""
        by_severity: list[tuple[str, str]] = [(one.severity, one.message) for one in self.anomalies]
        by_severity += [(one.severity, one.message) for one in self.drift]
        return tuple(
            message for wanted in ("block", "warn") for severity, message in by_severity if severity == wanted
        ) + tuple(
            one.message for one in self.anomalies if one.kind == "labels_late" and one.severity == "note"
        )

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that a finding which blocks or warns is about, what blocks first, each once."""
        findings: list[Anomaly | Drift] = [*self.anomalies, *self.drift]
        names = (
            name
            for wanted in ("block", "warn")
            for one in findings
            if one.severity == wanted
            for name in (one.columns if isinstance(one, DriftAlarm) else (one.feature,))
            if name
        )
        return tuple(dict.fromkeys(names))

    def to_json(self) -> str:
        """Returns the content of `gate.json`; no data values."""
        data: dict[str, Any] = {
            "format": FORMAT,
            **asdict(self),
            "reasons": self.reasons,
            "columns": self.columns,
        }
        del data["validation"]
        for drift in data["drift"]:
            del drift["not_compared"]  # it is in `not_checked`
        return json.dumps(data, indent=1)


def judge_span(
    statistics: statistics_pb2.DatasetFeatureStatisticsList,
    schema: schema_pb2.Schema,
    previous_statistics: statistics_pb2.DatasetFeatureStatisticsList | None,
    settings: GateSettings,
    *,
    label: str,
    environment: str = "TRAINING",
    rows: SpanRows | None = None,
    older_statistics: Sequence[statistics_pb2.DatasetFeatureStatisticsList] = (),
    span: str = "",
    row_counts: RowCounts | None = None,
    days: DaysToJudge | None = None,
) -> GateResult:
    """Makes one full TFDV validation of a span and the gate's own checks.

    Skew against what is served belongs in the same call of TFDV, as its `serving_statistics`.

    Args:
        statistics: Of all rows of the span.
        schema: Curated; its drift comparators are used.
        previous_statistics: Of the previous accepted span, None when there is none.
        settings: Floors, the label's bounds and policy.
        label: The label's column; "" leaves it unchecked.
        environment: One of the schema's default environments.
        rows: What is known of the rows beside their statistics; None: they are not an export's.
        older_statistics: Of the accepted spans before the previous one, newest first: the distances between
            them tell which drift is extreme.
        span: The span's name.
        row_counts: Name and rows of the accepted spans before it, oldest first; None of what is no span.
        days: The span's days and the calibration that judges them; None of what is no span. Where it does,
            drift from the previous span is a note, unless the policy says otherwise.

    Returns:
        The verdict with all that led to it; bad data never raises.

    Raises:
        SchemaError: The schema does not know the environment.
    """
    current = statistics.datasets[0]
    former = [] if previous_statistics is None else [previous_statistics, *older_statistics]
    by_day = judge_days(span, days) if days else DaysJudgement()
    validation, drift, no_drift = _judge_drift(
        statistics, schema, former, settings, environment, by_day.is_calibrated
    )
    facts = label_facts(current, label)
    no_label = why_not_checked(facts, label, schema, environment, settings) if label else None
    own = judge_rows(rows, settings) if rows else RowsJudgement((), (), ())
    unusual: list[Anomaly] = []
    no_count = None
    if row_counts is not None:
        unusual, no_count = judge_row_count(span, current.num_examples, row_counts, settings)
    anomalies = (
        *_too_few_rows(current.num_examples, settings),
        *unusual,
        *anomalies_of(validation, current, schema, settings),
        *(judge_label(facts, label, settings) if label and not no_label else ()),
        *own.anomalies,
        *(new_columns(rows.summary, [each.name for each in schema.feature], settings) if rows else ()),
        *by_day.alarms,
    )
    checked = _checked(current.num_examples, environment, drift, None if no_label else label)
    return GateResult(
        verdict=_verdict({one.severity for one in (*anomalies, *drift)}),
        rows=current.num_examples,
        label_rate=facts.rate,
        anomalies=anomalies,
        drift=tuple(drift),
        not_checked=(
            *no_drift,
            *by_day.not_checked,
            *(each for each in (no_label, no_count) if each),
            *own.not_checked,
        ),
        checked=(*checked, *by_day.checked, *own.checked),
        calibration=by_day.calibration,
        days=by_day.days,
        validation=validation,
    )


def _judge_drift(
    statistics: statistics_pb2.DatasetFeatureStatisticsList,
    schema: schema_pb2.Schema,
    former: Sequence[statistics_pb2.DatasetFeatureStatisticsList],
    settings: GateSettings,
    environment: str,
    calibrated: bool,
) -> tuple[anomalies_pb2.Anomalies, list[Drift], list[str]]:
    """Returns TFDV's validation, the drift in it, and a sentence for each column that was not compared.

    `former` are the statistics of the accepted spans before, newest first.
    """
    if environment not in schema.default_environment:
        raise SchemaError(
            f"Environment {environment} is not in the schema's default_environment.",
            f'Add `default_environment: "{environment}"` to the schema.',
        )
    current, before = statistics.datasets[0], [each.datasets[0] for each in former]
    obstacle = why_not_comparable(current, before[0] if before else None, settings)
    validation = validated(current, None if obstacle or not before else before[0], schema, environment)
    compared = None
    if before and not obstacle:
        history = history_of(before, schema, environment, settings.drift_min_rows)
        compared = Compared(current, before[0], history, calibrated)
    drift = drifts_of(validation, schema, settings, compared)
    not_made = [obstacle] if obstacle else list(not_compared(drift, schema, environment))
    if compared is not None:
        not_made += extreme_not_checked(drift, compared.history)
    return validation, drift, not_made


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
    """Returns a sentence for each check made; `label` is None where it was not judged."""
    sentences = [f"The schema was checked in the environment {environment}; rows: {rows:,}."]
    if drift:
        sentences.append(f"Drift from the previous accepted span was checked; columns: {len(drift)}.")
    if label:
        sentences.append(f"The label was checked, in column `{label}`.")
    return tuple(sentences)
