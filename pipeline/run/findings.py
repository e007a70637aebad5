"""The results of the nodes that train and judge, and the verdict that follows from them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict

from components.evaluator.checks import REFIT
from perennial.files import read_json
from pipeline.execution.messages import Pass
from pipeline.plan import RefitResult
from pipeline.summary_parts import (
    AgreementFigure,
    CandidateSummary,
    ChampionSummary,
    CheckSummary,
    ComparisonSummary,
    EvaluatedOn,
    JudgedSpan,
    ModelScores,
    ProbeSummary,
    RefitSummary,
    SummaryPart,
    TaskSummary,
    TrainedOn,
    spans_trained_on,
)
from pipeline.summary_references import ClassBaseline, MeanBaseline, YardstickSummary
from pipeline.verdict import Name


class _File(BaseModel):
    """A node's file; the run needs these keys, the page needs others."""

    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)


class Judgement(_File):
    """The Evaluator's `judgement.json`; the keys are in `summary_parts.py` and `summary_references.py`."""

    blessed: bool
    reasons: tuple[CheckSummary, ...]
    task: TaskSummary
    comparison: ComparisonSummary
    candidate: ModelScores
    champion: ChampionSummary | None
    baseline: ClassBaseline | MeanBaseline
    yardstick: YardstickSummary | None
    evaluated_on: EvaluatedOn
    failing_spans: tuple[JudgedSpan, ...] = ()


class PushRecord(_File):
    """The pusher's `pushed.json`.

    Attributes:
        pushed: Whether the candidate was published.
        version: Its version; None if it was not published.
        reason: Why, in sentences.
        waits: Whether it passed and waits until it is pushed.
        candidate: What publishing it later needs; None if it does not wait.
    """

    pushed: bool
    version: int | None
    reason: str
    waits: bool = False
    candidate: Mapping[str, Any] | None = None


_NOT_BLESSED: Final = "the Evaluator did not bless the candidate."


class Findings(SummaryPart):
    """The results of the training half of a run.

    Attributes:
        trained_on: What the candidate was trained on.
        judgement: The result of the Evaluator.
        probe: The result of the serving probe.
        record: The result of the pusher.
        refit: The candidate's refit; None where there is none.
    """

    trained_on: TrainedOn
    judgement: Judgement
    probe: ProbeSummary
    record: PushRecord
    refit: RefitSummary | None = None

    @property
    def reasons(self) -> tuple[CheckSummary, ...]:
        """Each check: the Evaluator's, and whether the refit model agrees with the candidate."""
        if self.refit is None:
            return self.judgement.reasons
        state: Literal["passed", "warned"] = "passed" if self.refit.agrees else "warned"
        refit = CheckSummary(check=REFIT, passed=None, state=state, sentence=self.refit.sentence)
        return (*self.judgement.reasons, refit)

    @property
    def warnings(self) -> dict[str, str]:
        """The sentence of each check that warns, by its name."""
        return {each.check: each.sentence for each in self.reasons if each.state == "warned"}

    @property
    def live(self) -> CheckSummary | None:
        """What the Evaluator says of the live model on fresh rows; None if it could not say anything."""
        checks = (check for check in self.judgement.reasons if check.check == "live")
        return next((check for check in checks if check.state != "not_checked"), None)

    @property
    def candidate(self) -> CandidateSummary:
        """The candidate's metrics, with its version."""
        scores = self.judgement.candidate
        return CandidateSummary(
            version=self.record.version,
            metrics=scores.metrics,
            intervals=scores.intervals,
            waits=self.record.waits,
        )


def judgement_of(passed: Pass) -> Judgement | None:
    """Reads the judgement of a pass that judges; None if a node failed or has no output.

    Raises:
        OSError: A file does not exist.
        ValueError: A file has not the content that its node writes.
    """
    window = passed.output("Window", "window")
    evaluation = passed.output("Evaluator", "evaluation")
    if passed.failure or not (window and evaluation):
        return None
    return Judgement.model_validate(read_json(evaluation / "judgement.json"))


