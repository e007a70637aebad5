"""Whether the live model fails on rows that it never saw, and spans on which no model is of use.

A model fails where it surely is worse than the baseline, which needs no model, or outside of an absolute
bound: where the interval says so. It resamples rows, not days: the question is how the model does on these
rows, not on others. Whether a candidate is pushed does not follow from this.
"""

from collections.abc import Callable, Iterator
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from components.evaluator import intervals
from components.evaluator.comparison import unseen_by
from components.evaluator.evidence import Evidence, Rows
from components.evaluator.figures import figure
from components.evaluator.judge import Reason
from components.evaluator.settings import EvaluationSettings
from perennial import scores

CHECK: Final = "live"
# Of fewer rows nothing is said for sure.
FEWEST_ROWS: Final = 30

Array = npt.NDArray[Any]


def check_live(evidence: Evidence, settings: EvaluationSettings) -> Reason | None:
    """Says whether the live model fails; it never withholds the blessing. None: there is no live model."""
    rows = _fresh(evidence)
    if rows is None or rows.champion is None or evidence.champion is None:
        return None
    name = f"The live model (version {evidence.champion.version})"
    if len(rows.labels) < FEWEST_ROWS:
        few = f"of the evaluated rows only {len(rows.labels):,} are new to it, fewer than {FEWEST_ROWS}"
        return Reason(CHECK, None, "not_checked", f"{name} was not checked: {few}.")
    where = f"on {rows.describe()} that it was not trained on"
    faults = list(_faults(rows.champion, rows, evidence, settings))
    sure = [sentence for certain, sentence in faults if certain]
    if sure:
        return Reason(CHECK, None, "failed", f"{name} fails {where}: {', '.join(sure)}.")
    if faults:
        listed = ", ".join(sentence for _, sentence in faults)
        noise = "but so few rows do not show it for sure"
        return Reason(CHECK, None, "inconclusive", f"{name} may fail {where}: {listed}; {noise}.")
    return Reason(CHECK, None, "passed", f"{name} holds its bounds and beats the baseline {where}.")


def failing_spans(evidence: Evidence, settings: EvaluationSettings) -> list[dict[str, Any]]:
    """Returns the spans on whose rows the live model fails for sure, and the candidate fails, too.

    The candidate may have learned from other rows of the span: where even that does not help, its labels or
    its columns are not what they were.

    Returns:
        Of each span: `span`, `rows` (how many were judged) and `sentence`.
    """
    fresh = _fresh(evidence)
    if fresh is None or fresh.spans is None:
        return []
    failing = []
    for span in np.unique(fresh.spans):
        rows = fresh.take(fresh.spans == span)
        if rows.champion is None or len(rows.labels) < FEWEST_ROWS:
            continue
        live = [text for sure, text in _faults(rows.champion, rows, evidence, settings) if sure]
        candidate = [text for _, text in _faults(rows.candidate, rows, evidence, settings)]
        if live and candidate:
            sentence = (
                f"Every model fails on span {span}, {len(rows.labels):,} rows judged. The live model:"
                f" {', '.join(live)}. The candidate: {', '.join(candidate)}."
            )
            failing.append({"span": str(span), "rows": len(rows.labels), "sentence": sentence})
    return failing


def _fresh(evidence: Evidence) -> Rows | None:
    """The evaluated rows that the live model was not trained on; None without a live model that answers."""
    if evidence.champion is None or evidence.evaluated.champion is None:
        return None
    return evidence.evaluated.take(unseen_by(evidence.champion, evidence.evaluated))


def _faults(
    answers: Array, rows: Rows, evidence: Evidence, settings: EvaluationSettings
) -> Iterator[tuple[bool, str]]:
    """Yields what is wrong with a model's answers, and whether that is sure."""
    measures, labels = evidence.measures, rows.labels
    groups, confidence = intervals.random_groups(len(labels)), settings.champion.confidence
    always = measures.always(evidence.distribution, len(labels))
    ours, theirs = (measures.row_losses(labels, each) for each in (answers, always))
    made = measures.difference(ours, theirs, groups, confidence)
    if made.estimate > 0:
        loss, baseline = (measures.figure(measures.whole(each)) for each in (ours, theirs))
        text = f"{measures.loss_name} {loss} is above the baseline {baseline}"
        yield made.low > 0, f"{text} (always predicting {measures.always_named(evidence.distribution)})"
    for name, bound in settings.bounds.items():
        metric = scores.BY_NAME[measures.kind].get(name)
        if metric is None:  # precision and recall follow from a threshold, not from the model alone
            continue
        interval = _interval(metric, labels, answers, groups, confidence)
        known = figure(name, interval.estimate)
        if bound.min is not None and interval.estimate < bound.min:
            yield interval.high < bound.min, f"{name} {known} (must be at least {bound.min:,g})"
        if bound.max is not None and interval.estimate > bound.max:
            yield interval.low > bound.max, f"{name} {known} (must be at most {bound.max:,g})"


def _interval(
    metric: Callable[[Array, Array], float], labels: Array, answers: Array, groups: Array, confidence: float
) -> intervals.Interval:
    return intervals.jackknife(lambda keep: metric(labels[keep], answers[keep]), groups, confidence)
