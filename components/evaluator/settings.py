"""What a use case's YAML says about evaluation, by task; no TFX, no TensorFlow."""

import dataclasses
import itertools
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Final, Literal, get_args

from pydantic import Field, StrictBool, field_validator, model_validator

from perennial.section import Count, Number, Section, Share, Whole, WrongSetting
from perennial.task import Kind

BinaryMetric = Literal["log_loss", "auc", "auc_pr", "precision", "recall", "calibration", "example_count"]
MulticlassMetric = Literal["log_loss", "accuracy", "auc", "f1_macro", "example_count"]
RegressionMetric = Literal["rmse", "mae", "r2", "bias", "example_count"]
METRICS: Final[Mapping[Kind, tuple[str, ...]]] = {
    "binary": get_args(BinaryMetric),
    "multiclass": get_args(MulticlassMetric),
    "regression": get_args(RegressionMetric),
}
# The metric that compares, and the one that a use case must bound from below.
LOSS: Final[Mapping[Kind, str]] = {"binary": "log_loss", "multiclass": "log_loss", "regression": "rmse"}
FLOOR: Final[Mapping[Kind, str]] = {"binary": "auc", "multiclass": "auc", "regression": "r2"}
OVERALL = ("", "")
# By how much a regression's loss on the anchors may exceed the champion's where no margin is given, as a
# share of what always answering the mean costs: about what the binary default, 0.01, is of the log loss of
# flights' rate, 0.5.
ANCHOR_SHARE: Final = 0.02
MISSING = "(missing)"
OTHER = "(other)"

_FLOOR_IS: Final[Mapping[Kind, str]] = {
    "binary": "a minimum AUC (area under the ROC curve) such as 0.6",
    "multiclass": "a minimum AUC (area under the ROC curves, each class against the rest) such as 0.6",
    "regression": "a minimum R² (explained share of the label's variance) such as 0.1",
}
Margin = Annotated[Number, Field(ge=0)]
# Fewer days, or groups of rows, say too little: no interval is made of them, and none decides.
FEWEST_GROUPS: Final = 5
LogLossIncrease = Annotated[Margin, Field(alias="max_log_loss_increase")]
RmseIncrease = Annotated[Margin | None, Field(alias="max_rmse_increase")]
Hour = Annotated[Whole, Field(ge=0, le=24)]


@dataclasses.dataclass(frozen=True)
class SliceBy:
    """One way to cut the evaluated rows.

    Attributes:
        name: Name of the slice in reports, such as `carrier` or `hour_band`.
        column: Column whose value decides.
        hours: Empty: the value itself is the slice. Else the edges of hour bands, ascending, 0 to 24; the
            hour is read from a timestamp column `YYYY-MM-DD HH:MM:SS`.
    """

    name: str
    column: str
    hours: tuple[int, ...] = ()


class Cut(Section):
    """The column and the hours of a slice that has a name of its own; see `SliceBy`."""

    column: str
    hours: tuple[Hour, ...] = ()

    @field_validator("hours")
    @classmethod
    def _bands(cls, hours: tuple[int, ...]) -> tuple[int, ...]:
        if len(hours) == 1 or any(start >= end for start, end in itertools.pairwise(hours)):
            raise ValueError("expected two or more ascending hours from 0 to 24, such as [0, 12, 24]")
        return hours


class Bound(Section):
    """Least and greatest value a metric may have; None: no such bound."""

    min: Number | None = None
    max: Number | None = None


class ChampionSettings(Section):
    """How the candidate is compared with what is live.

    Attributes:
        confidence: Confidence of every interval, such as 0.95.
        when_inconclusive: What becomes of a candidate whose difference from the champion cannot be told from
            none, or that was compared on too few days for an interval. Where no row is left to compare on,
            the live model stays; only of one that was trained on rejected spans this setting decides.
        max_worse: `push` pushes it only if its loss is above the champion's by at most this share of the
            champion's loss on the same rows, or of the baseline's where that is lower.
    """

    confidence: Annotated[Number, Field(ge=0.5, le=0.9999)] = 0.95
    when_inconclusive: Literal["push", "keep"] = "push"
    max_worse: Margin = 0.01


