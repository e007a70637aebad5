"""The checks before a push: what each means, what it does by default, and what to do about it."""

from dataclasses import dataclass
from typing import Final, Literal

Action = Literal["block", "warn", "note"]
# The one check that is not the Evaluator's, but the Agreement's.
REFIT: Final = "refit"


@dataclass(frozen=True)
class CheckKind:
    """One check.

    Attributes:
        meaning: What it looks at.
        default: What it does where it finds something: `block` withholds the push, `warn` opens an alert if
            the candidate is pushed, `note` is written beside the verdict.
        advice: What to do.
        alert: The kind of the ledger's alert; "" where it opens none.
    """

    meaning: str
    default: Action
    advice: str
    alert: str = ""


# In the order in which a person reads them.
CHECKS: Final[dict[str, CheckKind]] = {
    "scores": CheckKind(
        "the candidate gives a probability, or a finite number, for every judged row and anchor",
        "block",
        "Fix the use case's transform or network so that it accepts every row.",
    ),
    "baseline": CheckKind(
        "its loss is below that of always predicting what the training rows' labels are on the whole",
        "block",
        "Check the label and the columns: the model learned nothing that holds on the judged rows.",
    ),
    "yardstick": CheckKind(
        "its loss beside that of scikit-learn's default boosting or linear model, whichever is better",
        "note",
        "If scikit-learn is better, look at features and hyperparameters.",
    ),
    "too_good": CheckKind(
        "an AUC of 1.000, or a loss of at most 1% of the baseline's, that the live model does not reach",
        "note",
        "Check that the judged rows are in no other span, and that no column is known only after the label.",
    ),
    "one_class": CheckKind(
        "the judged rows have more than one label",
        "block",
        "Raise `window.eval_days` or `window.eval_min_rows`, or wait for more exports.",
    ),
    "bounds": CheckKind(
        "its metrics are within `evaluation.bounds`",
        "block",
        "Find out why the metric changed; change the bound only if it was wrong.",
    ),
    "anchors": CheckKind(
        "its loss on rows of all spans that no model is trained on is at most the champion's plus "
        "`anchors.max_log_loss_increase` or `anchors.max_rmse_increase`",
        "block",
        "Look for what the newest spans made the model forget; widen `window.spans`.",
    ),
    "champion": CheckKind(
        "its loss is not above that of the live model: by the interval from 5 days on; else, with "
        "`when_inconclusive: push`, at most by `champion.max_worse` of that loss, or the baseline's if "
        "lower. Where no row is left to compare on, the live model stays; if it was trained on rejected "
        "spans, `when_inconclusive` decides",
        "block",
        "Nothing, if the live model is still good. Raise `window.eval_days` to decide on more days; where "
        "no row is left to compare on, hand in newer ones.",
    ),
    "live": CheckKind(
        "the live model is within `evaluation.bounds` and beats the baseline on rows that it was not trained "
        "on; it withholds nothing from the candidate",
        "note",
        "See LIVE_MODEL_FAILS: check the newest labels and columns.",
    ),
    "slices": CheckKind(
        "on no slice of enough rows its loss exceeds the champion's by more than `slice_bounds.max_increase` "
        "of the champion's loss on all rows, significantly so among all slices (Holm)",
        "block",
        "Look at the rows of the slice that the report names.",
    ),
    "calibration": CheckKind(
        "mean prediction divided by mean label is within 0.8 to 1.25; of several classes, of each; of "
        "numbers, where none is below 0. Only noted where the interval reaches inside",
        "warn",
        "Do not use predictions as probabilities or totals before you have checked them on newer rows.",
        "CALIBRATION",
    ),
    "classes": CheckKind(
        "each class with at least 10 judged rows is predicted for at least one of them (recall above 0)",
        "warn",
        "Set `evaluation.threshold` to what a wrong answer costs, or use the probabilities.",
        "CLASS_NEVER_PREDICTED",
    ),
    REFIT: CheckKind(
        "with `training.refit: true`, the model that is trained anew on the judged rows, too, agrees with "
        "the candidate within `training.agreement`, and its loss on the anchors is at most the candidate's "
        "plus what `evaluation.anchors` allows; else the candidate is pushed in its place",
        "warn",
        "Look at the newest days: they changed the model more than expected. Widen `training.agreement` if "
        "they are right.",
        "REFIT_DISAGREES",
    ),
}
