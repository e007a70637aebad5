"""A worker that follows a script: it answers typed messages and writes the files that the nodes would."""

import json
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

from tensorflow_metadata.proto.v0 import statistics_pb2

from components.atomic_pusher.card import refit_card, without_refit
from components.window_gate.gate import LiveRows, WindowResult, judge_window
from perennial import clock
from perennial.drift.orders import CalibrationOrder, CalibrationOutcome
from perennial.errors import LiveChanged
from perennial.files import file_digest
from perennial.push_rules import PushRules
from perennial.store import registry
from perennial.store.ledger import Ledger
from pipeline.config import UseCase
from pipeline.execution.messages import Broken, Failure, Message, Node, NodeBegan, Pass, Progress
from pipeline.plan import (
    STATISTICS_FILE,
    DaysPlan,
    EffectsPlan,
    Job,
    PublishPlan,
    RefitPlan,
    SchemaPlan,
    SpanPlan,
    WindowPlan,
    Work,
)
from pipeline.run.read_as import types_of

# The nodes of each part, with the key of what each puts out.
DAYS_NODES: Final = {"DaySummaries": "days"}
SPAN_NODES: Final = {
    "ArrowExampleGen": "examples",
    **DAYS_NODES,
    "SpanStatistics": "statistics",
    "DataGate": "anomalies",
}
WINDOW_NODES: Final = {
    "Window": "window",
    "WindowGate": "anomalies",
    "Transform": "transform_graph",
    "Trainer": "model",
    "Evaluator": "evaluation",
}
REFIT_NODES: Final = {
    "RefitWindow": "window",
    "RefitTransform": "transform_graph",
    "RefitTrainer": "model",
    "Agreement": "agreement",
}
PUBLISHING_NODES: Final = {"ServingProbe": "blessing", "AtomicPusher": "pushed_model"}
# What some put out besides, in the same folder of the script.
_FURTHER: Final = {"Trainer": "model_run", "RefitTrainer": "model_run", "Evaluator": "blessing"}
_PARTS: Final[Mapping[type, Mapping[str, str]]] = {
    SpanPlan: SPAN_NODES,
    DaysPlan: DAYS_NODES,
    EffectsPlan: {"DriftEffects": "effects"},
    WindowPlan: WINDOW_NODES,
    RefitPlan: REFIT_NODES,
    PublishPlan: PUBLISHING_NODES,
}
# What happens at a node: nothing, it fails, the process is broken, past the deadline, or gone.
Happening = Failure | Broken | Literal["deadline", "gone"] | None


WARNED: Final = {"check": "calibration", "passed": None, "state": "warned", "sentence": "Calibration is 0.4."}


def judgement(
    champion: int, *, blessed: bool, live: str = "passed", failing: Sequence[str] = ()
) -> dict[str, Any]:
    """The content of `judgement.json`; `champion` is 0 where there is none.

    `live` is the state of the live model's check, `failing` the spans on which every model fails.
    """
    scores = {"metrics": {"log_loss": 0.4, "example_count": 8}, "intervals": {"log_loss": [0.3, 0.5]}}
    compared = {"outcome": "no_champion", "difference": None, "interval": None, "days": None, "rows": 0}
    state = "passed" if blessed else "failed"
    return {
        "format": 1,
        "task": {"task": "binary", "label": "late", "classes": []},
        "blessed": blessed,
        "reasons": [
            {"check": "bounds", "passed": blessed, "state": state, "sentence": f"Bounds {state}."},
            *(
                [{"check": "live", "passed": None, "state": live, "sentence": f"Live {live}."}]
                if champion
                else []
            ),
        ],
        "failing_spans": [{"span": span, "rows": 8, "sentence": f"All fail on {span}."} for span in failing],
        "comparison": {**compared, "days_left_out": 0, "method": ""},
        "candidate": scores,
        "champion": {**scores, "version": champion} if champion else None,
        "champion_problem": "",
        "baseline": {"distribution": [0.75, 0.25], "log_loss": 0.56, "relative": -0.28},
        "yardstick": None,
        "anchors": {"rows": 0},
        "slices": [],
        "evaluated_on": {"first_day": "2013-03-25", "last_day": "2013-03-31", "days": 7, "rows": 8},
    }


