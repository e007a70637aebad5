"""What is shown of a backfill that has not ended, and the command that goes on with it."""

from typing import Any

from perennial.store.backfills import OpenBackfill


def command_of(use_case: str, backfill: OpenBackfill) -> str:
    """The command that continues a backfill."""
    each = " --each" if backfill.is_each else ""
    return f"backfill {use_case} --from {backfill.first} --to {backfill.last} --which {backfill.which}{each}"


def open_sentence(use_case: str, backfill: OpenBackfill, *, is_running: bool = False) -> str:
    """That a backfill has not ended, and what to do; `is_running`: a run of the use case is in progress."""
    count = len(backfill.left) + len(backfill.done)
    sentence = (
        f"The backfill {backfill.first} to {backfill.last} ({backfill.which}), begun {backfill.began} by"
        f" {backfill.who}, has not ended: {len(backfill.left)} of {count} spans are left."
    )
    if is_running:
        return sentence
    return (
        f"{sentence} Run `{command_of(use_case, backfill)}` to go on, or `backfill {use_case} --cancel` to"
        " give it up."
    )


def open_json(backfill: OpenBackfill) -> dict[str, Any]:
    """The values of JSON of a backfill that has not ended."""
    return {
        "from": backfill.first,
        "to": backfill.last,
        "which": backfill.which,
        "each": backfill.is_each,
        "began": backfill.began,
        "who": backfill.who,
        "done": list(backfill.done),
        "left": list(backfill.left),
    }
