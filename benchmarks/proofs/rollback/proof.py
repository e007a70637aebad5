"""Rolls back and forward twenty times under sixteen clients: no request fails, and `history` shows it all.

The commands are the real ones, each a process of its own; so is the server. Each part has its own root and
server. Stopped, it goes on with the next part when it is started again with the same code.
"""

import argparse
import gc
from functools import partial

from benchmarks.harness.flights import add_models, newest
from benchmarks.harness.page import Outcome
from benchmarks.harness.program import add_fresh, add_home
from benchmarks.harness.resume import Done, keep_only_of
from benchmarks.harness.tree import digest_of_code
from benchmarks.proofs.rollback.changes import carry_out
from benchmarks.proofs.rollback.page import outcome
from pipeline.config import REPOSITORY

PARTS = 2
ROUNDS = 5


def arguments(parser: argparse.ArgumentParser) -> None:
    """How often, and how hard the clients ask."""
    add_home(parser, "proof-rollback")
    add_fresh(parser)
    add_models(parser)
    parser.add_argument("--parts", type=int, default=PARTS, help="servers, one after another")
    parser.add_argument(
        "--rounds", type=int, default=ROUNDS, help="of two rollbacks and two forwards, a part"
    )
    parser.add_argument("--pause", type=float, default=0.02, help="seconds between a client's requests")


def run(options: argparse.Namespace) -> Outcome:
    """Carries out the parts that are not done yet."""
    source = newest(options.models)
    code = digest_of_code(REPOSITORY, options.about)
    keep_only_of(options.home, code, fresh=options.fresh)
    done = Done(options.home, f"{code} {options.rounds} {options.pause}")
    gc.collect()
    gc.freeze()  # a collection of all that TensorFlow holds would be felt as the server's latency
    gc.disable()
    parts = []
    for number in range(1, options.parts + 1):
        home = options.home / f"part-{number}"
        parts.append(
            done.once(f"part-{number}", partial(carry_out, home, source, options.rounds, options.pause))
        )
    return outcome(parts, options.pause, whole=options.parts >= PARTS and options.rounds >= ROUNDS)