def probe(verdict: str) -> dict[str, Any]:
    """The content of `probe.json`."""
    measured = verdict == "SERVABLE"
    return {
        "format": 1,
        "latency_ms": {"p50": 0.6, "p99": 0.9} if measured else None,
        "max_difference": 1e-7 if measured else None,
        "reason": f"It is {verdict}.",
        "rows": 8 if measured else 0,
        "startup_seconds": 1.5 if measured else None,
        "verdict": verdict,
    }


# What each drift alarm does to the scores of the live model.
EFFECT: Final = "It moves the score by +0.031 on average (0.214 to 0.245)."


@dataclass
class Script:
    """What the worker does.

    Attributes:
        gates: Verdict of the data gate by span, OK where it is not named; `REFUSED`: it cannot be read;
            `CHANGED`: it changed while it was read; `UNLABELLED`: it waits for its labels.
        candidate: `good`, `warned` of, `bad` (the Evaluator does not bless it), `unservable`, `equal` (to
            what is live), or `overtaken` (another version becomes live before it is pushed).
        live: State of the live model's check.
        absent: Why the live model cannot score the spans that are read; empty: it can.
        failing: Spans on which every model fails.
        model: Content of the candidate's file.
        why_cold: Why the candidate's training began cold where a warm start was asked for.
        at: By node: is called once the node has begun.
        refit: Content of the refit model's file.
        agrees: Whether it agrees with the candidate.
        rows: Training rows by span, 9 where it is not named.
        published: Is called once the last node has put out all, before the pass is answered.
        passes: Names of the spans that were read, "" for the part that judges; in order.
        following: Names of the plans of the parts that followed it; in order.
        windows: What the parts that judge were given.
        refits: What the parts that refit were given.
        alarms: By span, the findings of drift in its gate's result; the verdict is that of `gates`.
        calibration: Number of the calibration of drift that the gate says it used.
        effects: The plans by which effects of drift alarms were asked for; in order.
        summarised: Names of the spans whose days alone were summarised; in order.
        others: By span that was read: the names of the spans that its rows are compared with.
    """

    gates: Mapping[str, str] = field(default_factory=dict)
    candidate: str = "good"
    live: str = "passed"
    absent: str = ""
    failing: Sequence[str] = ()
    model: str = "a model"
    why_cold: str = ""
    refit: str = "a refit model"
    agrees: bool = True
    rows: Mapping[str, int] = field(default_factory=dict)
    at: Mapping[str, Callable[[], Happening]] = field(default_factory=dict)
    published: Callable[[], Happening] = lambda: None
    passes: list[str] = field(default_factory=list)
    following: list[str] = field(default_factory=list)
    alarms: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)
    calibration: int = 0
    windows: list[WindowPlan] = field(default_factory=list)
    refits: list[RefitPlan] = field(default_factory=list)
    effects: list[EffectsPlan] = field(default_factory=list)
    summarised: list[str] = field(default_factory=list)
    others: dict[str, list[str]] = field(default_factory=dict)