def refit_of(refit: RefitResult) -> RefitSummary:
    """Reads what a refit was trained on, and whether it agrees; errors as `judgement_of`'s."""
    agreement = read_json(Path(refit.agreement) / "agreement.json")
    figures = tuple(AgreementFigure.model_validate(each) for each in agreement["figures"])
    return RefitSummary(
        trained_on=_trained_on(Path(refit.model.window)),
        agrees=agreement["agrees"],
        sentence=agreement["sentence"],
        figures=figures,
    )


def findings_of(judged: Pass, published: Pass | None, refit: RefitSummary | None) -> Findings | None:
    """Reads the outputs of the passes of the training half; None if a node failed or has no output.

    Args:
        judged: The pass that judged the candidate.
        published: The pass that probed and pushed it; None of one that was not blessed.
        refit: Its refit; None where there is none.

    Raises:
        OSError: A file does not exist.
        ValueError: A file has not the content that its node writes.
    """
    window, judgement = judged.output("Window", "window"), judgement_of(judged)
    if judgement is None or window is None:
        return None
    outcome = _published(published) if published else _not_published()
    if outcome is None:
        return None
    probe, record = outcome
    return Findings(
        trained_on=_trained_on(window), judgement=judgement, probe=probe, record=record, refit=refit
    )


def _published(passed: Pass) -> tuple[ProbeSummary, PushRecord] | None:
    probe = passed.output("ServingProbe", "blessing")
    pushed = passed.output("AtomicPusher", "pushed_model")
    if passed.failure or not (probe and pushed):
        return None
    return (
        ProbeSummary.model_validate(read_json(probe / "probe.json")),
        PushRecord.model_validate(read_json(pushed / "pushed.json")),
    )


def _not_published() -> tuple[ProbeSummary, PushRecord]:
    """What stands for the results of probe and pusher, of a candidate that was not blessed."""
    probe = ProbeSummary(
        format=1,
        latency_ms=None,
        max_difference=None,
        reason=f"Not probed: {_NOT_BLESSED}",
        rows=0,
        startup_seconds=None,
        verdict="NOT_PROBED",
    )
    return probe, PushRecord(pushed=False, version=None, reason=f"Not pushed: {_NOT_BLESSED}")


def _trained_on(window: Path) -> TrainedOn:
    content = read_json(window / "window.json")
    days = {key: content["train"][key] for key in ("first_day", "last_day", "days", "rows")}
    return TrainedOn(spans=spans_trained_on(content["spans"]), **days, left_out=content["left_out"])


def decide(findings: Findings, champion: int | None) -> tuple[Name, str]:
    """The verdict on a candidate, and its reason, from what the Evaluator, the probe and the pusher found.

    Args:
        findings: Their results.
        champion: The version that it was compared with; None if there was none.
    """
    checks = findings.reasons
    sentences = {check.check: check.sentence for check in checks}

    def of(*names: str) -> list[str]:
        return [sentences[name] for name in names if name in sentences]

    if not findings.judgement.blessed:
        against = [check.sentence for check in checks if check.passed is False]
        return ("NO_MODEL" if champion is None else "KEPT"), " ".join(
            [*against, *of("too_good", "yardstick")]
        )
    if findings.probe.verdict != "SERVABLE":
        return "UNSERVABLE", findings.probe.reason
    worth = [*findings.warnings.values(), *of("too_good", "baseline", "yardstick")]
    refit = [findings.refit.rows_sentence] if findings.refit and findings.refit.agrees else []
    if findings.record.waits:
        return "KEPT", " ".join([findings.record.reason, *refit, *worth])
    if not findings.record.pushed:
        return "KEPT", " ".join([findings.record.reason, *worth])
    return "PUSHED", " ".join([findings.record.reason, *refit, *worth, *of("champion")])
