"""What `evolve` prints for a person: the diff on top, then what to know and what to do next."""

from typing import Final

from commands.evolve.proposal import Proposal
from perennial.text import wrapped

_FIRST: Final = {
    "UNCHANGED": "UNCHANGED  The export fits the use case as it is: no file has to be edited.",
    "PROPOSED": "PROPOSED  Nothing was written.",
    "APPLIED": "APPLIED  The files above were written.",
    "BY_HAND": "BY_HAND  `evolve` cannot write this edit; nothing was written.",
    "QUESTION": "QUESTION  There is no edit before this is answered; nothing was written.",
    "REFUSED": "REFUSED  `evolve` cannot follow this; nothing was written.",
}


def block(proposal: Proposal) -> str:
    """The answer of `evolve`."""
    lines = [proposal.diff] if proposal.diff else []
    lines.append(_FIRST[proposal.verdict])
    sentences = (*proposal.refusals, *proposal.questions, *proposal.remarks, *_by_hand(proposal))
    lines += [wrapped(sentence) for sentence in (*sentences, *_check(proposal), *_next(proposal))]
    return "\n".join(lines)


def _by_hand(proposal: Proposal) -> list[str]:
    return [f"By hand: {sentence}" for sentence in proposal.by_hand]


def _check(proposal: Proposal) -> list[str]:
    if proposal.judgement is None:
        return []
    verdict, reasons = proposal.judgement["verdict"], proposal.judgement["reasons"]
    edit = " after the edit" if proposal.edits else ""
    sentences = [f"`check` of this export{edit}: {verdict}."]
    if verdict in ("BLOCK", "REFUSED"):
        sentences.append(
            "`evolve` accepts no other type, unit or content of a column; fix the export, or judge it as"
            " `check` says."
        )
        if proposal.changes.get("classes"):
            sentences.append(
                "Settle this before the next run: without these rows a model has a class that it never saw."
            )
    return [*sentences[:1], *reasons, *sentences[1:]]


def _next(proposal: Proposal) -> list[str]:
    by_hand = "make the edits after `By hand`, then " if proposal.by_hand else ""
    if proposal.verdict == "PROPOSED":
        return ["Next: run the same command with --apply, which writes the files."]
    if proposal.verdict == "APPLIED":
        return [f"Next: {by_hand}run `run {proposal.use_case}`, which reads the spans again and trains."]
    if proposal.verdict == "BY_HAND":
        return [f"Next: {by_hand}run the same command again."]
    return []
