"""Kills backfills at random moments, goes on by the same command, and compares with an undisturbed one.

Three months of flights land, and `backfill --each` reads and trains month after month. Each round kills it
several times: SIGKILL hits the command, its tree or the chain's process alone, or SIGTERM the command. After
each it is checked that what is live answers; at the end of each round that versions, metrics, verdicts and
spans are those of the undisturbed one, that no backfill is open, and that nothing is left over.

Stopped, it goes on where it was when it is started again with the same code; see `HOME/results`.
"""

import argparse
import json
import random
import shutil
import sys
import time
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any, Final

from benchmarks.harness.page import Outcome, code_block
from benchmarks.harness.program import add_fresh, add_home
from benchmarks.harness.resume import Done, Result, keep_only_of
from benchmarks.harness.tree import digest_of_code
from benchmarks.proofs.kills.homes import (
    command,
    is_over,
    leftovers,
    live_answers,
    running,
    start,
    state,
    strike,
)
from perennial.store.ledger import Ledger
from pipeline.config import REPOSITORY
from pipeline.run import lock

THROUGH: Final = "2013-03"
ROUNDS: Final = 10
KILLS: Final = 3
_WAYS: Final = ("the command", "its tree", "the chain's process", "SIGTERM")
_LATEST: Final = 0.7  # of the undisturbed time, the latest moment of a kill


def arguments(parser: argparse.ArgumentParser) -> None:
    """How many months, rounds and kills."""
    add_home(parser, "proof-backfill", "folder for homes and results")
    add_fresh(parser)
    parser.add_argument("--through", default=THROUGH, help="last month, such as 2013-03")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="number of rounds")
    parser.add_argument("--kills", type=int, default=KILLS, help="kills in a round, at most")
    parser.add_argument("--seed", type=int, default=1)


def run(options: argparse.Namespace) -> Outcome:
    """Runs the undisturbed backfill and the rounds; the page is a summary as JSON, then each round."""
    code = digest_of_code(REPOSITORY, options.about)
    keep_only_of(options.home, code, fresh=options.fresh)
    done = Done(options.home, code)
    order = ("backfill", "flights", "--from", "2013-01", "--to", options.through, "--each")
    calm = done.once("undisturbed", partial(_undisturbed, options.home / "undisturbed", order))
    rounds: list[Result] = []
    for number in range(1, options.rounds + 1):
        chance = random.Random(f"{options.seed} {number}")
        home = options.home / "killed"
        work = partial(_round, home, order, calm, chance, options.kills)
        rounds.append(done.once(f"round {number}", work))
        print(number, json.dumps(rounds[-1]), file=sys.stderr, flush=True)
    summary = summarized(rounds)
    lines = [f"round {number} {json.dumps(each)}" for number, each in enumerate(rounds, 1)]
    whole = (options.through, options.rounds, options.kills) == (THROUGH, ROUNDS, KILLS)
    text = code_block("\n".join([json.dumps(summary, indent=2), *lines]))
    return Outcome(text, good=summary["all_held"], whole=whole)


def summarized(rounds: list[Result]) -> dict[str, Any]:
    """How many kills there were, and whether each end was the undisturbed one's."""
    kills = [kill for each in rounds for kill in each["kills"]]
    held = [each["same_end"] and each["live_answers"] and not each["left"] for each in rounds]
    return {
        "rounds": len(rounds),
        "kills": len(kills),
        "ways": {way: sum(kill["way"] == way for kill in kills) for way in _WAYS},
        "same_ends": sum(bool(each["same_end"]) for each in rounds),
        "live_always_answered": all(kill["live_answered"] for kill in kills),
        "left": sorted({left for each in rounds for left in each["left"]}),
        "all_held": all(held) and all(kill["live_answered"] for kill in kills),
    }


def _undisturbed(home: Path, order: tuple[str, ...]) -> Result:
    """The end of a backfill that nobody disturbs, and the seconds that it took."""
    _land(home, order)
    began = time.monotonic()
    command(home, *order)
    return {**_end(home), "seconds": round(time.monotonic() - began, 1)}


def _round(home: Path, order: tuple[str, ...], calm: Result, chance: random.Random, most: int) -> Result:
    """Kills a backfill, up to so many times, lets it end, and compares."""
    _land(home, order)
    kills = []
    for _ in range(most):
        moment, way = chance.uniform(0, _LATEST * calm["seconds"]), chance.choice(_WAYS)
        process = start(home, *order)
        if is_over(process, moment):
            break
        strike(process, "the run" if way == "the command" else way, over=False)
        while lock.is_held(home / "flights" / "lock"):
            time.sleep(0.05)
        kills.append({"at": f"{moment:.1f} s", "way": way, "live_answered": live_answers(home)})
    command(home, *order)
    end = _end(home)
    return {
        "kills": kills,
        "same_end": all(end[key] == calm[key] for key in end),
        "live_answers": live_answers(home),
        "left": [*leftovers(home), *(["an execution that is RUNNING"] if running(home) else [])],
    }


def _land(home: Path, order: tuple[str, ...]) -> None:
    """A new home in which the months have landed."""
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    command(home, "replay", "flights", "--through", order[order.index("--to") + 1])


def _end(home: Path) -> dict[str, Any]:
    """Versions and verdicts; each span with its versions and verdict; and whether a backfill is open."""
    with closing(Ledger(home / "flights" / "ledger.db")) as ledger:
        spans = {
            span: [[version.version, version.state, version.rows] for version in versions]
            for span, versions in sorted(ledger.spans.versions().items())
        }
        is_open = ledger.backfills.open() is not None
    return {**state(home), "spans": spans, "is_open": is_open}
