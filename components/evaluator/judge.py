"""Decides whether a candidate may be pushed: checks over arrays and metrics, each with its figures."""

import dataclasses
import math
from collections.abc import Mapping
from typing import Final, Literal

import numpy as np

from components.evaluator.comparison import Comparison, unseen_by
from components.evaluator.evidence import Evidence
from components.evaluator.figures import figure
from components.evaluator.measures import relation
from components.evaluator.settings import OVERALL, EvaluationSettings
from perennial.task import Kind

State = Literal["passed", "failed", "not_checked", "inconclusive", "noted"]
# Where a regression's settings give no margin, as shares of what always answering the mean costs: about what
# the binary defaults, 0.01 and 0.15, are of the log loss of flights' rate, 0.5.
_ANCHOR_SHARE = 0.02
_SLICE_SHARE = 0.3
_CONSTANT: Final[Mapping[Kind, str]] = {
    "binary": "training rate",
    "multiclass": "class frequencies",
    "regression": "training mean",
}


@dataclasses.dataclass(frozen=True)
class Reason:
    """One check's outcome.

    Attributes:
        check: `scores`, `baseline`, `yardstick`, `bounds`, `anchors`, `champion`, `slices` or `live`.
        passed: False withholds the blessing; None is a check that could not be made or decided, and does not.
        state: What came out; `noted` is no check but something to know.
        sentence: The same with its figures.
    """

    check: str
    passed: bool | None
    state: State
    sentence: str


def _decided(check: str, passed: bool, sentence: str) -> Reason:
    return Reason(check, passed, "passed" if passed else "failed", sentence)


def check_scores(evidence: Evidence) -> Reason:
    """Checks that the candidate answered a probability (a finite number) on every row."""
    measures = evidence.measures
    every = np.concatenate(
        [measures.answered(each.candidate) for each in (evidence.evaluated, evidence.anchors)]
    )
    wrong = int(np.count_nonzero(~every))
    if not len(evidence.evaluated.labels):
        return _decided("scores", False, "There are no rows to evaluate on.")
    name = measures.answer_name
    verb = f"no {name} for" if wrong else f"a {name} for each of"
    count = f"{wrong:,} of {len(every):,}" if wrong else f"{len(every):,}"
    why = ""
    if evidence.faults:
        errors, files = ", ".join(evidence.faults), " or ".join(evidence.code)
        why = f" An operation of {files} fails on some rows ({errors}): make it accept every row."
    return _decided("scores", not wrong, f"The candidate gives {verb} {count} rows.{why}")


def check_baseline(evidence: Evidence) -> Reason:
    """Checks that the candidate beats the constant that needs no model, such as the training rate."""
    measures = evidence.measures
    loss = evidence.candidate[OVERALL][measures.loss_metric]
    baseline = evidence.baseline_loss(evidence.evaluated)
    return _decided(
        "baseline",
        loss < baseline,
        f"{measures.title} {measures.figure(loss)} on {evidence.evaluated.describe()} is "
        f"{relation(loss, baseline)} the baseline {measures.figure(baseline)} (always predicting "
        f"{measures.always_named(evidence.distribution)}).",
    )


