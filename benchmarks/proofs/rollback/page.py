"""The page of the proof, from the results of its parts; without TensorFlow."""

from collections.abc import Sequence
from statistics import median

from benchmarks.harness.page import Outcome
from benchmarks.harness.resume import Result
from benchmarks.harness.table import table
from benchmarks.proofs.rollback.expected import CLIENTS, ROUND, TOLERANCE


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
    is_asked = all(number for part in parts for number in part["requests"].values())
    good = is_asked and not (failed or wrong or in_history or any(codes))
    return Outcome("\n".join(lines), good=good, whole=whole)


def _seconds(values: Sequence[float]) -> str:
    return f"{median(values):.1f} s, {max(values):.1f} s"
