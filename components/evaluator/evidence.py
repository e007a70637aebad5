"""What a judgement rests on: scored rows, what is known of the champion, and what to beat without a model."""

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from components.evaluator import intervals
from components.evaluator.measures import Distribution, Measures, measures_of
from components.evaluator.settings import FEWEST_GROUPS
from perennial.task import Task

SliceKey = tuple[str, str]
Metrics = Mapping[SliceKey, Mapping[str, float]]


@dataclasses.dataclass(frozen=True)
class Rows:
    """What was scored, row by row; the first axis of every array is the rows.

    Attributes:
        labels: Shape (rows,): places of classes, or the numbers of a regression.
        candidate: Its answers: probabilities of the positive, shape (rows,), of every class, shape
            (rows, classes), or predicted numbers, shape (rows,).
        champion: The same, or None without a champion.
        days: `YYYY-MM-DD`, or None where the use case has no time column.
        slices: Value of each row by name of the slice.
        parts: Part of a span that each row comes from (`seen.py`), or None where that is not known.
        yardstick: The answers of scikit-learn's model, or None where there are none.
        spans: The span of each row, shape (rows,); None where that is not known.
        live: The answers of the live version itself where `champion` is its twin; None where it is no other.
    """

    labels: npt.NDArray[Any]
    candidate: npt.NDArray[np.floating[Any]]
    champion: npt.NDArray[np.floating[Any]] | None = None
    days: npt.NDArray[np.str_] | None = None
    slices: Mapping[str, npt.NDArray[np.str_]] = dataclasses.field(default_factory=dict)
    parts: npt.NDArray[np.str_] | None = None
    yardstick: npt.NDArray[np.floating[Any]] | None = None
    spans: npt.NDArray[np.str_] | None = None
    live: npt.NDArray[np.floating[Any]] | None = None

    def take(self, keep: npt.NDArray[np.bool_]) -> "Rows":
        """Returns the rows where `keep` is true."""
        return Rows(
            self.labels[keep],
            self.candidate[keep],
            None if self.champion is None else self.champion[keep],
            None if self.days is None else self.days[keep],
            {name: values[keep] for name, values in self.slices.items()},
            yardstick=None if self.yardstick is None else self.yardstick[keep],
            parts=None if self.parts is None else self.parts[keep],
            spans=None if self.spans is None else self.spans[keep],
            live=None if self.live is None else self.live[keep],
        )

    def groups(self) -> npt.NDArray[Any]:
        """Returns what intervals resample: the days, or 20 random groups of rows where there are none."""
        return intervals.random_groups(len(self.labels)) if self.days is None else self.days

    def enough_groups(self, min_days: int) -> bool:
        """Says whether an interval may be made: of `min_days` days, or of `FEWEST_GROUPS` groups of rows."""
        if self.days is None:
            return len(self.labels) >= FEWEST_GROUPS
        return len(self.known_days()) >= min_days

    def unit(self) -> str:
        """Says what intervals resample, such as "7 days"."""
        if self.days is not None:
            return f"{len(self.known_days())} days"
        return f"{min(len(self.labels), intervals.RANDOM_GROUPS)} random groups of rows (no time column)"

    def known_days(self) -> list[str]:
        """Returns the distinct days in order; none where there is no time column."""
        return [] if self.days is None else [str(day) for day in np.unique(self.days)]

    def describe(self) -> str:
        """Says how many rows of which days these are."""
        text, days = f"{len(self.labels):,} rows", self.known_days()
        if len(days) < 2:
            return f"{text} of {days[0]}" if days else text
        return f"{text} of {len(days)} days ({days[0]} to {days[-1]})"


@dataclasses.dataclass(frozen=True)
class LiveModel:
    """What is known of the live model.

    Attributes:
        version: Its version, or None where its card does not say.
        trained_from: First day it was trained on, `YYYY-MM-DD`, or None.
        trained_to: Last day it was trained on, or None.
        trained_parts: Parts of spans that it was trained on (`seen.py`); empty where its card does not say.
        stale: Whether it was trained on rows that a person rejected since.
        problem: Why it cannot be compared with (it then counts as absent), or "".
        twin: Whether this is its twin: what was judged before the live version was refit on the judged rows.
    """

    version: int | str | None = None
    trained_from: str | None = None
    trained_to: str | None = None
    trained_parts: frozenset[str] = frozenset()
    stale: bool = False
    problem: str = ""
    twin: bool = False


@dataclasses.dataclass(frozen=True)
class Evidence:
    """All that a judgement rests on.

    Attributes:
        task: What is to be answered.
        evaluated: The newest days, which no candidate was trained on.
        anchors: Rows of all spans that no model is ever trained on.
        candidate: TFMA's metrics of the candidate on `evaluated`, by slice.
        distribution: The labels of what the candidate was trained on: each class's share, or the mean.
        champion: What is compared with: the live model, or its twin; None where nothing is live.
        live: The live model where `champion` is its twin; None where it is no other.
        yardstick: What scikit-learn came to on the same rows (`yardstick.json`), or None where not asked.
        faults: Classes of the errors by which the candidate failed on batches of rows.
        code: The files that the candidate's graph was made by.
    """

    task: Task
    evaluated: Rows
    anchors: Rows
    candidate: Metrics
    distribution: Distribution
    champion: LiveModel | None = None
    live: LiveModel | None = None
    yardstick: Mapping[str, Any] | None = None
    faults: tuple[str, ...] = ()
    code: tuple[str, ...] = ()

    @property
    def measures(self) -> Measures:
        """How the task's answers are measured."""
        return measures_of(self.task)

    def of_live(self) -> "Evidence":
        """The same with the live version itself in the place of its twin."""
        if self.live is None:
            return self
        return dataclasses.replace(
            self,
            champion=self.live,
            live=None,
            evaluated=dataclasses.replace(self.evaluated, champion=self.evaluated.live, live=None),
            anchors=dataclasses.replace(self.anchors, champion=self.anchors.live, live=None),
        )

    def baseline_loss(self, rows: Rows) -> float:
        """Returns the loss of always answering what the training rows' labels are on the whole."""
        always = self.measures.always(self.distribution, len(rows.labels))
        return self.measures.loss(rows.labels, always)

    def own_distribution(self, labels: npt.NDArray[Any]) -> Distribution:
        """Returns what these labels are on the whole: each class's share, or their mean."""
        if self.task.kind == "regression":
            return float(labels.mean())
        return [float(share) for share in np.bincount(labels, minlength=len(self.task.classes)) / len(labels)]