class AnchorLimit(Section):
    """By how much the loss on all anchors together may exceed the champion's, on how many rows at least.

    Attributes:
        min_rows: Fewer rows are not judged.
        max_increase: In the YAML `max_log_loss_increase`, or of a regression `max_rmse_increase`, in the
            label's unit. None: a share of what the training mean's loss is there (`ANCHOR_SHARE`), as
            that unit is not known here.
    """

    min_rows: Count
    max_increase: Margin | None


class LogLossAnchors(AnchorLimit):
    """Of a classification."""

    min_rows: Count = 100
    max_increase: LogLossIncrease = 0.01


class RmseAnchors(AnchorLimit):
    """Of a regression."""

    min_rows: Count = 100
    max_increase: RmseIncrease = None


class SliceLimit(Section):
    """By how much the loss on a slice may exceed the champion's there, on how many rows at least.

    Attributes:
        min_rows: Smaller slices are not judged.
        max_increase: As a share of the champion's loss on all judged rows (without a champion, of the
            baseline's), so that it means the same for every label and unit.
    """

    min_rows: Count = 200
    max_increase: Annotated[Number, Field(ge=0, le=1)] = 0.3


_SLICE: Final = "a column's name, or a name with its `column` and `hours`"
SliceEntry = Annotated[
    Annotated[str, Field(min_length=1)] | Annotated[dict[str, Cut], Field(min_length=1, max_length=1)],
    Field(description=_SLICE),
]


class EvaluationSettings(Section):
    """How a candidate is judged, the `evaluation` section of a use case; each task has its own below.

    Attributes:
        slices: How the evaluated rows are cut, besides all of them together; `cuts` has them as one kind.
        bounds: Absolute bounds by metric name (one of the task's `METRICS`); the floor is compulsory.
        anchors: How much may be forgotten.
        champion: How the comparison with what is live is judged.
        slice_bounds: How much a slice may lose.
        min_days: With fewer days no interval is made.
        yardstick: Whether scikit-learn is fitted to the same rows, to say what the model is worth.
    """

    kind: ClassVar[Kind]
    slices: Annotated[tuple[SliceEntry, ...], Field(description=f"a list, each {_SLICE}")] = ()
    bounds: Mapping[Any, Bound]
    anchors: AnchorLimit
    champion: ChampionSettings = ChampionSettings()
    slice_bounds: SliceLimit = SliceLimit()
    min_days: Annotated[Whole, Field(ge=FEWEST_GROUPS)] = FEWEST_GROUPS
    yardstick: StrictBool = True

    @property
    def cuts(self) -> tuple[SliceBy, ...]:
        """How the evaluated rows are cut."""
        named = [{each: Cut(column=each)} if isinstance(each, str) else each for each in self.slices]
        return tuple(SliceBy(name, cut.column, cut.hours) for entry in named for name, cut in entry.items())

    @model_validator(mode="after")
    def _whole(self) -> "EvaluationSettings":
        floor = self.bounds.get(FLOOR[self.kind])
        if floor is None or floor.min is None:
            problem = f"expected {_FLOOR_IS[self.kind]}, but it is missing"
            raise WrongSetting(problem, "bounds", FLOOR[self.kind], "min")
        if len({cut.name for cut in self.cuts}) < len(self.slices):
            raise WrongSetting("expected a different name for each slice; one is used twice", "slices")
        return self


class BinaryEvaluation(EvaluationSettings):
    """Of a binary task.

    Attributes:
        threshold: Probability from which on a row counts as positive (precision and recall).
    """

    kind = "binary"
    threshold: Share = 0.5
    bounds: dict[BinaryMetric, Bound] = Field(default_factory=dict)
    anchors: LogLossAnchors = LogLossAnchors()


class MulticlassEvaluation(EvaluationSettings):
    """Of a task of three classes or more."""

    kind = "multiclass"
    bounds: dict[MulticlassMetric, Bound] = Field(default_factory=dict)
    anchors: LogLossAnchors = LogLossAnchors()


class RegressionEvaluation(EvaluationSettings):
    """Of a task whose label is a number."""

    kind = "regression"
    bounds: dict[RegressionMetric, Bound] = Field(default_factory=dict)
    anchors: RmseAnchors = RmseAnchors()


EVALUATIONS: Final[Mapping[Kind, type[EvaluationSettings]]] = {
    each.kind: each for each in (BinaryEvaluation, MulticlassEvaluation, RegressionEvaluation)
}
