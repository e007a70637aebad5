"""Whether a result is too good: rows that were trained on, or a column that gives the label away."""

import math
from collections.abc import Mapping
from typing import Final

from components.evaluator.evidence import Evidence, Metrics
from components.evaluator.figures import figure
from components.evaluator.judge import Reason
from components.evaluator.settings import OVERALL

# An AUC that is 1.000 as written, and a loss of at most this share of the baseline's.
_PERFECT_AUC: Final = 0.9995
_NO_LOSS: Final = 0.01


def note_too_good(evidence: Evidence, champion: Metrics | None) -> Reason | None:
    """Notes that the candidate or scikit-learn reached what no model should, and the champion does not.

    Args:
        evidence: What was scored.
        champion: The champion's metrics on the same rows, by slice; None without a champion.

    Returns:
        The note; None where nothing is suspicious. It withholds nothing: some tables are that easy.
    """
    baseline = evidence.baseline_loss(evidence.evaluated)
    yardstick = (evidence.yardstick or {}).get("metrics") or {}
    models = {
        "The candidate": evidence.candidate.get(OVERALL, {}),
        "scikit-learn": yardstick,
    }
    if champion and _perfect(champion.get(OVERALL, {}), evidence, baseline):
        return None
    perfect = {
        name: reached
        for name, metrics in models.items()
        if (reached := _perfect(metrics, evidence, baseline))
    }
    if not perfect:
        return None
    reached = " and ".join(f"{name} has {what}" for name, what in perfect.items())
    than = "the baseline and the champion are" if champion else "the baseline is"
    sentence = (
        f"Suspicious: on {evidence.evaluated.describe()} {reached}, and {than} far from that. Check that "
        "these rows are in no other span, and that no column is known only after the label."
    )
    return Reason("too_good", None, "noted", sentence)


def _perfect(metrics: Mapping[str, float], evidence: Evidence, baseline: float) -> str:
    """The metric that is as good as it can be, with its figure; empty where none is."""
    measures = evidence.measures
    auc, loss = metrics.get("auc"), metrics.get(measures.loss_metric)
    if auc is not None and math.isfinite(auc) and auc >= _PERFECT_AUC:
        return f"an AUC of {figure('auc', auc)}"
    if loss is not None and math.isfinite(loss) and loss <= _NO_LOSS * baseline:
        return f"a {measures.loss_name} of {measures.figure(loss)}"
    return ""
