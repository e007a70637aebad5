"""Decides whether a candidate may be pushed: checks over arrays and metrics, each with its figures."""

import dataclasses
import math
from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from components.evaluator import intervals, scores
from components.evaluator.settings import OVERALL, EvaluationSettings

State = Literal["passed", "failed", "not_checked", "inconclusive"]
Outcome = Literal["better", "worse", "inconclusive", "not_checked", "no_champion"]
SliceKey = tuple[str, str]
Metrics = Mapping[SliceKey, Mapping[str, float]]


@dataclasses.dataclass(frozen=True)
class Rows:
    """What was scored, row by row; every array has the shape (rows,).

    Attributes:
        labels: 0 or 1.
        candidate: Probabilities.
        champion: Probabilities, or None without a champion.
        days: `YYYY-MM-DD`, or None where the use case has no time column.
        slices: Value of each row by name of the slice.
    """

    labels: npt.NDArray[np.integer[Any]]
    candidate: npt.NDArray[np.floating[Any]]
    champion: npt.NDArray[np.floating[Any]] | None = None
    days: npt.NDArray[np.str_] | None = None
    slices: Mapping[str, npt.NDArray[np.str_]] = dataclasses.field(default_factory=dict)

    def take(self, keep: npt.NDArray[np.bool_]) -> "Rows":
        """Returns the rows where `keep` is true."""
        return Rows(
            self.labels[keep],
            self.candidate[keep],
            None if self.champion is None else self.champion[keep],
            None if self.days is None else self.days[keep],
            {name: values[keep] for name, values in self.slices.items()},
        )

    def groups(self) -> npt.NDArray[Any]:
        """Returns what intervals resample: the days, or 20 random groups of rows where there are none."""
        return intervals.random_groups(len(self.labels)) if self.days is None else self.days

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
class Champion:
    """What is known of the live model.

    Attributes:
        version: Its version, or None where its card does not say.
        trained_from: First day it was trained on, `YYYY-MM-DD`, or None.
        trained_to: Last day it was trained on, or None.
        problem: Why it cannot be compared with (it then counts as absent), or "".
    """

    version: int | str | None = None
    trained_from: str | None = None
    trained_to: str | None = None
    problem: str = ""


@dataclasses.dataclass(frozen=True)
class Evidence:
    """All that a judgement rests on.

    Attributes:
        evaluated: The newest days, which no candidate was trained on.
        anchors: Rows of all spans that no model is ever trained on.
        candidate: TFMA's metrics of the candidate on `evaluated`, by slice.
        training_rate: Share of positives in what the candidate was trained on.
        champion: The live model, or None where there is none.
    """

    evaluated: Rows
    anchors: Rows
    candidate: Metrics
    training_rate: float
    champion: Champion | None = None


@dataclasses.dataclass(frozen=True)
class Reason:
    """One check's outcome.

    Attributes:
        check: `scores`, `baseline_rate`, `bounds`, `anchors`, `champion` or `slices`.
        passed: False withholds the blessing; None is a check that could not be made or decided, and does not.
        state: What came out.
        sentence: The same with its figures.
    """

    check: str
    passed: bool | None
    state: State
    sentence: str


@dataclasses.dataclass(frozen=True)
class Comparison:
    """Candidate minus champion in mean log loss on the same rows; negative is better.

    Attributes:
        outcome: What the interval says.
        difference: The estimate, or None where none was made.
        interval: Its ends, or None.
        days: Number of days it was resampled over, or None where rows are the unit.
        rows: Number of rows compared.
        days_left_out: Days that the champion was trained on.
        method: How the interval was made, or "".
    """

    outcome: Outcome
    difference: float | None = None
    interval: list[float] | None = None
    days: int | None = None
    rows: int = 0
    days_left_out: int = 0
    method: str = ""


def _decided(check: str, passed: bool, sentence: str) -> Reason:
    return Reason(check, passed, "passed" if passed else "failed", sentence)


def scores_are_probabilities(values: npt.NDArray[np.floating[Any]]) -> bool:
    """Says whether all values are numbers from 0 to 1."""
    return bool(np.all((values >= 0) & (values <= 1)))


