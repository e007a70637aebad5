"""What the training half adds to a run's summary: days, figures, comparison, checks, probe.

Keys are added, never renamed; their order is the order of the fields. A number that has no value is None.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, WithJsonSchema

from perennial.task import Kind

# A whole number stays one, so that what the nodes wrote stands here as they wrote it.
Number = Annotated[int | float, WithJsonSchema({"type": "number"})]
Metrics = dict[str, Number | None]
Intervals = dict[str, tuple[Number, Number] | None]


class SummaryPart(BaseModel):
    """A part of the summary: it knows all of its keys, and never changes."""

    # Built at first use, all at once: a part by itself is needed only where a candidate was made.
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class TrainedOn(SummaryPart):
    """What the candidate learned from.

    Attributes:
        spans: Names of the spans of the window, oldest first.
        first_day: First day trained on, ISO; None where rows have no time.
        last_day: Last day trained on.
        days: Different days; 0 where rows have no time.
        rows: Rows trained on.
    """

    spans: tuple[str, ...]
    first_day: str | None
    last_day: str | None
    days: int
    rows: int


class EvaluatedOn(SummaryPart):
    """What the candidate was judged by.

    Attributes:
        first_day: First day, ISO; None where rows have no time.
        last_day: Last day.
        days: Different days; None where rows have no time.
        rows: Rows.
    """

    first_day: str | None
    last_day: str | None
    days: int | None
    rows: int


class TaskSummary(SummaryPart):
    """What a model has to answer.

    Attributes:
        task: The kind of answer.
        label: The label's column.
        classes: The classes that the use case names, in order.
    """

    task: Kind
    label: str
    classes: tuple[str | int | float, ...]


class ModelScores(SummaryPart):
    """A model's figures on the rows evaluated.

    Attributes:
        metrics: Value by metric.
        intervals: Both ends of the confidence interval, by metric.
    """

    metrics: Metrics
    intervals: Intervals


class CandidateSummary(SummaryPart):
    """The candidate's figures on the rows evaluated.

    Attributes:
        version: The version that it was published as; None where it was not.
        metrics: Value by metric.
        intervals: Both ends of the confidence interval, by metric.
    """

    version: int | None
    metrics: Metrics
    intervals: Intervals


class ChampionSummary(ModelScores):
    """The figures of the model that the candidate was compared with, on the same rows.

    Attributes:
        metrics: Value by metric.
        intervals: Both ends of the confidence interval, by metric.
        version: Its version; None where its card does not say.
    """

    version: int | None


class ComparisonSummary(SummaryPart):
    """Candidate minus champion in loss on the same rows; negative is better.

    Attributes:
        outcome: Which one is better, by the interval.
        difference: The estimate; None where none was made.
        interval: Its ends, or None.
        days: Days that it was resampled over; None where rows are the unit.
        rows: Rows compared.
        days_left_out: Days that the champion was trained on.
        method: How the interval was made, or "".
    """

    outcome: Literal["better", "worse", "inconclusive", "not_checked", "no_champion"]
    difference: Number | None
    interval: tuple[Number, Number] | None
    days: int | None
    rows: int
    days_left_out: int
    method: str


class ClassBaseline(SummaryPart):
    """What always answering the classes' shares in the training rows comes to.

    Attributes:
        distribution: The shares, in the classes' order.
        log_loss: Its loss.
        relative: By which share of it the candidate's loss is greater (-0.3: 30% less).
    """

    distribution: tuple[Number | None, ...]
    log_loss: Number | None
    relative: Number | None


class MeanBaseline(SummaryPart):
    """What always answering the training rows' mean comes to.

    Attributes:
        distribution: The mean.
        rmse: Its loss.
        relative: By which share of it the candidate's loss is greater (-0.3: 30% less).
    """

    distribution: Number | None
    rmse: Number | None
    relative: Number | None


class YardstickSummary(SummaryPart):
    """What scikit-learn's default gradient boosting comes to on the same rows.

    Attributes:
        format: Format of `yardstick.json`.
        library: scikit-learn with its version.
        model: The class of scikit-learn.
        why: Why there is none, as a sentence; "" where there is one.
        metrics: Value by metric; one that has no value is left out.
        train_rows: Rows it was fitted to.
        rows: Rows it was judged by.
        columns: Columns it took.
        seconds: What it cost.
        relative: By which share of its loss the candidate's is greater.
    """

    format: int
    library: str
    model: str
    why: str
    metrics: Metrics
    train_rows: int
    rows: int
    columns: int
    seconds: Number
    relative: Number | None


class CheckSummary(SummaryPart):
    """One check of the Evaluator.

    Attributes:
        check: Its name.
        passed: False withholds the blessing; None: it could not be made or decided, or is no check.
        state: Its outcome; `noted` is not a check but something to know.
        sentence: The same with its figures.
    """

    check: str
    passed: bool | None
    state: Literal["passed", "failed", "not_checked", "inconclusive", "noted"]
    sentence: str


class Latency(SummaryPart):
    """How long the answer for one raw row takes, in milliseconds.

    Attributes:
        p50: Half of the answers take at most this.
        p99: 99 of 100 answers take at most this.
    """

    p50: Number
    p99: Number


class ProbeSummary(SummaryPart):
    """What the serving probe found.

    Attributes:
        format: Format of `probe.json`.
        latency_ms: Of one raw row; None: not measured.
        max_difference: The largest difference between a score in training and served; None: not measured.
        reason: A sentence.
        rows: Rows scored through each signature.
        startup_seconds: From the folder to the first scores; None: not measured.
        verdict: NOT_PROBED where the Evaluator did not bless the candidate.
    """

    format: int
    latency_ms: Latency | None
    max_difference: Number | None
    reason: str
    rows: int
    startup_seconds: Number | None
    verdict: Literal["SERVABLE", "UNSERVABLE", "NOT_PROBED"]
