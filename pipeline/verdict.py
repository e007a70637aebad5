"""The verdicts of a run: the exit code of each, and the next step."""

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
_NEXT: Final[Mapping[Name, str]] = {
    "PUSHED": "Run `serve {use_case}`, or go back: `rollback {use_case} --why ...`.",
    "KEPT": "Nothing to do: the live model stays. `status {use_case}` shows what it was trained on.",
    "NOTHING_NEW": "Nothing to do until another export arrives.",
    "FAILED": "Fix the cause, then run again; finished steps are reused.",
    "DATA_BLOCKED": "Fix the export (`land {use_case} FILE --replace`), or run"
    " `spans {use_case} accept|reject SPAN --why ...` (an unreadable export cannot be accepted).",
    "UNSERVABLE": "Fix what the probe reports: the candidate cannot be served as it was trained.",
    "BUSY": "Wait for the other run to end, or run `doctor`.",
    "NO_MODEL": "Improve the model or the data, then run again; nothing is live yet.",
}
_NO_EXPORT: Final = "Hand in an export with `land {use_case} FILE`, then run `run {use_case}` again."


def next_step(verdict: Name, use_case: str, *, has_candidate: bool) -> str:
    """What a person does after a run of this verdict; `has_candidate` says whether it trained one."""
    text = _NO_EXPORT if verdict == "NO_MODEL" and not has_candidate else _NEXT[verdict]
    return text.format(use_case=use_case)