def check_scores(evidence: Evidence) -> Reason:
    """Checks that the candidate answered a probability on every row."""
    every = np.concatenate([evidence.evaluated.candidate, evidence.anchors.candidate])
    wrong = int(np.count_nonzero(~((every >= 0) & (every <= 1))))
    if not len(evidence.evaluated.labels):
        return _decided("scores", False, "There are no rows to evaluate on.")
    verb = "no probability on" if wrong else "a probability on each of"
    count = f"{wrong:,} of {len(every):,}" if wrong else f"{len(every):,}"
    return _decided("scores", not wrong, f"The candidate answered {verb} {count} rows.")


def check_baseline_rate(evidence: Evidence) -> Reason:
    """Checks that the candidate beats the constant that needs no model, the training rate."""
    loss = evidence.candidate[OVERALL]["log_loss"]
    baseline = rate_log_loss(evidence.evaluated, evidence.training_rate)
    better = loss < baseline
    return _decided(
        "baseline_rate",
        better,
        f"Log loss {loss:.4f} on {evidence.evaluated.describe()} is {'' if better else 'not '}better than "
        f"{baseline:.4f}, that of always answering the training rate {evidence.training_rate:.3f}.",
    )


def rate_log_loss(rows: Rows, rate: float) -> float:
    """Returns the log loss of answering `rate` on every row; NaN of no rows."""
    return scores.log_loss(rows.labels, np.full(len(rows.labels), rate))


def check_bounds(evidence: Evidence, settings: EvaluationSettings) -> Reason:
    """Checks the configured bounds on the metrics of all rows together; a metric without a value fails."""
    wrong: list[str] = []
    right: list[str] = []
    for name, bound in settings.bounds.items():
        value = evidence.candidate[OVERALL].get(name, math.nan)
        low = -math.inf if bound.minimum is None else bound.minimum
        high = math.inf if bound.maximum is None else bound.maximum
        limits = [f"at least {low:g}"] * math.isfinite(low) + [f"at most {high:g}"] * math.isfinite(high)
        text = f"{name} {value:.4f} (must be {' and '.join(limits) or 'anything'})"
        (right if low <= value <= high else wrong).append(text)
    if wrong:
        return _decided("bounds", False, f"Outside its bound: {', '.join(wrong)}.")
    return _decided("bounds", True, f"Within its bound: {', '.join(right)}.")


def check_anchors(evidence: Evidence, settings: EvaluationSettings) -> Reason:
    """Checks that nothing was forgotten: log loss on rows of all spans, which no model is trained on."""
    rows = evidence.anchors
    if not len(rows.labels):
        return Reason("anchors", None, "not_checked", "Anchors were not checked: there are none.")
    loss = scores.log_loss(rows.labels, rows.candidate)
    if rows.champion is not None:
        limit = scores.log_loss(rows.labels, rows.champion) + settings.anchor_margin
        against = f"the champion's {limit - settings.anchor_margin:.4f} plus {settings.anchor_margin:g}"
    else:
        limit = rate_log_loss(rows, evidence.training_rate)
        against = f"{limit:.4f}, that of always answering the training rate"
    passed = loss <= limit
    verb = "is at most" if passed else "exceeds"
    return _decided(
        "anchors", passed, f"Log loss {loss:.4f} on {len(rows.labels):,} anchors {verb} {against}."
    )


def unseen_by(champion: Champion, rows: Rows) -> npt.NDArray[np.bool_]:
    """Returns which rows lie on days that the champion was not trained on, shape (rows,)."""
    if rows.days is None or not champion.trained_from or not champion.trained_to:
        return np.ones(len(rows.labels), bool)
    first, last = np.array(champion.trained_from), np.array(champion.trained_to)
    return np.asarray((rows.days < first) | (rows.days > last))


def compare(evidence: Evidence, settings: EvaluationSettings) -> Comparison:
    """Compares candidate and champion on the rows of days that the champion was not trained on."""
    if evidence.champion is None or evidence.evaluated.champion is None:
        return Comparison("no_champion")
    unseen = unseen_by(evidence.champion, evidence.evaluated)
    rows, left_out = evidence.evaluated.take(unseen), evidence.evaluated.take(~unseen)
    left_out_days = len(left_out.known_days())
    days = None if rows.days is None else len(rows.known_days())
    if not len(rows.labels) or rows.champion is None or (days is not None and days < settings.min_days):
        return Comparison("not_checked", days=days, rows=len(rows.labels), days_left_out=left_out_days)
    difference = scores.row_losses(rows.labels, rows.candidate) - scores.row_losses(
        rows.labels, rows.champion
    )
    made = intervals.mean_interval(difference, rows.groups(), settings.confidence)
    unit = f"{days} days" if days is not None else f"{made.groups} random groups of rows (no time column)"
    method = f"delete-one-group jackknife over {unit}, Student's t with {made.groups - 1} degrees of freedom"
    outcome: Outcome = "worse" if made.low > 0 else "better" if made.high < 0 else "inconclusive"
    return Comparison(outcome, made.estimate, made.ends(), days, len(rows.labels), left_out_days, method)


