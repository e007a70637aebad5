"""What a run reports beside a span's anomalies: each kind, its meaning, its default, and what to do."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

CANDIDATE_WAITS: Final = "CANDIDATE_WAITS"
DATA_WARN: Final = "DATA_WARN"
DRIFT_ALARM: Final = "DRIFT_ALARM"
LIVE_MODEL_FAILS: Final = "LIVE_MODEL_FAILS"
LIVE_MODEL_STALE: Final = "LIVE_MODEL_STALE"
MODELS_FAIL_ON_SPAN: Final = "MODELS_FAIL_ON_SPAN"
SPAN_MISSING: Final = "SPAN_MISSING"


@dataclass(frozen=True)
class FindingKind:
    """One kind; an alert about it has its name.

    Attributes:
        meaning: What is the case, the end of a sentence.
        default: What it does: `block`, `warn` (an alert) or `note`, with what follows.
        remedy: What to do, with `{use_case}` for the name.
    """

    meaning: str
    default: str
    remedy: str


# In the order of their weight: of several, a run names the remedy of the first.
WARNINGS: Final[Mapping[str, FindingKind]] = {
    CANDIDATE_WAITS: FindingKind(
        "a candidate passed and is not pushed yet: `schedule.push` is ask, or `schedule.freeze` has this day",
        "warn, until it is pushed, replaced by a newer one, or void",
        "Run `approve {use_case} --why ...` to make it live; `report {use_case} RUN` shows the page of its"
        " run.",
    ),
    LIVE_MODEL_FAILS: FindingKind(
        "on rows that it never saw the live model is surely worse than the baseline, or outside of"
        " `evaluation.bounds`",
        "warn",
        "Check the labels and columns of the newest span. If they are right, the model must change:"
        " run `rollback {use_case} --why ...`, or improve it and run again.",
    ),
    LIVE_MODEL_STALE: FindingKind(
        "the live version was trained on a span that is rejected",
        "warn; the next run trains without the span, once",
        "Choose what the message of LIVE_MODEL_STALE names: `run {use_case}`, if no run has trained without"
        " the span yet, else a rollback, a setting, or more rows.",
    ),
    MODELS_FAIL_ON_SPAN: FindingKind(
        "the live model and the candidate both fail on the span's rows, and no live model was trained on it",
        "block: the span is out of use",
        "Check the span's labels and columns and export it again, or run"
        " `spans {use_case} accept SPAN --why ...`.",
    ),
    DRIFT_ALARM: FindingKind(
        "days of the newest judged span are further from those before than the stated rate of false alarms"
        " lets chance go; one for each cause",
        "warn, until a newer span is judged without it or a person judges the span; `drift.policy`",
        "Look at what the message names. If it is wrong, fix the export; if the world has changed, run"
        " `spans {use_case} accept SPAN --why ...`: later days are compared with these then.",
    ),
    DATA_WARN: FindingKind(
        "the newest span in use has a finding of the data gate that warns",
        "warn",
        "Look at the span's warning, then run `spans {use_case} accept|reject SPAN --why ...`.",
    ),
    SPAN_MISSING: FindingKind(
        "a span is missing between two that are there",
        "warn; `exports.gap`: with `wait` the spans after it are not read, with `skip` nothing is alerted",
        "Export the missing span, or run `spans {use_case} reject SPAN --why ...` if it never comes.",
    ),
}
OF_WINDOW: Final[Mapping[str, FindingKind]] = {
    "later finding": FindingKind(
        "an accepted span would be blocked or refused as settings, schema, code and baseline are now",
        "note: it stays in use as it was read before",
        "Nothing, or undo the change; `spans {use_case} accept SPAN --why ...` has a blocked one read again.",
    ),
    "contradiction": FindingKind(
        "a span in use was read with another type of a column, label, task or time column, and cannot be read"
        " again",
        "block before training",
        "Undo the change, fix the export, or run `spans {use_case} reject SPAN --why ...`.",
    ),
    "fewer rows": FindingKind(
        "the rows to train on are fewer than (1 - `window.max_shrink`) of those of the live version, with the"
        " same settings of the window and without rows of rejected spans",
        "block before training, above 30% fewer",
        "Fix what is missing, or run `run {use_case} --accept-fewer-rows --why ...`.",
    ),
}
