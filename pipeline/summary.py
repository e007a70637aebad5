"""The outcome of a run: `summary.json`, `run --json` and the verdict block are made from it.

Keys are added, never renamed; their order is the order of the fields.
"""

from typing import Any, Final, Literal

from perennial.store.span_version import Verdict
from pipeline.execution.messages import State
from pipeline.summary_parts import (
    CandidateSummary,
    ChampionSummary,
    CheckSummary,
    ComparisonSummary,
    EvaluatedOn,
    Number,
    ProbeSummary,
    RefitSummary,
    SummaryPart,
    TaskSummary,
    TrainedOn,
)
from pipeline.summary_references import ClassBaseline, MeanBaseline, YardstickSummary
from pipeline.verdict import Name

FORMAT: Final = 1


class LaterFinding(SummaryPart):
    """The verdict of a later reading of accepted content; the span stays in use as it was read before.

    Attributes:
        verdict: The verdict that it would have now.
        reasons: Why, in sentences.
    """

    verdict: Literal["BLOCK", "REFUSED"]
    reasons: tuple[str, ...]


def later_sentence(later: LaterFinding) -> str:
    """What a person reads of a later finding: a sentence and its reasons."""
    state = "blocked" if later.verdict == "BLOCK" else "refused"
    return (
        "It keeps its verdict, and its rows as read before. As settings and code are now, it would be"
        f" {state}: {' '.join(later.reasons)}"
    )


class AlarmSummary(SummaryPart):
    """A drift alarm in the judgement of a span.

    Attributes:
        subject: What it is about: the same in each judgement of one lasting change.
        severity: What `drift.policy` makes of it.
        since: The first day of the change, ISO.
        until: Its last day; empty if it had not ended on the last day of the span.
        columns: The columns that it is in, the strongest first; empty: it is the number of rows.
        message: It in sentences.
        retrain: Whether the schedule runs at once when a person has accepted the span.
        effect: By how much the live model's mean score is higher because of it, in the score's unit; None:
            not known, or nothing was live.
        effect_text: That in a sentence, or why it is not known; empty where nothing was live.
    """

    subject: str
    severity: Literal["block", "warn", "note"]
    since: str
    until: str
    columns: tuple[str, ...]
    message: str
    retrain: bool
    effect: float | None = None
    effect_text: str = ""


class SpanSummary(SummaryPart):
    """A span that was judged in this run.

    Attributes:
        span: Its name.
        version: Version of its content: 1 for the first export with this name.
        rows: Number of rows that can be used.
        quarantined: Number of rows in quarantine.
        verdict: The data gate's, or REFUSED if it cannot be read.
        reasons: Why, in sentences.
        columns: The columns that these block or warn of.
        later: The verdict of its reading in this run, if it was accepted before and would now be blocked or
            refused: verdict, rows and reasons are those of its acceptance then. None if there is nothing.
        calibration: Number of the calibration of drift that its judgement used; 0 if it used none.
        alarms: The drift alarms of that judgement.
        examples: URI of its Examples, of the reading that is in use if it is; empty if it has none.
        statistics: URI of the statistics of these.
        read_as: The settings that these were read with, as JSON.
        days: URI of the summaries of its days. A damaged ledger is rebuilt from these four, and from
            `calibration` and `alarms`.
    """

    span: str
    version: int
    rows: int
    quarantined: int
    verdict: Verdict
    reasons: tuple[str, ...]
    columns: tuple[str, ...] = ()
    later: LaterFinding | None = None
    calibration: int = 0
    alarms: tuple[AlarmSummary, ...] = ()
    examples: str = ""
    statistics: str = ""
    read_as: str = ""
    days: str = ""


class AcceptedFewerRows(SummaryPart):
    """A person's acceptance of many fewer training rows.

    Attributes:
        run_id: The run that was given it.
        version: The version that was live.
        rows: Training rows that were accepted.
        inputs: Digest of all that the training followed from.
        who: The person.
        why: The person's reason.
        at: Time, as `2013-04-01T06:00:00Z`.
    """

    run_id: str
    version: int
    rows: int
    inputs: str
    who: str
    why: str
    at: str


class FewerRowsSummary(SummaryPart):
    """Many fewer rows to train on than the live version was trained on (`window.max_shrink`).

    Attributes:
        version: The live version.
        live_rows: Training rows that it counts for; those of rejected spans do not count.
        rows: Training rows of this run.
        missing: Its spans that give fewer rows now: rows now and then, and why.
        blocked: Whether the run was stopped before training.
        accepted: Who accepted it; None if nobody did.
    """

    version: int
    live_rows: int
    rows: int
    missing: tuple[str, ...]
    blocked: bool
    accepted: AcceptedFewerRows | None = None


