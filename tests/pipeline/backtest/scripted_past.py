"""A worker that follows a script: it reads spans as that of runs does, and trains models of the past."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.config import UseCase
from pipeline.execution.messages import Failure, Message, Node, NodeBegan, Pass
from pipeline.plan import AsOfPlan, Job
from tests.pipeline.run.scripted import Script, ScriptedWorker

NODES = {
    "Window": "window",
    "Transform": "transform_graph",
    "Trainer": "model_run",
    "NextSpanScores": "scores",
}
DAYS = tuple(f"{day:02d}" for day in range(1, 8))


@dataclass
class PastScript:
    """What the worker does beyond that of runs.

    Attributes:
        runs: Of the spans that are read.
        trained: Newest span and number of spans of each training, in order.
        fails_at: How many trainings end well before one fails; None: all do.
        begin: Is called when a training begins.
    """

    runs: Script = field(default_factory=Script)
    trained: list[tuple[str, int]] = field(default_factory=list)
    fails_at: int | None = None
    begin: Callable[[], None] = lambda: None


class PastWorker(ScriptedWorker):
    """In the place of `ChainProcess`."""

    def __init__(self, script: PastScript, use_case: UseCase, log: Path) -> None:
        super().__init__(script.runs, use_case, log)
        self._past = script

    def messages(self, deadline: float) -> Iterator[Message | None]:
        """Answers a training; all else as in a run."""
        work = Job.model_validate_json(self._line).work
        if not isinstance(work, AsOfPlan):
            yield from super().messages(deadline)
            return
        self._past.begin()
        if self._past.fails_at == len(self._past.trained):
            failure = Failure(kind="node_failed", problem="The loss is not finite.", remedy="Lower it.")
            yield Pass(nodes=(Node(name="Trainer", state="FAILED"),), failure=failure)
            return
        nodes = []
        for name, key in NODES.items():
            yield NodeBegan(name=name)
            folder = self._new_folder(name, key)
            file, content = self._of_past(name, work)
            (folder / file).write_text(json.dumps(content))
            nodes.append(Node(name=name, state="COMPLETE", outputs={key: [str(folder)]}))
        self._past.trained.append((work.window[-1], len(work.window)))
        yield Pass(nodes=tuple(nodes), cpu_seconds=60.0)

    def _of_past(self, name: str, work: AsOfPlan) -> tuple[str, Any]:
        if name == "Window":
            return "window.json", {"train": {"rows": 9 * len(work.window)}}
        if name == "Trainer":
            return "training.json", {"epochs": 2}
        if name == "Transform":
            return "graph.json", {}
        spans = {}
        for uri in work.judged_examples:
            span = json.loads((Path(uri) / "summary.json").read_text())["span"]
            loss = 0.4 + 0.01 * (int(span) - int(work.window[-1])) - 0.001 * len(work.window)
            spans[span] = {f"{span}-{day}": [9, 9 * (loss + 0.01 * (int(day) % 2))] for day in DAYS}
        return "scores.json", {"format": 1, "spans": spans, "cpu_seconds": 10.0}
