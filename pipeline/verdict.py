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
    "DATA_BLOCKED": "Fix the export, or run `spans {use_case} accept|reject SPAN --why ...`"
    " (an unreadable export cannot be accepted).",
    "UNSERVABLE": "Fix what the probe reports: the candidate cannot be served as it was trained.",
    "BUSY": "Wait for the other run to end, or run `doctor`.",
    "NO_MODEL": "Improve the model or the data, then run again; nothing is live yet.",
}
_FEWER_ROWS: Final = (
    "Fix what is missing, or accept it: `run {use_case} --accept-fewer-rows --why ...`; `spans {use_case}`"
    " shows each span."
)
_NO_EXPORT: Final = "Put an export there, then run `run {use_case}` again."


def next_step(verdict: Name, use_case: str, *, has_candidate: bool, fewer_rows: bool = False) -> str:
    """What a person does after a run of this verdict.

    Args:
        verdict: Its verdict.
        use_case: Its use case.
        has_candidate: Whether it trained a candidate.
        fewer_rows: Whether it was stopped because there are many fewer rows than the live version had.
    """
    text = _NEXT[verdict]
    if verdict == "NO_MODEL" and not has_candidate:
        text = _NO_EXPORT
    elif verdict == "DATA_BLOCKED" and fewer_rows:
        text = _FEWER_ROWS
    return text.format(use_case=use_case)
