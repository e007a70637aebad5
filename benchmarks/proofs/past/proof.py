"""Kills backfills, backtests and prunes at random moments, goes on by the same command, compares the ends.

The code is a copy whose flights are trained for one epoch only: what is shown is not how good a model is.
Three months are read by `backfill --each`. Killed several times, it must end with the versions, metrics,
verdicts and spans of an undisturbed one, no backfill open, and nothing left over. In a copy of that home
`backtest` is killed several times; its figures must be those of an undisturbed one, and the use case as it
was. In another copy `prune` is killed once a round, at a moment drawn uniformly over its length, or over that
of the removal. After the next one, files, rows of the ledger (but the records of prunes) and numbers of rows
of MLMD must be those after an undisturbed one. SIGKILL hits the command, its tree or the chain's process
alone, or SIGTERM the command; `prune` is one process, which SIGKILL hits. After each kill what is live must
answer.

Stopped, it goes on where it was when it is started again with the same code; see `HOME/results`.
"""

import argparse
import json
from collections import Counter
from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from benchmarks.harness.page import Outcome, code_block
from benchmarks.harness.program import add_fresh, add_home
from benchmarks.harness.resume import Result, SeededWork, keep_only_of
from benchmarks.harness.tree import digest_of_code
from benchmarks.proofs.past import backfills, backtests, prunes
from benchmarks.proofs.past.places import ProofFolders
from pipeline.config import REPOSITORY

BACKFILLS: Final = 2
BACKTESTS: Final = 2
PRUNES: Final = 30
KILLS: Final = 3
SUBJECTS: Final = ("backfill", "backtest", "prune")


def arguments(parser: argparse.ArgumentParser) -> None:
    """How many rounds of each command, and kills."""
    add_home(parser, "proof-past", "folder for homes and results")
    add_fresh(parser)
    parser.add_argument("--backfills", type=int, default=BACKFILLS, help="rounds of backfill")
    parser.add_argument("--backtests", type=int, default=BACKTESTS, help="rounds of backtest")
    parser.add_argument("--prunes", type=int, default=PRUNES, help="rounds of prune, with one kill each")
    parser.add_argument("--kills", type=int, default=KILLS, help="kills in a round of the others, at most")
    parser.add_argument("--seed", type=int, default=1)


def run(options: argparse.Namespace) -> Outcome:
    """Runs each command undisturbed and in rounds; the page is a summary as JSON, then each round.

    Raises:
        StepFailed: An undisturbed command failed.
    """
    code = digest_of_code(REPOSITORY, options.about)
    keep_only_of(options.home, code, fresh=options.fresh)
    proof, places = SeededWork(options.home, options.seed, code), ProofFolders(options.home)
    first = proof.once("undisturbed backfill", partial(backfills.undisturbed, places))
    for key in _rounds("backfill", options.backfills):
        proof.once(key, partial(backfills.one_round, places, first, proof.chance(key), options.kills))
    before = first["content"]
    if options.backtests:
        calm = proof.once("undisturbed backtest", partial(backtests.undisturbed, places))
        for key in _rounds("backtest", options.backtests):
            chance = proof.chance(key)
            proof.once(key, partial(backtests.one_round, places, calm, before, chance, options.kills))
    if options.prunes:
        places = ProofFolders(options.home, "code-of-prune")
        calm = proof.once("undisturbed prune", partial(prunes.undisturbed, places))
        for key in _rounds("prune", options.prunes):
            proof.once(key, partial(prunes.one_round, places, calm, before, proof.chance(key)))
    summary = summarized(proof.results)
    lines = [f"{key} {json.dumps(each)}" for key, each in proof.results.items() if " round " in key]
    size = (options.backfills, options.backtests, options.prunes, options.kills)
    return Outcome(
        code_block("\n".join([json.dumps(summary, indent=2), *lines])),
        good=summary["all_held"],
        whole=size == (BACKFILLS, BACKTESTS, PRUNES, KILLS),
    )


def _rounds(subject: str, count: int) -> list[str]:
    return [f"{subject} round {number}" for number in range(1, count + 1)]


def summarized(results: Mapping[str, Result]) -> dict[str, Any]:
    """How many kills of each command there were, and whether each end was the undisturbed one's.

    Args:
        results: Of the undisturbed commands, and of the rounds, by their names.
    """
    rounds = {key: each for key, each in results.items() if " round " in key}
    kills = [kill for each in rounds.values() for kill in each["kills"]]
    answered = all(each["live_answers"] for each in [*rounds.values()]) and all(
        kill["live_answered"] for kill in kills
    )
    left = sorted({left for each in rounds.values() for left in each["left"]})
    return {
        "kills": len(kills),
        **{subject: _of_subject(subject, results) for subject in SUBJECTS},
        "live_always_answered": answered,
        "left": left,
        "all_held": answered and not left and not any(each["differs"] for each in rounds.values()),
    }


def _of_subject(subject: str, results: Mapping[str, Result]) -> dict[str, Any]:
    """The same of one command; of `prune` also what an undisturbed one removes."""
    rounds = [each for key, each in results.items() if key.startswith(f"{subject} round ")]
    kills = [kill for each in rounds for kill in each["kills"]]
    calm = results.get(f"undisturbed {subject}", {})
    return {
        "seconds": calm.get("seconds"),
        **({"removes": calm["removed"]} if "removed" in calm else {}),
        "rounds": len(rounds),
        "kills": len(kills),
        "ways": dict(Counter(kill["way"] for kill in kills)),
        **({"gone_at_the_kill": dict(Counter(kill["gone"] for kill in kills))} if subject == "prune" else {}),
        "same_ends": sum(not each["differs"] for each in rounds),
    }