class ScriptedWorker:
    """In the place of `ChainProcess`, in this process; everything beside it is real."""

    def __init__(self, script: Script, use_case: UseCase, log: Path) -> None:
        self._script = script
        self._use_case = use_case
        self._log = log
        self._line = ""
        self.ended = False

    def start(self) -> None:
        """Leaves a log, as the process does."""
        if not self._log.exists():
            self._log.write_text("The process began.\n")

    def send(self, line: str) -> None:
        """Takes a job."""
        self._line = line

    def messages(self, deadline: float) -> Iterator[Message | None]:
        """Answers the job; the script says when the deadline has passed."""
        assert deadline > 0
        self._job = Job.model_validate_json(self._line)
        work = self._job.work
        assert isinstance(work, SpanPlan | DaysPlan | EffectsPlan | WindowPlan | RefitPlan | PublishPlan)
        self._note(work)
        keys = _nodes_of(work)
        nodes = {name: Node(name=name, state="SKIPPED", why="an earlier node failed") for name in keys}
        for name, key in keys.items():
            yield NodeBegan(name=name)
            yield Progress(done=1, total=None, unit="rows")
            happening = self._script.at.get(name, lambda: None)()
            if isinstance(work, SpanPlan) and name == "ArrowExampleGen":
                happening = happening or self._unread(work.span)
            if isinstance(work, WindowPlan) and name == "WindowGate":
                happening = happening or self._fewer_rows(work)
            if happening:
                yield from _ending(happening, nodes, name)
                return
            folder = self._new_folder(name, key)
            self._put_out(name, folder, work)
            nodes[name] = Node(
                name=name,
                state="COMPLETE",
                seconds=0.5,
                why="first run",
                outputs={each: [str(folder)] for each in (key, _FURTHER.get(name, key))},
            )
        if isinstance(work, PublishPlan) and (happening := self._script.published()):
            yield from _ending(happening, nodes, name)
            return
        yield Pass(nodes=tuple(nodes.values()))

    def wait(self) -> int:
        """As of a process that the kernel killed."""
        return -signal.SIGKILL

    def end(self) -> None:
        """Notes that it was ended."""
        self.ended = True

    def _note(self, work: Work) -> None:
        script = self._script
        match work:
            case SpanPlan():
                script.passes.append(work.span)
                script.others[work.span] = sorted(span for span, _, _ in work.others)
            case DaysPlan():
                script.summarised.append(work.span)
            case EffectsPlan():
                script.effects.append(work)
            case WindowPlan():
                script.passes.append("")
                script.windows.append(work)
            case RefitPlan() | PublishPlan():
                script.following.append(type(work).__name__)
                script.refits += [work] if isinstance(work, RefitPlan) else []

    def _unread(self, span: str) -> Happening:
        gate = self._script.gates.get(span, "OK")
        if gate == "REFUSED":
            return Failure(kind="span_refused", problem="part.csv: a quote is not closed.", remedy="Fix it.")
        if gate == "UNLABELLED":
            return Failure(kind="labels_missing", problem="9 of 9 rows have no label yet.", remedy="Wait.")
        if gate == "CHANGED":
            return Failure(kind="span_changed", problem="part.csv changed while it was read.", remedy="Wait.")
        return None

    def _window(self, work: WindowPlan) -> dict[str, Any]:
        """The content of `window.json`."""
        summaries = [json.loads((Path(uri) / "summary.json").read_text()) for uri in work.examples]
        spans = [
            {key: summary[key] for key in ("span", "version", "digest", "rows")}
            | {"train_rows": self._script.rows.get(summary["span"], 9)}
            for summary in summaries
        ]
        train = {"first_day": "2013-01-01", "last_day": "2013-03-24", "days": 83}
        rows = sum(span["train_rows"] for span in spans)
        return {"format": 1, "spans": spans, "train": {**train, "rows": rows}, "left_out": []}

    def _fewer_rows(self, work: WindowPlan) -> Happening:
        result = self._gate(work)
        if not result.blocks or work.fewer_rows_accepted:
            return None
        remedy = "Accept it."
        return Failure(kind="fewer_rows", problem=result.sentence(), remedy=remedy, facts=asdict(result))

    def _gate(self, work: WindowPlan) -> WindowResult:
        live = LiveRows.from_json(work.live_rows)
        return judge_window(self._window(work), live, self._use_case.window.max_shrink)

    def _new_folder(self, name: str, key: str) -> Path:
        parent = self._use_case.root / "artifacts" / name / key
        parent.mkdir(parents=True, exist_ok=True)
        folder = parent / str(1 + max((int(path.name) for path in parent.iterdir()), default=0))
        folder.mkdir()
        return folder

    def _put_out(self, name: str, folder: Path, work: Work) -> None:
        file: str
        content: Any
        match work:
            case SpanPlan():
                gate = self._script.gates.get(work.span, "OK")
                alarms = self._script.alarms.get(work.span, ())
                script = self._script
                file, content = _of_span(name, work, gate, alarms, script.calibration, script.absent)
            case DaysPlan():
                file, content = "days.json", work.span
            case EffectsPlan():
                moved = {"number": 0.031, "text": EFFECT}
                effects = [{"subject": each.subject, **moved} for each in work.alarms]
                file, content = "effects.json", {"format": 1, "effects": effects}
            case WindowPlan():
                file, content = self._of_window(name, work)
            case RefitPlan():
                file, content = self._of_refit(name, work)
            case PublishPlan():
                file, content = self._of_publishing(name, work)
        (folder / file).write_text(json.dumps(content))
        if name in ("Trainer", "RefitTrainer"):
            serving = folder / "Format-Serving"
            serving.mkdir()
            (serving / "saved_model.pb").write_text(json.dumps(content["content"]))
        if name == "SpanStatistics":
            _write_statistics(folder, self._job.schema_plan)

    def _of_window(self, name: str, work: WindowPlan) -> tuple[str, Any]:
        candidate = self._script.candidate
        if name == "Window":
            return "window.json", self._window(work)
        if name == "WindowGate":
            result = self._gate(work)
            return "gate.json", {"format": 1, **asdict(result), "sentence": result.sentence()}
        if name == "Transform":
            return "graph.json", {}
        if name == "Trainer":
            asked = isinstance(work, WindowPlan) and work.start
            start = {"start": {"version": None, "why_cold": self._script.why_cold}} if asked else {}
            return "training.json", {"epochs": 2, "content": self._script.model, **start}
        script = self._script
        judged = judgement(
            work.champion, blessed=candidate != "bad", live=script.live, failing=script.failing
        )
        judged["reasons"] += [WARNED] if candidate == "warned" else []
        return "judgement.json", judged

    def _of_refit(self, name: str, work: RefitPlan) -> tuple[str, Any]:
        if name == "RefitWindow":
            window = json.loads((Path(work.judged.window) / "window.json").read_text())
            spans = [{**span, "train_rows": span["train_rows"] + 1} for span in window["spans"]]
            train = {
                **window["train"],
                "last_day": "2013-03-31",
                "rows": window["train"]["rows"] + len(spans),
            }
            return "window.json", {**window, "spans": spans, "train": train}
        if name == "RefitTrainer":
            return "training.json", {"epochs": work.epochs, "content": self._script.refit}
        if name == "Agreement":
            agrees = self._script.agrees
            sentence = f"The refit model {'agrees' if agrees else 'does not agree'}."
            return "agreement.json", {"agrees": agrees, "figures": [], "sentence": sentence}
        return "graph.json", {}

    def _of_publishing(self, name: str, work: PublishPlan) -> tuple[str, Any]:
        if name == "ServingProbe":
            unservable = self._script.candidate == "unservable"
            return "probe.json", probe("UNSERVABLE" if unservable else "SERVABLE")
        return "pushed.json", {"format": 1, **self._push(work)}

    def _published(self, work: PublishPlan) -> tuple[Path, dict[str, Any]]:
        """The model to push and its card, as the pusher's executor chooses them."""
        model = Path(work.judged.model) / "Format-Serving"
        window = json.loads((Path(work.judged.window) / "window.json").read_text())
        card = {**json.loads(work.card), "spans": window["spans"], "trained_on": window["train"]}
        card["reasons"] = ["Bounds passed."]
        card["warnings"] = {WARNED["check"]: WARNED["sentence"]} if self._script.candidate == "warned" else {}
        if work.refit is None:
            return model, card
        agreement = json.loads((Path(work.refit.agreement) / "agreement.json").read_text())
        if not work.refit.agrees:
            return model, without_refit(card, agreement)
        refit = json.loads((Path(work.refit.model.window) / "window.json").read_text())
        return Path(work.refit.model.model) / "Format-Serving", refit_card(card, model, refit, agreement)

    def _push(self, work: PublishPlan) -> dict[str, Any]:
        """As the pusher does (components/atomic_pusher/executor.py), which TFX cannot be kept out of."""
        models, candidate = self._use_case.models_folder, self._script.candidate
        if candidate == "unservable":
            return _not_pushed("It is not blessed.")
        if candidate == "equal":
            return _not_pushed("It is equal to what is live.")
        source, card = self._published(work)
        with closing(Ledger(self._use_case.root / "ledger.db")) as ledger:
            if candidate == "overtaken":
                publish(self._use_case, ledger, "overtaking")
            try:
                registry.expect_live(models, work.live or None)
                if waits := _waits(source, card, work, self._use_case.name):
                    return waits
                version = registry.publish(
                    models,
                    ledger,
                    source,
                    card,
                    champion=work.live or None,
                    run_id=work.run_id,
                    why="A test.",
                )
            except LiveChanged as error:
                return _not_pushed(f"Live changed: {error}")
        return {**_not_pushed(f"Version {version} is live."), "pushed": True, "version": version}