def note_yardstick(evidence: Evidence) -> Reason | None:
    """Says how the candidate compares with scikit-learn on the same rows; None where that was not asked."""
    yardstick = evidence.yardstick
    if yardstick is None:
        return None
    name = "scikit-learn's default gradient boosting"
    measures = evidence.measures
    theirs = yardstick["metrics"].get(measures.loss_metric)
    if yardstick["why"] or theirs is None:
        why = yardstick["why"] or f"it has no {measures.loss_name}."
        return Reason("yardstick", None, "not_checked", f"Not compared with {name}: {why}")
    loss = evidence.candidate[OVERALL][measures.loss_metric]
    rows = f"{yardstick['rows']:,} rows"
    same = f"the same {rows}" if yardstick["rows"] == len(evidence.evaluated.labels) else rows
    return Reason(
        "yardstick",
        None,
        "noted",
        f"{measures.title} {measures.figure(loss)} is {relation(loss, theirs)} that of {name} "
        f"({measures.figure(theirs)}), fitted to {yardstick['train_rows']:,} rows, on {same}.",
    )


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
        return _decided("bounds", False, f"Outside its bound: {', '.join(wrong)}.")
    return _decided("bounds", True, f"Within its bound: {', '.join(right)}.")


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
            margin = _ANCHOR_SHARE * baseline
        limit = theirs + margin
        against = f"the champion's {measures.figure(theirs)} plus {margin:.3g}"
    else:
        limit = baseline
        named = measures.always_named(evidence.distribution)
        against = f"the baseline {measures.figure(limit)} (always predicting {named})"
    passed = loss <= limit
    verb = "is at most" if passed else "exceeds"
    sentence = f"{measures.title} {measures.figure(loss)} on {len(rows.labels):,} anchors {verb} {against}."
    return _decided("anchors", passed, sentence)


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
    left_out = ""
    if comparison.days_left_out:
        left_out = f" Days left out because the champion was trained on them: {comparison.days_left_out}."
    keep = settings.champion.when_inconclusive == "keep"
    then = f" `when_inconclusive` is {settings.champion.when_inconclusive}."
    undecided = False if keep else None
    if comparison.outcome == "not_checked" or comparison.difference is None or comparison.interval is None:
        why = f"{comparison.days} days are left to compare on, fewer than min_days ({settings.min_days})."
        if comparison.days is None:
            why = f"there are too few rows for an interval ({comparison.rows:,})."
        sentence = f"Not compared with the champion: {why}{left_out}{then}"
        return Reason("champion", undecided, "not_checked", sentence)
    measures = evidence.measures
    low, high = (measures.figure(end, "+") for end in comparison.interval)
    figures = (
        f"{measures.loss_name} differs from the champion's by {measures.figure(comparison.difference, '+')} "
        f"on {comparison.rows:,} rows ({settings.champion.confidence:.0%} interval {low} to {high};"
        f" {comparison.method})"
    )
    if comparison.outcome == "inconclusive":
        sentence = f"Inconclusive: {figures}.{left_out}{then}"
        return Reason("champion", undecided, "inconclusive", sentence)
    passed = comparison.outcome == "better"
    return _decided("champion", passed, f"{'Better' if passed else 'Worse'}: {figures}.{left_out}")


def check_slices(evidence: Evidence, settings: EvaluationSettings) -> Reason:
    """Checks that no slice of enough rows lost too much against the champion, or a constant answer."""
    rows, measures = evidence.evaluated, evidence.measures
    if evidence.champion is not None and rows.champion is not None:
        unseen = rows.take(unseen_by(evidence.champion, rows))
        rows = unseen if len(unseen.labels) else dataclasses.replace(rows, champion=None)
    always = measures.always(evidence.distribution, len(rows.labels))
    other = always if rows.champion is None else rows.champion
    against = (
        "the champion" if rows.champion is not None else f"the baseline ({_CONSTANT[evidence.task.kind]})"
    )
    margin = settings.slice_bounds.max_increase
    if margin is None:
        margin = _SLICE_SHARE * measures.loss(rows.labels, always)
    losses = [measures.row_losses(rows.labels, each) for each in (rows.candidate, other)]
    judged: list[tuple[float, int, str]] = []
    for cut, values in rows.slices.items():
        names, codes, counts = np.unique(values, return_inverse=True, return_counts=True)
        large = zip(measures.differences(codes, *losses), counts, names, strict=True)
        judged += [
            (float(m), int(n), f"{cut} {v}") for m, n, v in large if n >= settings.slice_bounds.min_rows
        ]
    if not judged:
        none = (
            f"no slice has {settings.slice_bounds.min_rows:,} rows"
            if rows.slices
            else "no slices are configured"
        )
        return Reason("slices", None, "not_checked", f"Slices were not checked: {none}.")
    return _slices_judged(judged, margin, against, evidence, settings)


def _slices_judged(
    judged: list[tuple[float, int, str]],
    margin: float,
    against: str,
    evidence: Evidence,
    settings: EvaluationSettings,
) -> Reason:
    """Says which slices lost too much, or which lost the most."""
    measures = evidence.measures
    wrong = sorted((each for each in judged if not each[0] <= margin), reverse=True)
    if wrong:
        named = ", ".join(
            f"{where} by {measures.figure(more)} on {count:,} rows" for more, count, where in wrong[:5]
        )
        others = f" and {len(wrong) - 5} more" if len(wrong) > 5 else ""
        sentence = f"{measures.title} exceeds that of {against} by more than {margin:.3g}: {named}{others}."
        return _decided("slices", False, sentence)
    most, count, where = max(judged)
    one = len(judged) == 1
    size = f"of at least {settings.slice_bounds.min_rows:,} rows"
    slices = f"the one slice {size}" if one else f"all {len(judged)} slices {size}"
    if most < 0:
        closest = f"closest: {where}, by {measures.figure(-most)} on {count:,} rows"
        verb = "beats" if one else "beat"
        return _decided("slices", True, f"{slices[0].upper()}{slices[1:]} {verb} {against}; {closest}.")
    highest = f"highest: {where}, {measures.figure(most, '+')} on {count:,} rows"
    within = f"{measures.loss_name} is at most {margin:.3g} above that of {against}"
    return _decided("slices", True, f"In {slices} {within}; {highest}.")
