"""Kills runs at every node's start and end and at random moments; compares the end with undisturbed runs.

Month after month: first at moments drawn uniformly over the length of an undisturbed run, each on the home as
it was before the month, then run to its end; then at each node's start and end, one after another on the same
home. SIGKILL hits the run, its tree, the chain's process alone, or the probe alone; SIGTERM hits the run.
After each it is checked that the live version loads and answers; at each end that versions and verdicts are
those of the undisturbed run, no execution is RUNNING, and nothing is left over.

Stopped, it goes on where it was when it is started again with the same code; see `HOME/results`.
"""

import argparse
import json
import shutil
import time
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.harness.page import Outcome, code_block
from benchmarks.harness.program import add_fresh, add_home
from benchmarks.harness.resume import SeededWork, keep_only_of
from benchmarks.harness.run_processes import NODES
from benchmarks.harness.tree import digest_of_code
from benchmarks.proofs.kills.homes import (
    command,
    copy,
    has_begun,
    has_ended,
    is_over,
    leftovers,
    live_answers,
    newest_execution,
    running,
    start,
    state,
    strike,
)
from pipeline.config import REPOSITORY
from pipeline.run import lock

WAYS = ("the run", "its tree", "the chain's process", "SIGTERM")
THROUGH = "2013-03"
RANDOM = 40
_LOOK = 0.001  # seconds between two looks


class Proof(SeededWork):
    """The two homes, and the results up to now."""

    def __init__(self, folder: Path, seed: int, code: str) -> None:
        """Takes up the results of an earlier process with this code."""
        super().__init__(folder, seed, code)
        self.calm, self.rough = folder / "undisturbed", folder / "killed"

    # One month

    def undisturbed(self, month: str) -> dict[str, Any]:
        """Lands the month in both homes and runs the undisturbed one; its end, and the seconds it took."""
        for home in (self.calm, self.rough):
            command(home, "replay", "flights", "--through", month)
        snapshot = self.folder / "before"
        shutil.rmtree(snapshot, ignore_errors=True)
        copy(self.rough, snapshot)
        began = time.monotonic()
        command(self.calm, "run", "flights")
        return {**state(self.calm), "seconds": round(time.monotonic() - began, 1)}

    def restore(self) -> dict[str, Any]:
        """Makes the home of the killed runs what it was before the month."""
        shutil.rmtree(self.rough, ignore_errors=True)
        copy(self.folder / "before", self.rough)
        return {}

    def at_random(self, key: str, calm: dict[str, Any]) -> dict[str, Any]:
        """Kills once, at a moment drawn uniformly over the run's length, and runs to the end."""
        chance = self.chance(key)
        moment, way = chance.uniform(0, calm["seconds"]), chance.choice(WAYS)
        self.restore()
        run = start(self.rough, "run", "flights")
        over = is_over(run, moment)
        strike(run, way, over)
        kill = {"at": "over before" if over else f"{moment:.1f} s", "way": way}
        return {**kill, **self._afterwards(), **self.ended(calm)}

    def at_node(self, key: str, node: str, end: bool) -> dict[str, Any]:
        """Kills once, as the node begins or as it has put out what it makes."""
        way = self.chance(key).choice(("the probe", *WAYS) if node == "ServingProbe" and not end else WAYS)
        before = newest_execution(self.rough)
        run = start(self.rough, "run", "flights")
        while not is_over(run, _LOOK):
            if has_ended(self.rough, node, before) if end else has_begun(self.rough, node):
                break
        over = is_over(run, 0)
        strike(run, way, over)
        return {"at": "over before" if over else node, "way": way, **self._afterwards()}

    def ended(self, calm: dict[str, Any]) -> dict[str, Any]:
        """Runs to the end; whether that is the undisturbed one's, and nothing is left over."""
        command(self.rough, "run", "flights")
        end = state(self.rough)
        return {
            "same_end": all(end[key] == calm[key] for key in end),
            "running": running(self.rough),
            "leftovers": leftovers(self.rough),
            "live_answers": live_answers(self.rough),
        }

    def _afterwards(self) -> dict[str, Any]:
        while lock.is_held(self.rough / "flights" / "lock"):
            time.sleep(0.05)
        return {"live_answered": live_answers(self.rough)}


def arguments(parser: argparse.ArgumentParser) -> None:
    """How many months and kills."""
    add_home(parser, "proof-kills", "folder for homes and results")
    add_fresh(parser)
    parser.add_argument("--through", default=THROUGH, help="last month, such as 2013-03")
    parser.add_argument(
        "--random", type=int, default=RANDOM, help="number of kills at random moments, over all months"
    )
    parser.add_argument("--seed", type=int, default=1)


def run(options: argparse.Namespace) -> Outcome:
    """Goes through the months; the page is a summary as JSON, then each kill."""
    code = digest_of_code(REPOSITORY, options.about)
    keep_only_of(options.home, code, fresh=options.fresh)
    proof = Proof(options.home, options.seed, code)
    months = [f"2013-{month:02d}" for month in range(1, int(options.through[-2:]) + 1)]
    for number, month in enumerate(months):
        calm = proof.once(f"{month} undisturbed", partial(proof.undisturbed, month))
        share = options.random * (number + 1) // len(months) - options.random * number // len(months)
        for draw in range(share):
            key = f"{month} random {draw + 1}"
            proof.once(key, partial(proof.at_random, key, calm))
        proof.once(f"{month} restored", proof.restore)
        for node in NODES:
            for end in (False, True):
                key = f"{month} {node} {'end' if end else 'start'}"
                proof.once(key, partial(proof.at_node, key, node, end))
        proof.once(f"{month} ended", partial(proof.ended, calm))
    summary = summarized(proof.results)
    kills = [f"{key} {json.dumps(result)}" for key, result in proof.results.items() if "way" in result]
    text = code_block("\n".join([json.dumps(summary, indent=2), *kills]))
    return Outcome(
        text, good=summary["all_held"], whole=(options.through, options.random) == (THROUGH, RANDOM)
    )


def summarized(done: dict[str, Any]) -> dict[str, Any]:
    """How many kills and ends there were, and whether all of them held."""
    kills = [result for result in done.values() if "way" in result]
    ends = [result for result in done.values() if "same_end" in result]
    summary: dict[str, Any] = {
        "kills": len(kills),
        "over_before": sum(kill["at"] == "over before" for kill in kills),
        "ways": {way: sum(kill["way"] == way for kill in kills) for way in ("the probe", *WAYS)},
        "ends": len(ends),
        "same_ends": sum(end["same_end"] for end in ends),
        "running_executions": sum(end["running"] for end in ends),
        "leftovers": sorted({left for end in ends for left in end["leftovers"]}),
        "live_always_answered": all(kill["live_answered"] for kill in kills),
    }
    held = (
        summary["ends"] == summary["same_ends"]
        and not summary["running_executions"]
        and not summary["leftovers"]
    )
    return {
        **summary,
        "all_held": held and summary["live_always_answered"] and all(end["live_answers"] for end in ends),
    }
