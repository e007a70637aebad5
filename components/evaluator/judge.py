"""Decides whether a candidate may be pushed: checks over arrays and metrics, each with its figures.

The baseline and scikit-learn are in `worth.py`, slices in `slice_check.py`, warnings in `sanity.py`.
"""

import dataclasses
import math
from typing import Literal

import numpy as np

from components.evaluator.comparison import Comparison
from components.evaluator.evidence import Evidence, LiveModel
from components.evaluator.figures import figure
from components.evaluator.settings import ANCHOR_SHARE, OVERALL, EvaluationSettings
from perennial.text import plural

State = Literal["passed", "failed", "not_checked", "inconclusive", "warned", "noted"]


@dataclasses.dataclass(frozen=True)
class Reason:
    """One check's outcome.

    Attributes:
        check: One of `checks.CHECKS`.
        passed: False withholds the blessing; None is a check that could not be made or decided, and does not.
        state: What came out; `warned` and `noted` withhold nothing, and a push that was `warned` of says so.
        sentence: The same with its figures.
    """

    check: str
    passed: bool | None
    state: State
    sentence: str


def decided(check: str, passed: bool, sentence: str) -> Reason:
    """Returns the outcome of a check that either passed or failed."""
    return Reason(check, passed, "passed" if passed else "failed", sentence)


def check_scores(evidence: Evidence) -> Reason:
    """Checks that the candidate answered a probability (a finite number) on every row."""
    measures = evidence.measures
    every = np.concatenate(
        [measures.answered(each.candidate) for each in (evidence.evaluated, evidence.anchors)]
    )
    wrong = int(np.count_nonzero(~every))
    if not len(evidence.evaluated.labels):
        return decided("scores", False, "There are no rows to evaluate on.")
    name = measures.answer_name
    verb = f"no {name} for" if wrong else f"a {name} for each of"
    count = f"{wrong:,} of {len(every):,}" if wrong else f"{len(every):,}"
    why = ""
    if evidence.faults:
        errors, files = ", ".join(evidence.faults), " or ".join(evidence.code)
        why = f" An operation of {files} fails on some rows ({errors}): make it accept every row."
    return decided("scores", not wrong, f"The candidate gives {verb} {count} rows.{why}")


def check_bounds(evidence: Evidence, settings: EvaluationSettings) -> Reason:
    """Checks the configured bounds on the metrics of all rows together; a metric without a value fails."""
    wrong: list[str] = []
    right: list[str] = []
    for name, bound in settings.bounds.items():
        value = evidence.candidate[OVERALL].get(name, math.nan)
        low = -math.inf if bound.min is None else bound.min
        high = math.inf if bound.max is None else bound.max
        limits = [f"at least {low:,g}"] * math.isfinite(low) + [f"at most {high:,g}"] * math.isfinite(high)
        known = figure(name, value) if math.isfinite(value) else "has no value on these rows"
        text = f"{name} {known} (must be {' and '.join(limits) or 'any number'})"
        (right if low <= value <= high else wrong).append(text)
    if wrong:
        return decided("bounds", False, f"Outside its bound: {', '.join(wrong)}.")
    return decided("bounds", True, f"Within its bound: {', '.join(right)}.")


def check_anchors(evidence: Evidence, settings: EvaluationSettings) -> Reason:
    """Checks that nothing was forgotten: the loss on rows of all spans, which no model is trained on."""
    rows, measures, least = evidence.anchors, evidence.measures, settings.anchors.min_rows
    if len(rows.labels) < least:
        few = f"there are {len(rows.labels):,}, fewer than anchors.min_rows ({least:,})"
        why = few if len(rows.labels) else "there are no anchor rows"
        return Reason("anchors", None, "not_checked", f"Anchors were not checked: {why}.")
    loss, baseline = measures.loss(rows.labels, rows.candidate), evidence.baseline_loss(rows)
    if rows.champion is not None:
        theirs = measures.loss(rows.labels, rows.champion)
        margin = settings.anchors.max_increase
        if margin is None:
            margin = ANCHOR_SHARE * baseline
        limit = theirs + margin
        against = f"the champion's {measures.figure(theirs)} plus {margin:.3g}"
    else:
        limit = baseline
        named = measures.always_named(evidence.distribution)
        against = f"the baseline {measures.figure(limit)} (always predicting {named})"
    passed = loss <= limit
    verb = "is at most" if passed else "exceeds"
    sentence = f"{measures.title} {measures.figure(loss)} on {len(rows.labels):,} anchors {verb} {against}."
    return decided("anchors", passed, sentence)


