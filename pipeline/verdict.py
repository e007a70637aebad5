"""The verdicts of a run: the exit code of each, and the next step."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Literal

from components.evaluator.checks import CHECKS
from perennial.text import spans_text
from pipeline.finding_kinds import LIVE_MODEL_FAILS, WARNINGS

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
_FEWER_ROWS: Final = (
    "Fix what is missing, or accept it: `run {use_case} --accept-fewer-rows --why ...`; `spans {use_case}`"
    " shows each span."
)
# Of what a run warns of, in the order of its weight.
_REMEDIES: Final[Mapping[str, str]] = {
    **{kind: each.remedy for kind, each in WARNINGS.items()},
    **{each.alert: each.advice for each in CHECKS.values() if each.alert},
}
# After these a person may think that there is nothing to do.
_CALM: Final = ("PUSHED", "KEPT", "NOTHING_NEW")
_LABELS: Final = "Run `land {use_case} FILE --replace` once the labels of {spans} are there."
_NO_EXPORT: Final = "Hand in an export with `land {use_case} FILE`, then run `run {use_case}` again."


def next_step(
    verdict: Name,
    use_case: str,
    *,
    has_candidate: bool,
    fewer_rows: bool = False,
    warnings: Iterable[str] = (),
    unlabelled: Sequence[str] = (),
) -> str:
    """What a person does after a run.

    Args:
        verdict: Of the run.
        use_case: Its name.
        has_candidate: Whether the run trained a candidate.
        fewer_rows: Whether it was stopped because there are many fewer rows than the live version had.
        warnings: The kinds of its warnings; the first one's remedy stands in the place of "nothing to do".
        unlabelled: The spans that wait for their labels.
    """
    # A live model that fails and was replaced needs nothing, least of all a rollback.
    kinds = set(warnings) - ({LIVE_MODEL_FAILS} if verdict == "PUSHED" else set())
    first = next((remedy for kind, remedy in _REMEDIES.items() if kind in kinds), None)
    text = _NEXT[verdict]
    if first and verdict in _CALM:
        text = first
    elif unlabelled and (verdict in ("KEPT", "NOTHING_NEW") or (verdict == "NO_MODEL" and not has_candidate)):
        return when_labelled(use_case, unlabelled)
    elif verdict == "NO_MODEL" and not has_candidate:
        text = _NO_EXPORT
    elif verdict == "DATA_BLOCKED" and fewer_rows:
        text = _FEWER_ROWS
    return text.format(use_case=use_case)


def when_labelled(use_case: str, spans: Sequence[str]) -> str:
    """What a person does about spans that wait for their labels."""
    return _LABELS.format(use_case=use_case, spans=spans_text(spans))
