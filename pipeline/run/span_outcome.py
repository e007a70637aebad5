"""The outcome of a pass of the chain: a span's verdict with its outputs, or the error of a failed node."""

from collections.abc import Mapping
from typing import Any, Final

from perennial.errors import NodeFailed, SpanChanged
from perennial.files import read_json
from perennial.store.span_version import Verdict
from pipeline import export_folders
from pipeline.execution.messages import Failure, Pass

_NOTHING: Final = Failure(kind="node_failed", problem="It wrote no output.", remedy="See the run's log.")


def outcome(
    passed: Pass, export: export_folders.ExportFolder
) -> tuple[Verdict, list[str], Mapping[str, Any], Mapping[str, str]]:
    """Verdict, reasons, summary and artifact URIs of a pass up to the data gate.

    Raises:
        NodeFailed: A node failed for another reason than the data.
        SpanChanged: The export has changed since it arrived.
    """
    failure = passed.failure
    if failure is not None and failure.kind == "span_changed":
        raise SpanChanged(failure.problem, failure.remedy)
    if failure is not None and failure.kind == "labels_missing":
        return "NEW", [failure.problem, failure.remedy], {}, {}
    if failure is not None and failure.kind == "span_refused":
        return "REFUSED", [failure.problem], {}, {}
    anomalies = passed.output("DataGate", "anomalies")
    examples = passed.output("ArrowExampleGen", "examples")
    statistics = passed.output("SpanStatistics", "statistics")
    if failure is not None or anomalies is None or examples is None or statistics is None:
        raise failed(passed, f"span {export.span}")
    summary = read_json(examples / "summary.json")
    if problem := export_folders.rows_problem(export, summary):
        return "REFUSED", [problem], summary, {}
    gate = read_json(anomalies / "gate.json")
    return (
        gate["verdict"],
        gate["reasons"],
        summary,
        {"examples": str(examples), "statistics": str(statistics)},
    )


def failed(passed: Pass, what: str) -> NodeFailed:
    """The error of a pass in which a node failed; `what` names the spans of the pass."""
    failure = passed.failure or _NOTHING
    return NodeFailed(
        f"{passed.failed_node or 'The pipeline'} failed on {what}. {failure.problem}", failure.remedy
    )
