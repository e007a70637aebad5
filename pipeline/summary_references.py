"""What a summary says of the models that the candidate is measured against: baseline and yardstick."""

from pydantic import Field

from pipeline.summary_parts import Metrics, Number, SummaryPart


class OwnClassRate(SummaryPart):
    """Always predicting the class frequencies of the judged rows themselves, which nobody can know before.

    Attributes:
        distribution: The frequencies, in the order of the classes.
        loss: The log loss of that.
        difference: The candidate's log loss minus this one.
        interval: Its confidence interval; None if there are too few days.
    """

    distribution: tuple[Number | None, ...]
    loss: Number | None
    difference: Number | None
    interval: tuple[Number, Number] | None


class OwnMean(SummaryPart):
    """Always predicting the mean of the judged rows themselves, which nobody can know before.

    Attributes:
        distribution: The mean.
        loss: The RMSE of that.
        difference: The candidate's RMSE minus this one.
        interval: Its confidence interval; None if there are too few days.
    """

    distribution: Number | None
    loss: Number | None
    difference: Number | None
    interval: tuple[Number, Number] | None


class ClassBaseline(SummaryPart):
    """The baseline of a classification: always predicting the class frequencies of the training rows.

    Attributes:
        distribution: The frequencies, in the order of the classes.
        log_loss: The log loss of the baseline.
        relative: How much greater the candidate's loss is, as a share of the baseline's (-0.3: 30% less).
        difference: The candidate's loss minus the baseline's.
        interval: Its confidence interval; None if there are too few days.
        own_rate: The same against the constant that fits the judged rows best.
    """

    distribution: tuple[Number | None, ...]
    log_loss: Number | None
    relative: Number | None
    difference: Number | None = None
    interval: tuple[Number, Number] | None = None
    own_rate: OwnClassRate | None = None


class MeanBaseline(SummaryPart):
    """The baseline of a regression: always predicting the mean of the training rows.

    Attributes:
        distribution: The mean.
        rmse: The RMSE of the baseline.
        relative: How much greater the candidate's loss is, as a share of the baseline's (-0.3: 30% less).
        difference: The candidate's loss minus the baseline's.
        interval: Its confidence interval; None if there are too few days.
        own_rate: The same against the constant that fits the judged rows best.
    """

    distribution: Number | None
    rmse: Number | None
    relative: Number | None
    difference: Number | None = None
    interval: tuple[Number, Number] | None = None
    own_rate: OwnMean | None = None


class YardstickSummary(SummaryPart):
    """The better of scikit-learn's default gradient boosting and linear model on the same rows.

    Attributes:
        format: Format of `yardstick.json`.
        library: scikit-learn and its version.
        model: The class of scikit-learn; "" if none was fitted.
        name: Its name in a sentence.
        why: Why it was not fitted, one sentence; "" if it was.
        metrics: Value by metric; metrics without a value are left out.
        losses: The loss of each of the two models, by class of scikit-learn.
        train_rows: Number of rows it was fitted to.
        rows: Number of rows it was evaluated on.
        columns: Number of columns it was fitted to.
        seconds: Time to fit and evaluate it.
        relative: How much greater the candidate's loss is, as a share of its loss; None if it is no better
            than the baseline.
        beats_baseline: Whether its loss is below the baseline's; None if there is none.
        difference: The candidate's loss minus its loss.
        interval: Its confidence interval; None if there are too few days.
    """

    format: int
    library: str
    model: str
    name: str = ""
    why: str
    metrics: Metrics
    losses: Metrics = Field(default={})
    train_rows: int
    rows: int
    columns: int
    seconds: Number
    relative: Number | None
    beats_baseline: bool | None = None
    difference: Number | None = None
    interval: tuple[Number, Number] | None = None
