"""Does to a running server what hostile clients do; watches its answers, memory and an honest client."""

import argparse
import atexit
import io
import json
import resource
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, Final

import psutil

from benchmarks.harness.flights import NAME, add_models, newest
from benchmarks.harness.page import Outcome
from benchmarks.harness.server_process import ServerProcess
from benchmarks.proofs.hostile import attacks, grpc_attacks
from benchmarks.proofs.hostile.attacks import Attack
from pipeline.config import REPOSITORY

MOST_RESIDENT: Final = 3 * 2**30  # of one worker
_PATIENCE: Final = 20.0  # seconds that the honest client may need for a reply
_LATER: Final = 429
_OK: Final = 200
_HEAD: Final = (
    "| attack | replies | honest client: replies | failures | 429 | p99 ms | longest ms "
    "| worker MiB before | peak | after |\n|---|---|---:|---:|---:|---:|---:|---:|---:|---:|"
)


@dataclass
class Watch:
    """The honest client's answers and the workers' memory, from now on.

    Attributes:
        answers: Moment, seconds, status.
        peak: The largest memory of a worker since it was last set to 0, bytes.
    """

    server: ServerProcess
    answers: list[tuple[float, float, int]] = field(default_factory=list)
    peak: int = 0

    def __post_init__(self) -> None:
        """Starts both."""
        command = [sys.executable, "-m", "benchmarks.proofs.hostile.honest", str(self.server.rest_port)]
        self.client = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=REPOSITORY)
        threading.Thread(target=self._listen, daemon=True).start()
        threading.Thread(target=self._look, daemon=True).start()

    def resident(self) -> int:
        """Memory of the largest worker."""
        sizes = [0]
        for worker in self.server.workers():
            try:
                sizes.append(worker.memory_info().rss)
            except psutil.NoSuchProcess:
                continue
        return max(sizes)

    def _listen(self) -> None:
        with self.client.stdout or io.StringIO() as lines:
            for line in lines:
                moment, seconds, status = json.loads(line)
                self.answers.append((moment, seconds, status))

    def _look(self) -> None:
        while self.server.process.poll() is None:
            self.peak = max(self.peak, self.resident())
            time.sleep(0.05)


@dataclass(frozen=True)
class AttackOutcome:
    """The replies to one attack, and what the honest client and the workers felt of it."""

    name: str
    replies: Counter[str]
    right: bool
    answers: Sequence[tuple[float, float, int]]
    before: int
    peak: int
    after: int

    @property
    def failures(self) -> int:
        """Answers to the honest client that were none."""
        return sum(status not in (_OK, _LATER) for _, _, status in self.answers)

    @property
    def good(self) -> bool:
        """Whether all is as it should be."""
        return self.right and bool(self.answers) and not self.failures and self.peak <= MOST_RESIDENT

    def line(self) -> str:
        """A line of the table."""
        seconds = sorted(seconds for _, seconds, _ in self.answers) or [float("nan")]
        replies = ", ".join(f"{count:,} x {what}" for what, count in self.replies.most_common())
        later = sum(status == _LATER for _, _, status in self.answers)
        p99 = seconds[min(len(seconds) - 1, int(len(seconds) * 0.99))]
        mark = "" if self.right else " **wrong**"
        cells: list[Any] = [self.name, replies + mark, len(self.answers), self.failures, later]
        cells += [f"{1000 * p99:.0f}", f"{1000 * seconds[-1]:.0f}"]
        cells += [number >> 20 for number in (self.before, self.peak, self.after)]
        return "| " + " | ".join(map(str, cells)) + " |"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Which attacks."""
    add_models(parser)
    parser.add_argument("--only", default="", help="run only attacks whose name contains this text")


def run(options: argparse.Namespace) -> Outcome:
    """Runs the attacks, a row of the table each."""
    newest(options.models)
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    server = ServerProcess(["--model", f"{NAME}={options.models}", "--workers", "2"])
    atexit.register(server.process.terminate)  # whatever goes wrong
    server.wait(lambda: server.get("/readyz")[0] == _OK, "the model")
    time.sleep(5)  # until the second worker is there as well
    workers = [worker.pid for worker in server.workers()]
    watch = Watch(server)
    time.sleep(2)
    outcomes = []
    for attack in chain(attacks.bodies(), attacks.connections(), grpc_attacks.attacks()):
        if options.only in attack.name:
            outcomes.append(_launched(attack, server, watch))
            print(outcomes[-1].line(), file=sys.stderr, flush=True)
    same = workers == [worker.pid for worker in server.workers()]
    watch.client.kill()
    code = server.stop()
    tracebacks = sum("Traceback" in line for line in server.log)
    end = (
        f"The workers at the end are {'those of the start' if same else '**others**'}; the server exited "
        f"with {code} when stopped; its log has {tracebacks} tracebacks."
    )
    sys.stderr.write("\n".join(server.log) + "\n")
    text = "\n".join(
        [
            "Clients and the server's two workers share the cores.",
            "",
            _HEAD,
            *(each.line() for each in outcomes),
            "",
            end,
        ]
    )
    good = all(each.good for each in outcomes) and same and code == 0 and not tracebacks
    return Outcome(text, good=good, whole=not options.only)


def _launched(attack: Attack, server: ServerProcess, watch: Watch) -> AttackOutcome:
    first, before, watch.peak = len(watch.answers), watch.resident(), 0
    replies = attack.run(server.rest_port, server.grpc_port)
    time.sleep(1)
    # A short attack may end before the honest client has its next reply.
    deadline = time.monotonic() + _PATIENCE
    while len(watch.answers) == first and time.monotonic() < deadline:
        time.sleep(0.1)
    right = set(replies) <= attack.right
    return AttackOutcome(
        attack.name, replies, right, watch.answers[first:], before, watch.peak, watch.resident()
    )
