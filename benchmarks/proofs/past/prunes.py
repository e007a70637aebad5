"""`prune` of all that the backfill left, undisturbed and killed once: files, and rows of ledger and MLMD."""

import random
from collections.abc import Mapping
from contextlib import closing
from typing import Any, Final

from benchmarks.harness.code_copy import FLIGHTS, CodeCopy
from benchmarks.harness.resume import Result
from benchmarks.proofs.kills.homes import command, is_over, leftovers, live_answers, start
from benchmarks.proofs.past.content import content_of, differing
from benchmarks.proofs.past.places import ProofFolders
from perennial.store.ledger import Ledger
from pipeline.run.leftovers import TRASH

_ORDER: Final = ("prune", "flights")
# All is older than `keep` leaves.
_NOW: Final = "2099-01-01T00:00:00Z"
# Most of the time goes into imports: half of the moments are counted from the first folder that goes.
_AT_REMOVAL: Final = "the first removal"
_SINCE: Final = ("the start", _AT_REMOVAL)
_REMOVAL: Final = 0.3  # seconds that the removal takes, or more
_LOOK: Final = 0.001  # seconds between two looks
_KEEP: Final = ("window:\n", "keep: { models: 1 }\n\nwindow:\n")


def undisturbed(places: ProofFolders) -> Result:
    """A prune that nothing disturbs, with code that keeps few versions.

    Args:
        places: Where; its code is made.

    Returns:
        `seconds` that it took with its imports, its `end`, and how many of each kind it `removed`.

    Raises:
        StepFailed: It failed.
    """
    copy = CodeCopy(places.code, places.home)
    copy.renew_quick()
    copy.edit(FLIGHTS, *_KEEP)
    places.restore()
    seconds = places.run(*_ORDER, now=_NOW)
    with closing(Ledger(places.root / "ledger.db")) as ledger:
        record = ledger.prunes.last() or {}
    return {"seconds": seconds, "end": content_of(places.root), "removed": record.get("removed", {})}


def one_round(places: ProofFolders, calm: Result, before: Mapping[str, Any], chance: random.Random) -> Result:
    """Kills a prune once, prunes again to the end, and compares.

    Args:
        places: Where.
        calm: The undisturbed prune.
        before: Content of the root before it.
        chance: Of the moment.
    """
    places.restore()
    since = chance.choice(_SINCE)
    moment = chance.uniform(0, _REMOVAL if since == _AT_REMOVAL else calm["seconds"])
    process = start(places.home, *_ORDER, code=places.code, now=_NOW)
    while since == _AT_REMOVAL and not (places.root / TRASH).exists():
        if is_over(process, _LOOK):
            break
    kills = []
    if not is_over(process, moment):
        process.kill()
        process.wait()
        gone = _gone(content_of(places.root), before, calm["end"])
        answered = live_answers(places.home)
        at = f"{moment:.2f} s after {since}"
        kills.append({"at": at, "way": "the command", "gone": gone, "live_answered": answered})
    code = command(places.home, *_ORDER, code=places.code, now=_NOW)
    return {
        "kills": kills,
        "differs": [
            *([f"exit code {code}"] if code else []),
            *differing(content_of(places.root), calm["end"]),
        ],
        "live_answers": live_answers(places.home),
        "left": leftovers(places.home),
    }


def _gone(content: Mapping[str, Any], before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    """How much a killed prune had removed: nothing, a part, or all."""
    if content == before:
        return "nothing"
    return "all" if content == after else "a part"
