"""How much the live model's scores move because columns drifted: a number by which findings are ranked.

The sampled rows of the drifted days are scored as they are, and again with the columns' values as they were
in the reference (`as_expected.py`); all else of the rows stays. The difference is the effect.
"""

import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from perennial.drift.as_expected import OneDay, as_expected
from perennial.drift.day_summaries import DAY, DayTable
from perennial.task import Task

# From typed rows to a model's answers, as `perennial.saved_models.LoadedModel.of_table`.
ScoreTable = Callable[[pa.Table], npt.NDArray[np.float32]]

_MOST_ROWS: Final = 1500
# What is drawn at random is drawn so many times, and the mean counts.
_DRAWS: Final = 4
_SEED: Final = 18
# The days of a reference, in so far as the finding's baseline does not name them.
_WEEK: Final = 7
_SEASON_WEEKS: Final = 8
_PREVIOUS_DAYS: Final = 28


@dataclass(frozen=True)
class Effect:
    """What drifted columns do to the live model's scores.

    Attributes:
        columns: The columns whose values were replaced, all at once.
        rows: How many sampled rows were scored.
        mean: Mean score of the rows as they are, each day by its rows.
        expected_mean: With the columns as in the reference.
        spread: Standard deviation of the scores as they are.
        expected_spread: With the columns as in the reference.
        moved: Mean distance by which a row's score moves, whatever its direction.
        of: What the score is, such as "the predicted probability of 1"; of several classes that of the class
            whose mean moves most.
    """

    columns: tuple[str, ...]
    rows: int
    mean: float
    expected_mean: float
    spread: float
    expected_spread: float
    moved: float
    of: str

    @property
    def effect(self) -> float:
        """By how much the mean score is higher because of the drift, in the score's own unit."""
        return self.mean - self.expected_mean

    @property
    def text(self) -> str:
        """The effect in a sentence, in the score's own unit."""
        means = f"{self.expected_mean:.3g} to {self.mean:.3g}"
        return f"It moves {self.of} by {self.effect:+.2g} on average ({means})."


def effect_of(
    columns: Sequence[str], changed: DayTable, reference: DayTable, task: Task, score: ScoreTable
) -> Effect | None:
    """The effect of columns that drifted together, such as those of one alarm.

    Args:
        columns: Their names.
        changed: The drifted days, with their sampled rows.
        reference: The days that they are compared with.
        task: What the model answers.
        score: Scores rows; what it raises is passed on.

    Returns:
        None where it is not known: there are no sampled rows, none of the columns is one whose values can be
        replaced (the number of rows is none), or the model gives no finite answer to some rows.
    """
    sample, weights = _rows_of(changed)
    answers = np.zeros(0)
    expected: list[npt.NDArray[np.float64]] = []
    replaced: tuple[str, ...] = ()
    for draw in range(_DRAWS if len(sample) else 0):
        table, replaced = _with_reference(sample, columns, changed, reference, draw)
        if not replaced:
            return None
        if not draw:
            answers = _by_class(score(sample))
        expected.append(_by_class(score(table)))
    if not expected or not np.isfinite(answers).all() or not np.isfinite(expected).all():
        return None
    means = np.average(answers, axis=0, weights=weights)
    expected_means = np.mean([np.average(each, axis=0, weights=weights) for each in expected], axis=0)
    place = int(np.argmax(np.abs(means - expected_means)))
    own = answers[:, place]
    others = [each[:, place] for each in expected]
    return Effect(
        columns=replaced,
        rows=len(sample),
        mean=float(means[place]),
        expected_mean=float(expected_means[place]),
        spread=_deviation(own, weights),
        expected_spread=float(np.mean([_deviation(each, weights) for each in others])),
        moved=float(np.mean([np.average(np.abs(own - each), weights=weights) for each in others])),
        of=_score_name(task, place),
    )


def reference_of(
    baseline: str, history: DayTable, since: np.datetime64, named: Mapping[str, DayTable] | None = None
) -> DayTable:
    """The days that a finding is compared with, for `effect_of`.

    Args:
        baseline: The finding's: `season`, `previous`, `training` or `pinned`.
        history: The days of the accepted spans.
        since: The first day of the finding.
        named: The days of `training` and `pinned`, as far as there are any.

    Returns:
        Of `season` the same weekdays of the 8 weeks before; of `training` and `pinned` those that are named;
        of `previous`, and where there are none of the others, the 28 days before, or the last 28 there are.
    """
    if named and baseline in named and len(named[baseline].days):
        return named[baseline]
    before = history.days < since
    if baseline == "season":
        apart = (since - history.days).astype(np.int64)
        alike = before & (apart % _WEEK == 0) & (apart <= _SEASON_WEEKS * _WEEK)
        if alike.any():
            return history.only(alike)
    newest = before & (np.cumsum(before[::-1])[::-1] <= _PREVIOUS_DAYS)
    return history.only(newest)


def _rows_of(days: DayTable) -> tuple[pa.Table, npt.NDArray[np.float64]]:
    """Sampled rows, at most `_MOST_ROWS`, spread evenly, and how many rows each stands for."""
    sample = days.sample
    if len(sample) > _MOST_ROWS:
        places = np.linspace(0, len(sample) - 1, _MOST_ROWS).astype(np.int64)
        sample = sample.take(pa.array(places))
    ordinals = pc.cast(sample[DAY], pa.int32()).to_numpy().astype(np.int64)
    day = np.searchsorted(days.days.astype(np.int64), ordinals)
    counts = np.bincount(day, minlength=len(days.days))
    return sample, (days.rows / np.maximum(counts, 1))[day]


def _with_reference(
    sample: pa.Table, columns: Sequence[str], changed: DayTable, reference: DayTable, draw: int
) -> tuple[pa.Table, tuple[str, ...]]:
    """The sampled rows with the columns as in the reference, and the columns of which that can be said."""
    replaced = []
    for name in dict.fromkeys(columns):
        if name not in sample.column_names:
            continue
        random = np.random.default_rng([_SEED, draw, zlib.crc32(name.encode())])
        rows = sample[name].combine_chunks()
        rows = pa.concat_arrays(rows.chunks) if isinstance(rows, pa.ChunkedArray) else rows
        values = as_expected(rows, OneDay(changed, name), OneDay(reference, name), random)
        if values is not None:
            sample = sample.set_column(sample.schema.get_field_index(name), name, values)
            replaced.append(name)
    return sample, tuple(replaced)


def _by_class(answers: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """Answers of shape (rows, classes), or (rows, 1)."""
    return answers.reshape(len(answers), -1).astype(np.float64)


def _deviation(values: npt.NDArray[np.float64], weights: npt.NDArray[np.float64]) -> float:
    mean = np.average(values, weights=weights)
    return float(np.sqrt(np.average((values - mean) ** 2, weights=weights)))


def _score_name(task: Task, place: int) -> str:
    if task.kind == "regression":
        return f"the predicted `{task.label}`"
    name: Any = task.classes[place if task.kind == "multiclass" else -1]
    return f"the predicted probability that `{task.label}` is {name}"
