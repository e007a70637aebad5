"""What a run warns of whatever its verdict: each kind, what it means, what it does, what to do about it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

DATA_WARN: Final = "DATA_WARN"
LIVE_MODEL_FAILS: Final = "LIVE_MODEL_FAILS"
MODELS_FAIL_ON_SPAN: Final = "MODELS_FAIL_ON_SPAN"


@dataclass(frozen=True)
class WarningKind:
    """One kind; its alert has its name.

    Attributes:
        meaning: When it is there, the end of a sentence.
        action: What it does by default: `block` takes the span out of use.
        remedy: What to do, with `{use_case}` for the name.
    """

    meaning: str
    action: Literal["block", "warn"]
    remedy: str


WARNINGS: Final[Mapping[str, WarningKind]] = {
    LIVE_MODEL_FAILS: WarningKind(
        "on rows that it never saw the live model is surely worse than the baseline, or outside of"
        " `evaluation.bounds`",
        "warn",
        "Check the labels and columns of the newest span. If they are right, the model must change:"
        " run `rollback {use_case} --why ...`, or improve it and run again.",
    ),
    MODELS_FAIL_ON_SPAN: WarningKind(
        "the live model and the candidate both fail on the span's rows, and no live model was trained on it",
        "block",
        "Check the span's labels and columns and export it again, or run"
        " `spans {use_case} accept SPAN --why ...`.",
    ),
    DATA_WARN: WarningKind(
        "the newest span in use has a finding of the data gate that warns",
        "warn",
        "Look at the span's warning, then run `spans {use_case} accept|reject SPAN --why ...`.",
    ),
}
