"""A worker that follows a script: it reads spans as that of runs does, and trains models of the past."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.config import UseCase
from pipeline.execution.messages import Failure, Message, Node, NodeBegan, Pass
from pipeline.plan import AsOfPlan, AsOfRefitPlan, Job
from tests.pipeline.run.scripted import Script, ScriptedWorker

NODES = {
    "Window": ("window",),
    "Transform": ("transform_graph",),
    "Trainer": ("model", "model_run"),
    "NextSpanScores": ("scores",),
}
REFIT_NODES = {
    "RefitWindow": ("window",),
    "RefitTransform": ("transform_graph",),
    "RefitTrainer": ("model", "model_run"),
    "Agreement": ("agreement",),
    "NextSpanScores": ("scores",),
}
DAYS = tuple(f"{day:02d}" for day in range(1, 8))


@dataclass
class PastScript:
    """What the worker does beyond that of runs.

    Attributes:
        runs: Of the spans that are read.
        trained: Newest span and number of spans of each training, in order.
        starts: Folder of the model that each training begins with; empty: cold.
        refit: Newest span of each refit, in order.
        disagree: Newest spans of the refits that do not agree with the model before.
        fails_at: How many trainings end well before one fails; None: all do.
        begin: Is called when a training begins.
    """

    runs: Script = field(default_factory=Script)
    trained: list[tuple[str, int]] = field(default_factory=list)
    starts: list[str] = field(default_factory=list)
    refit: list[str] = field(default_factory=list)
    disagree: tuple[str, ...] = ()
    fails_at: int | None = None
    begin: Callable[[], None] = lambda: None


class PastWorker(ScriptedWorker):
    """In the place of `ChainProcess`."""

    def __init__(self, script: PastScript, use_case: UseCase, log: Path) -> None:
        super().__init__(script.runs, use_case, log)
        self._past = script
        self._past_window: tuple[str, ...] = ()

    def messages(self, deadline: float) -> Iterator[Message | None]:
        """Answers a training; all else as in a run."""
        work = Job.model_validate_json(self._line).work
        if not isinstance(work, AsOfPlan | AsOfRefitPlan):
            yield from super().messages(deadline)
            return
        self._past.begin()
        if self._past.fails_at == len(self._past.trained):
            failure = Failure(kind="node_failed", problem="The loss is not finite.", remedy="Lower it.")
            yield Pass(nodes=(Node(name="Trainer", state="FAILED"),), failure=failure)
            return
        nodes = []
        for name, keys in (NODES if isinstance(work, AsOfPlan) else REFIT_NODES).items():
            yield NodeBegan(name=name)
            outputs = {}
            for key in keys:
                folder = self._new_folder(name, key)
                file, content = self._of_past(name.removeprefix("Refit"), work)
                (folder / file).write_text(json.dumps(content))
                if key == "model":
                    (folder / "Format-Serving").mkdir()
                    (folder / "Format-Serving" / "saved_model.pb").write_text(str(work))
                outputs[key] = [str(folder)]
            nodes.append(Node(name=name, state="COMPLETE", outputs=outputs))
        if isinstance(work, AsOfPlan):
            self._past.starts.append(json.loads(work.start)["folder"] if work.start else "")
            self._past.trained.append((work.window[-1], len(work.window)))
            self._past_window = work.window
        else:
            self._past.refit.append(work.refit.newest)
            assert Path(work.refit.judged.model).is_dir()
        yield Pass(nodes=tuple(nodes), cpu_seconds=60.0)

    def _of_past(self, name: str, work: AsOfPlan | AsOfRefitPlan) -> tuple[str, Any]:
        window = work.window if isinstance(work, AsOfPlan) else self._past_window
        better = 0.0 if isinstance(work, AsOfPlan) else 0.005
        if isinstance(work, AsOfRefitPlan) and name == "Agreement":
            return "agreement.json", {"agrees": work.refit.newest not in self._past.disagree}
        if name == "Window":
            return "window.json", {"train": {"rows": 9 * len(window)}}
        if name == "Trainer":
            return "training.json", {"epochs": 2}
        if name == "Transform":
            return "graph.json", {}
        spans = {}
        for uri in work.judged_examples:
            span = json.loads((Path(uri) / "summary.json").read_text())["span"]
            loss = 0.4 + 0.01 * (int(span) - int(window[-1])) - 0.001 * len(window) - better
            spans[span] = {f"{span}-{day}": [9, 9 * (loss + 0.01 * (int(day) % 2))] for day in DAYS}
        return "scores.json", {"format": 1, "spans": spans, "cpu_seconds": 10.0}