class ScriptedCalibrator:
    """In the place of `Calibrator`: its calibrations are a line, and never calibrated."""

    def make(self, order: CalibrationOrder, file: Path) -> CalibrationOutcome:
        """Writes the names of the spans."""
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(" ".join(span.span for span in order.spans))
        return CalibrationOutcome(state="not calibrated", days=1, needed=9, digest=file_digest(file))

    def close(self) -> None:
        """There is no process."""


def _not_pushed(reason: str) -> dict[str, Any]:
    return {"pushed": False, "version": None, "reason": reason, "waits": False, "candidate": None}


def _waits(source: Path, card: Mapping[str, Any], work: PublishPlan, use_case: str) -> dict[str, Any] | None:
    now, rules = clock.now(), PushRules.from_json(work.push_rules)
    if (withheld := rules.withhold(now)) is None:
        return None
    facts = {"model": str(source), "digest": registry.model_digest(source), "card": card}
    candidate = {**facts, "champion": work.live, "withheld": withheld}
    return {**_not_pushed(rules.sentence(now, use_case)), "waits": True, "candidate": candidate}


def _ending(happening: Happening, nodes: dict[str, Node], name: str) -> Iterator[Message | None]:
    """The last message of a pass that something happened to."""
    if isinstance(happening, Failure):
        nodes[name] = Node(name=name, state="FAILED", why="new span")
        yield Pass(nodes=tuple(nodes.values()), failure=happening)
    elif isinstance(happening, Broken):
        yield happening
    elif happening == "deadline":
        yield None


