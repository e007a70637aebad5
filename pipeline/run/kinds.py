"""What a run can report of its spans in use, of its window and of the live version; one entry each."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class RunFinding:
    """A kind of finding that is no anomaly of one span's data.

    Attributes:
        means: What is the case.
        default: What the run does: `block` (DATA_BLOCKED before training), `warn` (an alert) or `note`.
        remedy: What to do about it.
    """

    means: str
    default: str
    remedy: str


STALE: Final = "LIVE_MODEL_STALE"
RUN_FINDINGS: Final[Mapping[str, RunFinding]] = {
    "later finding": RunFinding(
        means="an accepted span would be blocked or refused as settings, schema, code and baseline are now",
        default="note: it stays in use as it was read before",
        remedy="nothing, or undo the change; `spans NAME accept SPAN` has a blocked one read again",
    ),
    "contradiction": RunFinding(
        means="a span in use was read with another type of a column, label, task or time column, and cannot"
        " be read again",
        default="block",
        remedy="undo the change, fix the export, or `spans NAME reject SPAN`",
    ),
    "fewer rows": RunFinding(
        means="the rows to train on are fewer than (1 - `window.max_shrink`) of those of the live version,"
        " with the same settings of the window and without rows of rejected spans",
        default="block above 30% fewer",
        remedy="fix what is missing, or `run NAME --accept-fewer-rows --why REASON`",
    ),
    STALE: RunFinding(
        means="the live version was trained on a span that is rejected",
        default="warn, and the next run trains again",
        remedy="`run NAME`, or `rollback NAME`",
    ),
}