def check_champion(evidence: Evidence, settings: EvaluationSettings, comparison: Comparison) -> Reason:
    """Says what the comparison with the champion means for the candidate."""
    champion = evidence.champion
    if champion is None or comparison.outcome == "no_champion":
        why = f"The champion counts as absent: {champion.problem}" if champion else "There is no champion"
        return Reason("champion", None, "not_checked", f"{why}; the absolute checks stand alone.")
    left_out = ""
    if comparison.days_left_out:
        left_out = f" Days that the champion was trained on left the comparison: {comparison.days_left_out}."
    keep = settings.when_inconclusive == "keep"
    then = f" `when_inconclusive` says {settings.when_inconclusive}."
    undecided = False if keep else None
    if comparison.outcome == "not_checked" or comparison.difference is None or comparison.interval is None:
        why = f"{comparison.days or 0} of at least {settings.min_days} days were left to compare on."
        sentence = f"The champion was not compared with: {why}{left_out}{then}"
        return Reason("champion", undecided, "not_checked", sentence)
    low, high = comparison.interval
    figures = (
        f"log loss differs from the champion's by {comparison.difference:+.4f} on {comparison.rows:,} rows "
        f"({settings.confidence:.0%} interval {low:+.4f} to {high:+.4f}; {comparison.method})"
    )
    if comparison.outcome == "inconclusive":
        sentence = f"Inconclusive: {figures}.{left_out}{then}"
        return Reason("champion", undecided, "inconclusive", sentence)
    passed = comparison.outcome == "better"
    return _decided("champion", passed, f"{'Better' if passed else 'Worse'}: {figures}.{left_out}")


def check_slices(evidence: Evidence, settings: EvaluationSettings) -> Reason:
    """Checks that no slice of enough rows lost too much against the champion, or the training rate."""
    rows, rate = evidence.evaluated, evidence.training_rate
    if evidence.champion is not None and rows.champion is not None:
        unseen = rows.take(unseen_by(evidence.champion, rows))
        rows = unseen if len(unseen.labels) else dataclasses.replace(rows, champion=None)
    name = "the training rate's" if rows.champion is None else "the champion's"
    other = np.full(len(rows.labels), rate) if rows.champion is None else rows.champion
    increase = scores.row_losses(rows.labels, rows.candidate) - scores.row_losses(rows.labels, other)
    judged: list[tuple[float, int, str]] = []
    for cut, values in rows.slices.items():
        found, codes, counts = np.unique(values, return_inverse=True, return_counts=True)
        means = np.bincount(codes, increase) / counts
        large = zip(means, counts, found, strict=True)
        judged += [(float(m), int(n), f"{cut} {v}") for m, n, v in large if n >= settings.slice_min_rows]
    if not judged:
        sentence = f"Slices were not checked: none has {settings.slice_min_rows:,} rows."
        return Reason("slices", None, "not_checked", sentence)
    wrong = sorted((each for each in judged if not each[0] <= settings.slice_margin), reverse=True)
    if wrong:
        named = ", ".join(f"{where} by {mean:.4f} on {count:,} rows" for mean, count, where in wrong[:5])
        more = f" and {len(wrong) - 5} more" if len(wrong) > 5 else ""
        return _decided(
            "slices", False, f"Log loss exceeds {name} by more than {settings.slice_margin:g}: {named}{more}."
        )
    mean, count, where = max(judged)
    return _decided(
        "slices",
        True,
        f"Of {len(judged)} slices with at least {settings.slice_min_rows:,} rows none exceeds {name} log "
        f"loss by more than {settings.slice_margin:g}; the most is {mean:+.4f}, {where} on {count:,} rows.",
    )
