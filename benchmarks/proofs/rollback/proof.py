"""Rolls back and forward twenty times under sixteen clients: no request fails, and `history` shows it all.

The commands are the real ones, each a process of its own; so is the server. Each part has its own root and
server. Stopped, it goes on with the next part when it is started again with the same code.
"""

import argparse
import gc
from collections.abc import Sequence
from functools import partial
from statistics import median

from benchmarks.harness.flights import add_models, newest
from benchmarks.harness.page import Outcome
from benchmarks.harness.program import add_fresh, add_home
from benchmarks.harness.resume import Done, Result, keep_only_of
from benchmarks.harness.table import table
from benchmarks.harness.tree import digest_of_code
from benchmarks.proofs.rollback.changes import CLIENTS, TOLERANCE, carry_out
from benchmarks.proofs.rollback.expected import ROUND
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


def outcome(parts: Sequence[Result], pause: float, *, whole: bool) -> Outcome:
    """What the page says of the parts; `pause` is in seconds."""
    changes = [change for part in parts for change in part["changes"]]
    each = {name: sum(step == name for step, _ in ROUND) * len(changes) // len(ROUND) for name, _ in ROUND}
    clients = ", ".join(f"{number} {kind}" for kind, number in CLIENTS.items())
    failed, wrong = (sum(part[key] for part in parts) for key in ("failed", "wrong"))
    in_history = [sentence for part in parts for sentence in part["history"]]
    codes = [part["exit_code"] for part in parts]
    facts = {
        "rollbacks, forwards": f"{each['rollback']}, {each['forward']}",
        f"clients, each with one raw row a request ({clients})": f"{sum(CLIENTS.values())}",
        "seconds between an answer and the client's next request": f"{pause:g}",
        "seconds under load": f"{sum(part['seconds'] for part in parts):.0f}",
        **{f"requests: {kind}": f"{sum(part['requests'][kind] for part in parts):,}" for kind in CLIENTS},
        "failed requests": f"**{failed}**",
        f"scores of no version that was live then (tolerance {TOLERANCE:g})": f"**{wrong}**",
        "seconds of the command: median, longest": _seconds([change["command"] for change in changes]),
        "seconds until both workers have it: median, longest": _seconds(
            [change["live"] for change in changes]
        ),
        "what `history` does not show of it": " ".join(in_history) or "nothing is missing",
    }
    rows = []
    for number, part in enumerate(parts, start=1):
        latency = [f"{1000 * seconds:.1f} ms" for seconds in part["latency"]]
        rows.append([str(number), f"{sum(part['requests'].values()):,}", *latency])
    shown = [f"    {answer}" for part in parts for answer in part["shown"]]
    lines = [
        "Each part has three versions of a model that score otherwise, and a server with two workers. It",
        "shares the cores with the clients. A round is `rollback`, `rollback`, `forward`, `forward`.",
        "",
        table(["", ""], [[name, value] for name, value in facts.items()]),
        "",
        table(["part", "requests", "p50", "p99", "longest"], rows),
        *shown,
    ]
    good = not (failed or wrong or in_history or any(codes))
    return Outcome("\n".join(lines), good=good, whole=whole)


def _seconds(values: Sequence[float]) -> str:
    return f"{median(values):.1f} s, {max(values):.1f} s"