class WarningSummary(SummaryPart):
    """What a run warns of whatever its verdict.

    Attributes:
        kind: As its alert: a kind of `pipeline/finding_kinds.py`, or of a check that warned of the live
            version, such as CALIBRATION.
        span: The span that it is about; None if it is about none.
        message: The same in sentences.
        columns: The columns that it is about.
        subject: Which of several of its kind; empty where a run has one at most.
    """

    kind: str
    span: str | None
    message: str
    columns: tuple[str, ...] = ()
    subject: str = ""


class FailingSpan(SummaryPart):
    """A version of a span that this run took out of use, as no model is of use on its rows.

    Attributes:
        span: Its name.
        version: Version of its content.
        why: The figures, in sentences.
    """

    span: str
    version: int
    why: str


class NodeSummary(SummaryPart):
    """One node in one pass of the pipeline.

    Attributes:
        span: The span that the pass read; None for the pass that trains.
        name: The node's id.
        state: Its outcome; SKIPPED: an earlier node failed, or the candidate was not blessed.
        seconds: Wall-clock time.
        why: Why it ran or did not run, in a few words.
    """

    span: str | None
    name: str
    state: State
    seconds: Number
    why: str


class JudgementSummary(SummaryPart):
    """A decision of a person about a span.

    Attributes:
        span: Its name.
        version: Version of its content; 0: it has not arrived, and never will.
        decision: The decision; `withdraw` takes a rejection back.
        who: The person.
        why: The person's reason.
        at: Time, as `2013-04-01T06:00:00Z`.
    """

    span: str
    version: int
    decision: Literal["accept", "reject", "withdraw"]
    who: str
    why: str
    at: str


class Summary(SummaryPart):
    """The outcome of a run.

    Attributes:
        format: Number of this format.
        use_case: Name of the use case.
        run_id: Id of the run; empty for BUSY, because nothing was run.
        verdict: The verdict.
        exit_code: The exit code of the process.
        reason: Why, in sentences.
        seconds: Wall-clock time.
        spans: The spans that were judged in this run.
        trained_on: What the candidate was trained on; None if no candidate was trained.
        evaluated_on: What it was evaluated on.
        task: What it predicts.
        candidate: Its metrics.
        champion: The metrics of the model that it was compared with; None if no version was live.
        comparison: Candidate minus champion.
        baseline: The loss of always predicting the same.
        yardstick: scikit-learn on the same rows; None if it was not measured.
        reasons: Each check before a push.
        probe: The result of the serving probe.
        live_version: The version that is live now.
        pushed_version: The version that this run published.
        nodes: Each node, by pass.
        report: Path of the run's page.
        fewer_rows: How many fewer rows there are than the live version was trained on; None if there are not
            many fewer, or nothing was trained.
        live_stale: That the version that is live now was trained on rejected spans, whether a run has trained
            without them, and what to do; None if it was not.
        judgements: All decisions of people about spans, from which a damaged ledger is rebuilt.
        warnings: What a person must know whatever the verdict.
        failing_spans: Spans that this run took out of use.
        unlabelled_spans: Spans that wait for their labels.
        refit: The model that was trained anew on the judged rows, too; None if there is none.
    """

    format: Literal[1] = FORMAT
    use_case: str
    run_id: str
    verdict: Name
    exit_code: int
    reason: str
    seconds: Number = 0.0
    spans: tuple[SpanSummary, ...] = ()
    trained_on: TrainedOn | None = None
    evaluated_on: EvaluatedOn | None = None
    task: TaskSummary | None = None
    candidate: CandidateSummary | None = None
    champion: ChampionSummary | None = None
    comparison: ComparisonSummary | None = None
    baseline: ClassBaseline | MeanBaseline | None = None
    yardstick: YardstickSummary | None = None
    reasons: tuple[CheckSummary, ...] = ()
    probe: ProbeSummary | None = None
    live_version: int | None = None
    pushed_version: int | None = None
    nodes: tuple[NodeSummary, ...] = ()
    report: str | None = None
    fewer_rows: FewerRowsSummary | None = None
    live_stale: str | None = None
    judgements: tuple[JudgementSummary, ...] = ()
    warnings: tuple[WarningSummary, ...] = ()
    failing_spans: tuple[FailingSpan, ...] = ()
    unlabelled_spans: tuple[str, ...] = ()
    refit: RefitSummary | None = None

    def as_json(self) -> dict[str, Any]:
        """The summary as plain values, with the format's number first."""
        return self.model_dump(mode="json")