def publish(use_case: UseCase, ledger: Ledger, content: str) -> int:
    """Makes a model of this content live, as a person's hand does; gives its version."""
    source = use_case.home / "by hand"
    source.mkdir(exist_ok=True)
    (source / "saved_model.pb").write_text(content)
    live = registry.live(use_case.models_folder)
    champion = live.number if live else None
    return registry.publish(
        use_case.models_folder, ledger, source, {}, champion=champion, run_id="", why="By hand."
    )


def _write_statistics(folder: Path, schema: SchemaPlan) -> None:
    """Statistics of columns with a value each, of the schema's types."""
    statistics = statistics_pb2.DatasetFeatureStatisticsList()
    features = statistics.datasets.add().features
    for name, kind in types_of(schema).items():
        feature = features.add(type="STRING" if kind == "BYTES" else kind)
        feature.path.step.append(name)
        values = feature.string_stats if kind == "BYTES" else feature.num_stats
        values.common_stats.num_non_missing = 1
    (folder / STATISTICS_FILE).parent.mkdir()
    (folder / STATISTICS_FILE).write_bytes(statistics.SerializeToString())


def _nodes_of(work: Work) -> Mapping[str, str]:
    """The nodes of a part, with the key of what each puts out; in a span's that of the live model, if any."""
    if not isinstance(work, SpanPlan) or not work.live:
        return _PARTS[type(work)]
    *before, gate = SPAN_NODES.items()
    return dict([*before, ("LivePredictions", "predictions"), gate])


def _of_span(
    name: str, work: SpanPlan, gate: str, alarms: Sequence[Mapping[str, Any]], calibration: int, absent: str
) -> tuple[str, Any]:
    if name == "ArrowExampleGen":
        counts = {"rows": 9, "quarantined": 1, "unlabelled": 0}
        files = [{"file": Path(path).name, **counts} for path, _ in work.files]
        identity = {"span": work.span, "version": work.version, "digest": work.digest}
        part = {"rows": 6000, "label_sum": 9.0, "label_counts": [5991, 9]}
        splits = {"splits": {"head": part, "tail": part}}
        return "summary.json", {
            "format": 1,
            **identity,
            "rows": 9,
            "quarantined": 1,
            "files": files,
            **splits,
        }
    if name in ("SpanStatistics", "DaySummaries"):
        return f"{SPAN_NODES[name]}.json", work.span
    if name == "LivePredictions":
        known = {"span": work.span, "version": work.version, "digest": work.digest, "model": work.live}
        answers = {"model_version": 1, "rows": 0 if absent else 9, "not_finite": 0, "absent": absent}
        return "predictions.json", {"format": 1, **known, **answers}
    of_gate = ([], []) if gate == "OK" else ([f"It is {gate}."], ["fare"])
    of_alarms = [alarm["message"] for alarm in alarms if alarm["severity"] != "note"]
    return "gate.json", {
        "format": 1,
        "verdict": gate,
        "reasons": [*of_alarms, *([] if alarms else of_gate[0])],
        "columns": of_gate[1],
        "anomalies": alarms,
        "calibration": {"number": calibration} if calibration else None,
        "days": [{"day": "2013-03-14"}] if calibration else [],
    }
