"""Whether the evaluated rows have more than one label; with one, models cannot be compared."""

import numpy as np

from components.evaluator.evidence import Evidence
from components.evaluator.judge import Reason


def check_one_class(evidence: Evidence) -> Reason | None:
    """Checks that the evaluated rows do not all have one label; None where they do not.

    A metric such as AUC or R² has no value then, and the rows say nothing of how a model separates.
    """
    task, labels = evidence.task, evidence.evaluated.labels
    if not len(labels) or np.any(labels != labels[0]):
        return None
    label = f"the label {task.classes[int(labels[0])]}" if task.classes else "the same label"
    more = "window.eval_min_rows"
    if evidence.evaluated.days is not None:
        more = f"window.eval_days or {more}"
    return Reason(
        "one_class",
        False,
        "failed",
        f"All {evidence.evaluated.describe()} that are evaluated on have {label}; "
        "a model can only be judged by rows of at least two. "
        f"Raise {more}, or wait for more exports.",
    )
