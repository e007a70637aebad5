"""What the training half adds to a run's summary: days, figures, comparison, checks, probe.

Keys are added, never renamed; their order is the order of the fields. A number that has no value is None.
"""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, WithJsonSchema

from perennial.task import Kind

# An integer stays an int, so that values are equal to those that the nodes wrote.
Number = Annotated[int | float, WithJsonSchema({"type": "number"})]
Metrics = dict[str, Number | None]
Intervals = dict[str, tuple[Number, Number] | None]


class SummaryPart(BaseModel):
    """A part of the summary: its keys are fixed, and it is immutable."""

    # Built at first use: most parts are needed only if a candidate was trained.
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class LeftOut(SummaryPart):
    """Rows of a span in use that were not trained on, because days evaluated on are not after theirs.

    Attributes:
        span: Name of the span.
        rows: Number of rows.
        first_day: Their first day, ISO.
        last_day: Their last day.
    """

    span: str
    rows: int
    first_day: str
    last_day: str


class TrainedOn(SummaryPart):
    """What the candidate was trained on.

    Attributes:
        spans: Names of the spans with rows to train on, oldest first; not those it was only evaluated on.
        first_day: First day trained on, ISO; None where rows have no time.
        last_day: Last day trained on.
        days: Number of days; 0 where rows have no time.
        rows: Number of rows trained on.
        left_out: By span, rows that were left out because their days are not before those evaluated on.
    """

    spans: tuple[str, ...]
    first_day: str | None
    last_day: str | None
    days: int
    rows: int
    left_out: tuple[LeftOut, ...] = ()

    @property
    def left_out_sentence(self) -> str:
        """Says what was left out; empty if nothing was."""
        if not self.left_out:
            return ""
        named = ", ".join(f"{each.rows:,} of span {each.span}" for each in self.left_out[:3])
        others = f" and of {len(self.left_out) - 3} more spans" if len(self.left_out) > 3 else ""
        why = "because their days are not before those evaluated on"
        return f"Left out of training, {why}: rows {named}{others}."


def spans_trained_on(spans: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    """Names of the spans with rows to train on, of the `spans` of a window or a model card.

    A card that an older release wrote has no `train_rows`: all of its spans are named.
    """
    return tuple(span["span"] for span in spans if span.get("train_rows", 1))


class EvaluatedOn(SummaryPart):
    """What the candidate was evaluated on.

    Attributes:
        first_day: First day, ISO; None where rows have no time.
        last_day: Last day.
        days: Number of days; None where rows have no time.
        rows: Number of rows.
    """

    first_day: str | None
    last_day: str | None
    days: int | None
    rows: int


class TaskSummary(SummaryPart):
    """What a model predicts.

    Attributes:
        task: Its kind.
        label: The column to predict.
        classes: The classes that the use case names, in order.
    """

    task: Kind
    label: str
    classes: tuple[str | int | float, ...]


class ModelScores(SummaryPart):
    """A model's metrics on the evaluation rows.

    Attributes:
        metrics: Value by metric.
        intervals: Both ends of the confidence interval, by metric.
    """

    metrics: Metrics
    intervals: Intervals


class CandidateSummary(SummaryPart):
    """The candidate's metrics on the evaluation rows.

    Attributes:
        version: The version that it was published as; None if it was not published.
        metrics: Value by metric.
        intervals: Both ends of the confidence interval, by metric.
        waits: Whether it passed and waits until it is pushed; None in a summary of an older release.
    """

    version: int | None
    metrics: Metrics
    intervals: Intervals
    waits: bool | None = None


class ChampionSummary(ModelScores):
    """The metrics of the model that the candidate was compared with, on the same rows.

    Attributes:
        metrics: Value by metric.
        intervals: Both ends of the confidence interval, by metric.
        version: Its version; None if its card does not have it.
        twin: Whether it is the version's twin: what was judged before the version was refit.
    """

    version: int | None
    twin: bool = False


class ComparisonSummary(SummaryPart):
    """Candidate minus champion in loss on the same rows; negative is better.

    Attributes:
        outcome: Whether the candidate is better, by the interval.
        difference: The difference; None if it was not computed.
        interval: Its confidence interval; None if it was not computed.
        margin: The most by which an undecided candidate may be worse and be pushed (`champion.max_worse`).
        days: Number of days compared; None where rows are resampled.
        rows: Number of rows compared.
        days_left_out: Number of days left out because the champion was trained on them.
        method: How the interval was computed, or "".
    """

    outcome: Literal["better", "worse", "inconclusive", "not_checked", "no_champion"]
    difference: Number | None
    interval: tuple[Number, Number] | None
    margin: Number | None = None
    days: int | None
    rows: int
    days_left_out: int
    method: str


class CheckSummary(SummaryPart):
    """One check before a push.

    Attributes:
        check: Its name.
        passed: False: the candidate is not pushed. None: not checked, inconclusive, warned or only noted.
        state: Its outcome; `warned` withholds nothing, but opens an alert if the candidate is pushed; `noted`
            is information, not a check.
        sentence: The outcome with its figures.
    """

    check: str
    passed: bool | None
    state: Literal["passed", "failed", "not_checked", "inconclusive", "warned", "noted"]
    sentence: str


class AgreementFigure(SummaryPart):
    """One figure by which a refit model was compared with the judged candidate.

    Attributes:
        name: `anchor_loss`, `mean_difference`, `ks` or `sum_difference`.
        value: The figure; None if it is not a number.
        limit: The greatest that agrees.
        words: The same in words.
        agrees: Whether it is within the limit.
    """

    name: str
    value: Number | None
    limit: Number
    words: str
    agrees: bool


class RefitSummary(SummaryPart):
    """The model that was trained anew on the rows that the candidate was judged by, too.

    Attributes:
        trained_on: What it was trained on.
        agrees: Whether it agrees with the candidate, and so is what is published.
        sentence: The same with its figures.
        figures: Each figure.
    """

    trained_on: TrainedOn
    agrees: bool
    sentence: str
    figures: tuple[AgreementFigure, ...] = ()

    @property
    def rows_sentence(self) -> str:
        """Says what it was trained on, of one that is published."""
        trained = self.trained_on
        days = f" through {trained.last_day}" if trained.last_day else ""
        return (
            f"It was trained anew on {trained.rows:,} rows{days}, those that the candidate was judged by"
            " included; the metrics are the candidate's."
        )


class JudgedSpan(SummaryPart):
    """A span on whose rows no model is of use.

    Attributes:
        span: Its name.
        rows: How many of its rows were judged.
        sentence: What is wrong with the models' answers, with the figures.
    """

    span: str
    rows: int
    sentence: str


class Latency(SummaryPart):
    """Latency of one raw row, in milliseconds.

    Attributes:
        p50: The median.
        p99: The 99th percentile.
    """

    p50: Number
    p99: Number


class ProbeSummary(SummaryPart):
    """The result of the serving probe.

    Attributes:
        format: Format of `probe.json`.
        latency_ms: Of one raw row; None: not measured.
        max_difference: Largest difference between a served score and that in training; None: not measured.
        reason: One sentence.
        rows: Number of rows scored through each signature.
        startup_seconds: Time to load the model and score the first rows; None: not measured.
        verdict: NOT_PROBED if the Evaluator did not bless the candidate.
    """

    format: int
    latency_ms: Latency | None
    max_difference: Number | None
    reason: str
    rows: int
    startup_seconds: Number | None
    verdict: Literal["SERVABLE", "UNSERVABLE", "NOT_PROBED"]
