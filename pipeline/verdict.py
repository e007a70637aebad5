"""The verdicts of a run: the exit code of each, and what a person does next."""

from collections.abc import Mapping
from typing import Final, Literal

Name = Literal["PUSHED", "KEPT", "NOTHING_NEW", "FAILED", "DATA_BLOCKED", "UNSERVABLE", "BUSY", "NO_MODEL"]
EXIT_CODES: Final[Mapping[Name, int]] = {
    "PUSHED": 0,
    "KEPT": 0,
    "NOTHING_NEW": 0,
    "FAILED": 1,
    "DATA_BLOCKED": 3,
    "UNSERVABLE": 4,
    "BUSY": 5,
    "NO_MODEL": 6,
}
NEXT: Final[Mapping[Name, str]] = {
    "PUSHED": "Serve it, or bring the former one back: `rollback {use_case} --why ...`.",
    "KEPT": "Nothing: the live model stays. `status {use_case}` shows what it was trained on.",
    "NOTHING_NEW": "Nothing, until another export lands.",
    "FAILED": "Mend what the reason says and run again; what was finished is used again.",
    "DATA_BLOCKED": "Mend the export, or judge it: `spans {use_case} accept|reject SPAN --why ...`.",
    "UNSERVABLE": "See the probe's reason; the candidate cannot be served as it was trained.",
    "BUSY": "Wait for the other run, or see `doctor`.",
    "NO_MODEL": "Make the model or the data better; nothing is live yet.",
}
