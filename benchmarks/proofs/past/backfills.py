"""`backfill --each` of three months, undisturbed and killed several times: versions, verdicts and spans."""

import random
import shutil
from contextlib import closing
from typing import Any, Final

from benchmarks.harness.code_copy import FLIGHTS, CodeCopy
from benchmarks.harness.resume import Result
from benchmarks.proofs.kills.homes import command, copy, leftovers, live_answers, running, state
from benchmarks.proofs.past.content import content_of, differing
from benchmarks.proofs.past.places import MONTHS, ProofFolders
from perennial.store.ledger import Ledger
from pipeline import files_lock

_ORDER: Final = ("backfill", "flights", *MONTHS, "--each")
# Done: every month has a better model, or one has none that is good enough.
_DONE: Final = (0, 6)
# So that every month becomes a version, and `prune` has one to remove.
_LENIENT: Final = ("when_inconclusive: push", "when_inconclusive: push, max_worse: 0.5")
# Runs with nothing new, more than the newest ten, which stay whatever their age.
_IDLE: Final = 12


def undisturbed(places: ProofFolders) -> Result:
    """A backfill that nothing disturbs, then runs with nothing new.

    Meanwhile the lock on the files is held, as a backup does: so no run prunes, and `prune` has something
    to remove later.

    Args:
        places: Where; its code is made.

    Returns:
        `seconds` that the backfill took, its `end`, and the `content` of the root after all runs.

    Raises:
        StepFailed: A command failed.
    """
    code = CodeCopy(places.code, places.home)
    code.renew_quick()
    code.edit(FLIGHTS, *_LENIENT)
    places.land()
    places.root.mkdir(mode=0o700, exist_ok=True)
    with files_lock.shared(places.root):
        seconds = places.run(*_ORDER, codes=_DONE)
        end = _end(places)
        for _ in range(_IDLE):
            places.run("run", "flights")
    shutil.rmtree(places.undisturbed, ignore_errors=True)
    copy(places.home, places.undisturbed)
    return {"seconds": seconds, "end": end, "content": content_of(places.root)}


def one_round(places: ProofFolders, calm: Result, chance: random.Random, most: int) -> Result:
    """Kills a backfill, up to so many times, lets it end, and compares."""
    places.land()
    kills = places.kill(_ORDER, places.root / "lock", calm["seconds"], chance, most)
    code = command(places.home, *_ORDER, code=places.code)
    failed = [] if code in _DONE else [f"exit code {code}"]
    return {
        "kills": kills,
        "differs": [*failed, *differing(_end(places), calm["end"])],
        "live_answers": live_answers(places.home),
        "left": [
            *leftovers(places.home),
            *(["an execution that is RUNNING"] if running(places.home) else []),
        ],
    }


def _end(places: ProofFolders) -> dict[str, Any]:
    """Versions and verdicts; each span with its versions and verdict; and whether a backfill is open."""
    with closing(Ledger(places.root / "ledger.db")) as ledger:
        spans = {
            span: [[version.version, version.state, version.rows] for version in versions]
            for span, versions in sorted(ledger.spans.versions().items())
        }
        is_open = ledger.backfills.open() is not None
    return {**state(places.home), "spans": spans, "is_open": is_open}
