"""The chain's own nodes up to the window's gate, one after another in this process: no run, no training."""

import itertools
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tfx import types
from tfx.types import artifact_utils, standard_artifacts

from components.arrow_example_gen.executor import Executor as ExampleGenExecutor
from components.artifacts import SPLIT
from components.data_gate.executor import Executor as DataGateExecutor
from components.span_statistics.executor import Executor as StatisticsExecutor
from components.window.executor import Executor as WindowExecutor
from components.window_gate.executor import Executor as WindowGateExecutor
from components.window_gate.gate import LiveRows
from perennial.errors import FewerRows, FileRefused, LabelsMissing, NodeFailed, SpanRefused
from perennial.files import read_json
from perennial.store.span_version import SpanVersion
from pipeline import inputs
from pipeline.config import UseCase
from pipeline.execution.messages import Failure, Node, Pass
from pipeline.plan import SchemaPlan, SpanPlan


class NodesInProcess:
    """Runs the executors of the nodes with what `pipeline.py` gives them; TFX's metadata store is left out.

    Attributes:
        gate: The gate's result for the last span, as `gate.json`; None where the span was not judged.
    """

    def __init__(self, use_case: UseCase, schema: SchemaPlan) -> None:
        """Has judged nothing yet."""
        self._use_case = use_case
        self._schema = schema
        self._numbers = itertools.count(1)
        self.gate: dict[str, Any] | None = None

    def up_to_gate(self, plan: SpanPlan) -> Pass:
        """ArrowExampleGen, SpanStatistics, DataGate."""
        self.gate = None
        given = inputs.of_span(self._use_case)
        examples = self._artifact(standard_artifacts.Examples, "ArrowExampleGen", "examples")
        try:
            ExampleGenExecutor().Do(
                {}, {"examples": [examples]}, {**given["ArrowExampleGen"], **self._of_span(plan)}
            )
        except LabelsMissing as error:
            return _failed("labels_missing", error.problem, error.remedy)
        except (FileRefused, SpanRefused) as error:
            return _failed("span_refused", error.problem, error.remedy)
        schema = standard_artifacts.Schema()
        schema.uri = self._schema.uri
        statistics = self._artifact(standard_artifacts.ExampleStatistics, "SpanStatistics", "statistics")
        StatisticsExecutor().Do(
            {"examples": [examples], "schema": [schema]},
            {"statistics": [statistics]},
            dict(given["SpanStatistics"]),
        )
        anomalies = self._artifact(standard_artifacts.ExampleAnomalies, "DataGate", "anomalies")
        DataGateExecutor().Do(
            {
                "statistics": [statistics],
                "schema": [schema],
                "examples": [examples],
                "previous_statistics": _statistics([plan.previous_statistics]),
                "older_statistics": _statistics(plan.older_statistics),
            },
            {"anomalies": [anomalies]},
            {
                **given["DataGate"],
                "others": json.dumps(plan.others),
                "older": json.dumps(plan.older_statistics),
                "span": plan.span,
                "row_counts": json.dumps(plan.row_counts),
            },
        )
        self.gate = read_json(Path(anomalies.uri) / "gate.json")
        return Pass(
            nodes=(
                _node("ArrowExampleGen", "examples", examples),
                _node("SpanStatistics", "statistics", statistics),
                _node("DataGate", "anomalies", anomalies),
            )
        )

    def window(self, accepted: Sequence[SpanVersion], live: LiveRows) -> tuple[int, str]:
        """Window and WindowGate.

        Args:
            accepted: The spans in use, oldest first.
            live: What a live model was trained on.

        Returns:
            The rows to train on, 0 where there are too few to evaluate and to train on; and why the gate
            blocks, "" where it does not.
        """
        given = inputs.of_window(self._use_case)
        window = self._artifact(standard_artifacts.Examples, "Window", "window")
        examples = []
        for version in accepted:
            artifact = standard_artifacts.Examples()
            artifact.uri = version.examples
            artifact.set_string_custom_property("span", version.span)
            examples.append(artifact)
        try:
            WindowExecutor().Do(
                {"examples": examples},
                {"window": [window]},
                {**given["Window"], "spans": ",".join(version.span for version in accepted)},
            )
        except NodeFailed:
            return 0, ""
        rows = int(read_json(Path(window.uri) / "window.json")["train"]["rows"])
        result = self._artifact(standard_artifacts.ExampleAnomalies, "WindowGate", "anomalies")
        try:
            WindowGateExecutor().Do(
                {"window": [window]},
                {"anomalies": [result]},
                {**given["WindowGate"], "live": live.to_json(), "accepted": ""},
            )
        except FewerRows as error:
            return rows, error.problem
        return rows, ""

    def _of_span(self, plan: SpanPlan) -> dict[str, Any]:
        quarantine = self._use_case.root / "quarantine" / plan.span / f"v{plan.version}.csv"
        return {
            "span": plan.span,
            "version": plan.version,
            "digest": plan.digest,
            "files": json.dumps(plan.files),
            "columns": self._schema.columns,
            "quarantine": str(quarantine),
        }

    def _artifact(self, kind: type[types.Artifact], node: str, key: str) -> types.Artifact:
        artifact = kind()
        folder = self._use_case.root / "artifacts" / node / key / str(next(self._numbers))
        folder.mkdir(parents=True)
        artifact.uri = str(folder)
        return artifact


def _statistics(uris: Sequence[str]) -> list[types.Artifact]:
    artifacts = []
    for uri in filter(None, uris):
        artifact = standard_artifacts.ExampleStatistics()
        artifact.uri = uri
        artifact.split_names = artifact_utils.encode_split_names([SPLIT])
        artifacts.append(artifact)
    return artifacts


def _node(name: str, key: str, artifact: types.Artifact) -> Node:
    return Node(name=name, state="COMPLETE", outputs={key: [artifact.uri]})


def _failed(kind: Any, problem: str, remedy: str) -> Pass:
    node = Node(name="ArrowExampleGen", state="FAILED")
    return Pass(nodes=(node,), failure=Failure(kind=kind, problem=problem, remedy=remedy))
