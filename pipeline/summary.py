"""The outcome of a run: `summary.json`, `run --json` and the verdict block are made of it.

Keys are added, never renamed; their order is the order of the fields.
"""

from typing import Any, Final, Literal

from perennial.store.ledger import Verdict
from pipeline.execution.messages import State
from pipeline.summary_parts import (
    CandidateSummary,
    ChampionSummary,
    CheckSummary,
    ClassBaseline,
    ComparisonSummary,
    EvaluatedOn,
    MeanBaseline,
    Number,
    ProbeSummary,
    SummaryPart,
    TaskSummary,
    TrainedOn,
    YardstickSummary,
)
from pipeline.verdict import Name

FORMAT: Final = 1


class SpanSummary(SummaryPart):
    """What became of a span that was judged in this run.

    Attributes:
        span: Its name.
        version: Arrival number: 1 for the first content under this name.
        rows: Rows that can be learned from.
        quarantined: Rows set aside.
        verdict: The gate's, or REFUSED where it cannot be read.
        reasons: Sentences of the verdict.
    """

    span: str
    version: int
    rows: int
    quarantined: int
    verdict: Verdict
    reasons: tuple[str, ...]


class NodeSummary(SummaryPart):
    """What became of one node in one pass of the chain.

    Attributes:
        span: The span that the pass was of; None for the half that trains.
        name: The node's id.
        state: SKIPPED: the pass never reached it.
        seconds: Wall-clock time.
        why: Why it ran or did not, a few words.
    """

    span: str | None
    name: str
    state: State
    seconds: Number
    why: str


class JudgementSummary(SummaryPart):
    """A decision that a person made on a span.

    Attributes:
        span: Its name.
        version: Arrival number.
        decision: What was decided.
        who: The person.
        why: The person's reason.
        at: When, as `2013-04-01T06:00:00Z`.
    """

    span: str
    version: int
    decision: Literal["accept", "reject"]
    who: str
    why: str
    at: str


class Summary(SummaryPart):
    """The outcome of a run.

    Attributes:
        format: The number of this format.
        use_case: Name of the use case.
        run_id: Id of the run; empty for BUSY, which is no run.
        verdict: How it ended.
        exit_code: What the process exits with.
        reason: Why, in sentences.
        seconds: Wall-clock time.
        spans: What became of each span judged.
        trained_on: What the candidate learned from; None where there is no candidate.
        evaluated_on: What it was judged by.
        task: What it has to answer.
        candidate: Its figures.
        champion: Those of the model it was compared with; None where there was none.
        comparison: Candidate against champion.
        baseline: What a constant answer comes to.
        yardstick: What scikit-learn comes to; None where it was not asked.
        reasons: Each check of the Evaluator.
        probe: What the serving probe found.
        live_version: The version that is live now.
        pushed_version: The version that this run published.
        nodes: What became of each node, by pass.
        report: Path of the run's report.
        judgements: All decisions that people made on spans, so that they outlive the ledger.
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
    judgements: tuple[JudgementSummary, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The summary as plain values, with the format's number first."""
        return self.model_dump(mode="json")