def check_champion(evidence: Evidence, settings: EvaluationSettings, comparison: Comparison) -> Reason:
    """Says what the comparison with the champion means for the candidate."""
    champion = evidence.champion
    if champion is None or comparison.outcome == "no_champion":
        why = (
            f"The champion counts as absent: {champion.problem}"
            if champion
            else "No version is live to compare with"
        )
        return Reason("champion", None, "not_checked", f"{why}; only the absolute checks apply.")
    figures, left_out = _figures(evidence, comparison, settings), _left_out(evidence, comparison)
    left_out += _of_twin(champion)
    if comparison.outcome in ("better", "worse"):
        passed = comparison.outcome == "better"
        return decided(
            "champion",
            passed,
            f"{'Better' if passed else 'Worse'}: {figures}.{left_out}",
        )
    if comparison.difference is None or comparison.margin is None:
        return _without_rows(champion, settings, left_out)
    push = settings.champion.when_inconclusive == "push"
    then = f"`when_inconclusive` is {settings.champion.when_inconclusive}."
    state: State = "inconclusive" if comparison.outcome == "inconclusive" else "not_checked"
    if push:
        push = comparison.difference <= comparison.margin
        limit = (
            f"`champion.max_worse` allows ({evidence.measures.figure(comparison.margin, '+')}, "
            f"{100 * settings.champion.max_worse:.3g}% of the champion's {evidence.measures.loss_name}, "
            "or of the baseline's if that is lower)"
        )
        then = (
            f"This is no more than {limit}; {then}"
            if push
            else f"This is more than {limit}: the live model stays."
        )
    start = "Inconclusive" if state == "inconclusive" else f"Not decided, as {_too_few(comparison, settings)}"
    sentence = f"{start}: {figures}.{left_out} {then}"
    return Reason("champion", None if push else False, state, sentence)


def _without_rows(champion: LiveModel, settings: EvaluationSettings, left_out: str) -> Reason:
    """Where no row is left to compare on, a live model stays; of a stale one the setting decides."""
    start = f"Not compared with the champion: no row is left to compare on.{left_out}"
    if not champion.stale:
        then = "The live model stays until newer rows are there to compare on."
        return Reason("champion", False, "not_checked", f"{start} {then}")
    chosen = settings.champion.when_inconclusive
    then = (
        f"The live model was trained on rejected rows, so that `when_inconclusive` decides: it is {chosen}."
    )
    return Reason("champion", None if chosen == "push" else False, "not_checked", f"{start} {then}")


def _figures(evidence: Evidence, comparison: Comparison, settings: EvaluationSettings) -> str:
    """Writes the difference from the champion, with its interval where there is one."""
    if comparison.difference is None:
        return ""
    measures = evidence.measures
    ends = ""
    if comparison.interval is not None:
        low, high = (measures.figure(end, "+") for end in comparison.interval)
        ends = f" ({settings.champion.confidence:.0%} interval {low} to {high}; {comparison.method})"
    return (
        f"{measures.loss_name} differs from the champion's by {measures.figure(comparison.difference, '+')} "
        f"on {comparison.rows:,} rows{ends}"
    )


def _too_few(comparison: Comparison, settings: EvaluationSettings) -> str:
    if comparison.days is None:
        return f"there are too few rows for an interval ({comparison.rows:,})"
    days = plural(comparison.days, "day is", "days are")
    return f"{days} left to compare on, fewer than min_days ({settings.min_days})"


def _of_twin(champion: LiveModel) -> str:
    if not champion.twin:
        return ""
    return (
        f" The champion is the twin of version {champion.version}: the model that was judged before that"
        " version was refit on the judged rows."
    )


def _left_out(evidence: Evidence, comparison: Comparison) -> str:
    why = "left out because the champion was trained on them"
    if comparison.days_left_out:
        return f" Days {why}: {comparison.days_left_out}."
    seen = len(evidence.evaluated.labels) - comparison.rows
    return f" Rows {why}: {seen:,}." if seen else ""
