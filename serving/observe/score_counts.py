"""Counts what one version answers, by its task: probabilities, classes, or numbers."""

from bisect import bisect_left
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from serving.model.answers import Answers
from serving.observe.families import PREDICTED, SCORE, SCORES, VALUE
from serving.observe.metrics import Cell, MetricTable

if TYPE_CHECKING:
    from serving.model.models import LoadedVersion

# Of more classes each is no series of its own.
MOST_CLASSES: Final = 100
_OTHER: Final = "(other)"


class ScoreCounts:
    """The cells of one version; `add` costs a microsecond a row of one number."""

    def __init__(self, table: MetricTable, version: "LoadedVersion") -> None:
        """Makes the cells; a version that takes no raw rows is one that answers with a probability."""
        self._answers = version.engine.answers if version.engine else Answers()
        labels = (version.model, str(version.number))
        regression = self._answers.kind == "regression"
        self._cell = table.cell(VALUE if regression else SCORE, *labels)
        self._bounds = () if regression else SCORES
        self._classes: list[Cell] = [
            table.cell(PREDICTED, *labels, str(name) if place < MOST_CLASSES else _OTHER)
            for place, name in enumerate(self._answers.classes)
        ]

    def add(self, scores: Any) -> None:
        """Counts the scores of some rows, (rows,) or (rows, classes); NaN are those that were refused."""
        if self._classes:
            scores = self._add_classes(scores)
        cell, bounds = self._cell, self._bounds
        for score in scores.tolist():
            if score == score:
                cell[bisect_left(bounds, score)] += 1
                cell[-1] += score

    def _add_classes(self, scores: Any) -> Any:
        """Counts the likeliest classes; gives the scores to count: of three and more the likeliest's."""
        answered = scores[~np.isnan(scores.reshape(len(scores), -1)).any(axis=1)]
        counts = np.bincount(self._answers.likeliest(answered), minlength=len(self._classes))
        for cell, count in zip(self._classes, counts.tolist(), strict=True):
            cell[0] += count
        return answered.max(axis=1) if answered.ndim > 1 else answered
