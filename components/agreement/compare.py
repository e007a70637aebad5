"""Compares the scores of a refit model with those of the judged candidate, over plain arrays."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from components.agreement.settings import AgreementLimits
from perennial import scores
from perennial.task import Kind

Floats = npt.NDArray[np.floating[Any]]
FORMAT: Final = 1
_AGREES: Final = "The refit model agrees with the judged candidate"
# Whether the candidate then is published is decided after this.
_DISAGREES: Final = "The refit model does not agree with the judged candidate, which takes its place"
# Two distributions of scores that are no further apart than this, in probability or in standard deviations
# of the label, are the same.
_SHIFT: Final = 0.02
# Of a class that is expected in fewer rows, the sum says nothing.
_FEWEST_EXPECTED: Final = 10
# Sums of float32 scores, and scores of two equal models, are exact to less than this.
_ROUNDING: Final = 1e-9


@dataclass(frozen=True)
class PairedScores:
    """Rows with the scores of both models; the first axis of every array is the rows.

    Attributes:
        labels: Places of classes, or the numbers of a regression, shape (rows,).
        judged: The candidate's scores: shape (rows,), of several classes (rows, classes).
        refit: The refit model's.
    """

    labels: npt.NDArray[Any]
    judged: Floats
    refit: Floats

    def __len__(self) -> int:
        """Number of rows."""
        return len(self.labels)

    def and_also(self, other: "PairedScores") -> "PairedScores":
        """These rows, then the other ones."""
        pairs = ((getattr(self, name), getattr(other, name)) for name in ("labels", "judged", "refit"))
        return PairedScores(*(np.concatenate(pair) for pair in pairs))


@dataclass(frozen=True)
class Measured:
    """One figure of an agreement.

    Attributes:
        name: `anchor_loss`, `mean_difference`, `ks` or `sum_difference`.
        value: The figure.
        limit: The greatest that agrees.
        words: The same in words.
    """

    name: str
    value: float
    limit: float
    words: str

    @property
    def agrees(self) -> bool:
        """Whether the figure is within its limit; NaN is not."""
        return self.value <= self.limit + _ROUNDING


def agreement(
    kind: Kind, judged_by: PairedScores, anchors: PairedScores, always: float | None, limits: AgreementLimits
) -> dict[str, Any]:
    """Compares a refit model with the judged candidate.

    Args:
        kind: Of the task.
        judged_by: The rows that the candidate was judged by; the refit model was trained on them.
        anchors: Rows that neither was trained on.
        always: Mean label of the rows that the candidate was trained on; None of a classification.
        limits: By how much they may differ.

    Returns:
        What `agreement.json` holds: `agrees`; `figures`, each with `name`, `value`, `limit`, `words` and
        `agrees`; `rows` and `anchors`, how many there were; and `sentence`.
    """
    rows = judged_by.and_also(anchors)
    lost = _without_score(rows.refit)
    if lost or not len(rows):
        why = f"it gives no score for {lost:,} of {len(rows):,} rows" if len(rows) else "there are no rows"
        return _outcome([], len(rows), len(anchors), f"{_DISAGREES}: {why}.", agrees=False)
    figures = [*_anchor_loss(kind, anchors, always, limits), *_distances(kind, rows, limits)]
    wrong = [each.words for each in figures if not each.agrees]
    listed = "; ".join(wrong or [each.words for each in figures])
    outcome = _DISAGREES if wrong else _AGREES
    sentence = f"{outcome}. On {len(rows):,} rows: {listed}."
    return _outcome(figures, len(rows), len(anchors), sentence, agrees=not wrong)


def _without_score(scores_of_rows: Floats) -> int:
    """How many rows have a score that is not a finite number."""
    finite = np.isfinite(scores_of_rows)
    return int(np.count_nonzero(~(finite if finite.ndim == 1 else finite.all(axis=1))))


def _outcome(
    figures: list[Measured], rows: int, anchors: int, sentence: str, *, agrees: bool
) -> dict[str, Any]:
    listed = [
        {**asdict(each), "value": each.value if np.isfinite(each.value) else None, "agrees": each.agrees}
        for each in figures
    ]
    counts = {"rows": rows, "anchors": anchors}
    return {"format": FORMAT, "agrees": agrees, "figures": listed, **counts, "sentence": sentence}


def _anchor_loss(
    kind: Kind, anchors: PairedScores, always: float | None, limits: AgreementLimits
) -> Iterator[Measured]:
    """Yields by how much the loss on the anchors is higher; nothing where there are too few."""
    if len(anchors) < limits.anchor_rows:
        return
    name = "rmse" if kind == "regression" else "log_loss"
    loss = scores.BY_NAME[kind][name]
    limit = limits.anchor_increase
    if limit is None:
        mean = np.full(len(anchors), always if always is not None else np.nan)
        limit = limits.anchor_share * loss(anchors.labels, mean)
    increase = loss(anchors.labels, anchors.refit) - loss(anchors.labels, anchors.judged)
    shown = "RMSE" if kind == "regression" else "log loss"
    words = f"{shown} differs by {increase:+.4g} on {len(anchors):,} anchors (at most {limit:+.3g})"
    yield Measured("anchor_loss", increase, limit, words)


def _distances(kind: Kind, rows: PairedScores, limits: AgreementLimits) -> Iterator[Measured]:
    """Yields how far the scores are apart row by row, as distributions, and in sum."""
    judged, refit = (
        np.asarray(each, np.float64).reshape(len(rows), -1) for each in (rows.judged, rows.refit)
    )
    unit = float(np.std(rows.labels)) if kind == "regression" else 1.0
    unit = unit if unit > 0 else 1.0
    deviations = " standard deviations of the label" if kind == "regression" else ""
    bounds = limits.bounds
    share = 0.5 if judged.shape[1] > 1 else 1.0
    mean = float(np.abs(judged - refit).sum(axis=1).mean()) * share / unit
    yield Measured(
        "mean_difference",
        mean,
        bounds.max_mean_difference,
        f"scores differ by {mean:.3g}{deviations} on average (at most {bounds.max_mean_difference:g})",
    )
    ks = max(_ks(one, other, _SHIFT * unit) for one, other in zip(judged.T, refit.T, strict=True))
    yield Measured("ks", ks, bounds.max_ks, f"KS distance {ks:.3g} (at most {bounds.max_ks:g})")
    sums = _sum_difference(kind, judged, refit, unit)
    of_what = "mean score" if kind == "regression" else "sum of scores"
    most = bounds.max_sum_difference
    shown = f"{sums:.3g}{deviations}" if kind == "regression" else f"{100 * sums:.3g}%"
    limit = f"{most:g}" if kind == "regression" else f"{100 * most:.3g}%"
    yield Measured("sum_difference", sums, most, f"the {of_what} differs by {shown} (at most {limit})")


def _ks(one: Floats, other: Floats, shift: float) -> float:
    """The Kolmogorov-Smirnov distance of two samples, from 0 to 1; shifts up to `shift` do not count.

    Without that, the scores of a weak model, which are almost the same for every row, would be as far apart
    as can be after the smallest change of their level.
    """
    one, other = np.sort(one), np.sort(other)
    both = (one, other), (other, one)
    distances = (_share_below(low, low) - _share_below(high, low + shift) for low, high in both)
    return max(0.0, *(float(distance.max()) for distance in distances))


def _share_below(ordered: Floats, values: Floats) -> Floats:
    """The share of a sorted sample that is at most each of the values."""
    return np.asarray(np.searchsorted(ordered, values + _ROUNDING, "right") / len(ordered))


def _sum_difference(kind: Kind, judged: Floats, refit: Floats, unit: float) -> float:
    """By how much the sums differ: as a share of the judged one, or of a regression's means in deviations.

    Of several classes, the greatest of those that the candidate expects in 10 rows or more; 0 of none.
    """
    if kind == "regression":
        return float(abs(refit.mean() - judged.mean())) / unit
    before, after = judged.sum(axis=0), refit.sum(axis=0)
    known = before >= _FEWEST_EXPECTED
    return float(np.max(np.abs(after - before)[known] / before[known], initial=0.0))
