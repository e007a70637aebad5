"""The outcome of a pass of the chain: a span's verdict with its outputs, or the error of a failed node."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from components.data_gate.kinds import DRIFT_ALARM
from perennial.errors import NodeFailed, SpanChanged
from perennial.files import read_json
from perennial.store.span_version import SpanAlarm, Verdict
from pipeline import export_folders
from pipeline.execution.messages import Failure, Pass
from pipeline.run.live_predictions import NODE as LIVE_PREDICTIONS

_NOTHING: Final = Failure(kind="node_failed", problem="It wrote no output.", remedy="See the run's log.")


class SpanOutcome(NamedTuple):
    """What a pass up to the data gate says of a span.

    Attributes:
        verdict: The verdict.
        reasons: Why, in sentences.
        facts: The summary of its Examples; empty if it was not read.
        uris: Those of its artifacts, by output; empty if it was not judged.
        columns: The columns that the data gate blocks or warns of.
        calibration: Number of the calibration of drift that was used; 0 if none was.
        alarms: Its drift alarms.
        findings: The same in full, as the gate wrote them.
    """

    verdict: Verdict
    reasons: list[str]
    facts: Mapping[str, Any] = {}
    uris: Mapping[str, str] = {}
    columns: tuple[str, ...] = ()
    calibration: int = 0
    alarms: tuple[SpanAlarm, ...] = ()
    findings: tuple[dict[str, Any], ...] = ()


def outcome(passed: Pass, export: export_folders.ExportFolder) -> SpanOutcome:
    """Reads a pass up to the data gate.

    Raises:
        NodeFailed: A node failed for another reason than the data.
        SpanChanged: The export has changed since it arrived.
    """
    failure = passed.failure
    if failure is not None and failure.kind == "span_changed":
        raise SpanChanged(failure.problem, failure.remedy)
    if failure is not None and failure.kind == "labels_missing":
        return SpanOutcome("NEW", [failure.problem, failure.remedy])
    if failure is not None and failure.kind == "span_refused":
        return SpanOutcome("REFUSED", [failure.problem])
    anomalies = passed.output("DataGate", "anomalies")
    examples = passed.output("ArrowExampleGen", "examples")
    statistics = passed.output("SpanStatistics", "statistics")
    days = passed.output("DaySummaries", "days")
    if failure is not None or anomalies is None or examples is None or statistics is None or days is None:
        raise failed(passed, f"span {export.span}")
    summary = read_json(examples / "summary.json")
    if problem := export_folders.rows_problem(export, summary):
        return SpanOutcome("REFUSED", [problem], summary)
    gate = read_json(anomalies / "gate.json")
    findings = tuple(each for each in gate["anomalies"] if each["kind"] == DRIFT_ALARM)
    uris = {"examples": str(examples), "statistics": str(statistics), "days": str(days)}
    if predictions := passed.output(LIVE_PREDICTIONS, "predictions"):
        uris["predictions"] = str(predictions)
    return SpanOutcome(
        gate["verdict"],
        gate["reasons"],
        summary,
        uris,
        tuple(gate["columns"]),
        # One that is not calibrated has judged no day.
        gate["calibration"]["number"] if gate["days"] else 0,
        tuple(_alarm(each) for each in findings),
        findings,
    )


def _alarm(anomaly: Mapping[str, Any]) -> SpanAlarm:
    """A finding of the kind `drift_alarm`, as the ledger has it."""
    return SpanAlarm.of([anomaly[name] for name in SpanAlarm._fields if name in anomaly])


def failed(passed: Pass, what: str) -> NodeFailed:
    """The error of a pass in which a node failed; `what` names the spans of the pass."""
    failure = passed.failure or _NOTHING
    return NodeFailed(
        f"{passed.failed_node or 'The pipeline'} failed on {what}. {failure.problem}", failure.remedy
    )
