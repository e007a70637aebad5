"""One part of the proof: a root of three versions, a server, clients, and who undoes and redoes."""

import json
import shutil
import time
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np

from benchmarks.harness.flights import NAME, command
from benchmarks.harness.resume import Result, StepFailed
from benchmarks.harness.server_process import ServerProcess
from benchmarks.proofs.rollback.expected import CLIENTS, MODELS, ROUND, TOLERANCE, wrong_in_history
from benchmarks.proofs.versions.clients import LoadClients, TimedReply, allowed_rows, may_answer
from benchmarks.proofs.versions.variants import make_variant
from perennial.store import registry
from perennial.store.ledger import Ledger
from serving.model.engine import Engine

# In logits: what each of the models scores apart from the others.
_SHIFTS: Final = (0.0, 0.7, -0.7)
ROWS: Final = 8
_SETTLE_SECONDS: Final = 3.0  # until the second worker is there as well
_PATIENCE: Final = 300.0  # seconds until a version is live on a machine that is busy with others


@dataclass
class ServedRoot:
    """A use case's root in a home of its own, and the server that watches it.

    Attributes:
        home: The home.
        expected: Scores of each model, shape (models, rows).
        model: Version -> the model that it has, 1 to 3.
        published: Version -> a moment before it was there (`time.monotonic`).
    """

    home: Path
    source: Path
    model: dict[int, int] = field(default_factory=dict)
    published: dict[int, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Publishes the three models, and starts the server."""
        shutil.rmtree(self.home, ignore_errors=True)
        root = self.home / NAME
        self.models = root / "models"
        root.mkdir(parents=True, mode=0o700)
        self.home.chmod(0o700)
        wholes = [self.home / f"variant-{number}" for number in MODELS]
        for whole, shift in zip(wholes, _SHIFTS, strict=True):
            make_variant(self.source, whole, shift)
        engines = [Engine.load(whole) for whole in wholes]
        self.rows, self.columns = allowed_rows(engines[0].checks, ROWS), engines[0].columns
        self.expected = np.array([engine.score_rows(self.rows) for engine in engines])
        card = json.loads((self.source / "model_card.json").read_text())
        with closing(Ledger(root / "ledger.db")) as ledger:
            for number, whole in zip(MODELS, wholes, strict=True):
                self.published[number], self.model[number] = time.monotonic(), number
                registry.publish(
                    self.models,
                    ledger,
                    whole,
                    card,
                    champion=number - 1 or None,
                    run_id=f"run-{number}",
                    why="A run pushed it.",
                )
        self.server = ServerProcess(["--model", f"{NAME}={self.models.absolute()}", "--workers", "2"])

    def live(self, number: int) -> float | None:
        """When a version became live; None: not yet."""
        return self.server.live.get((NAME, number))

    def wait_for(self, number: int) -> float:
        """Waits until a version is live; gives when it became so."""
        return float(self.server.wait(lambda: self.live(number), f"version {number}", _PATIENCE))

    def change(self, name: str, restores: int) -> dict[str, float]:
        """Runs `rollback` or `forward`; gives the seconds of the command, and those until the server has it.

        Raises:
            StepFailed: It did not restore what it should.
        """
        number = max(self.model) + 1
        began = self.published[number] = time.monotonic()
        done = command(self.home, name, NAME, "--why", f"change {number}", "--json")
        ended = time.monotonic()
        reply = json.loads(done.stdout or "{}")
        self.model[number] = self.model.get(reply.get("restores"), 0)
        if (done.returncode, reply.get("live_version"), self.model[number]) != (0, number, restores):
            raise StepFailed(f"`{name}` should make model {restores} version {number}, and gave {reply}.")
        return {"command": ended - began, "live": self.wait_for(number) - began}

    def is_right(self, answer: TimedReply) -> bool:
        """Whether an answer is that of a version that was live then."""
        scores = (
            self.expected[self.model[number] - 1][answer.row]
            for number in may_answer(answer, self.published, self.live)
        )
        return any(abs(score - answer.score) <= TOLERANCE for score in scores)


def carry_out(home: Path, source: Path, rounds: int, pause: float) -> Result:
    """Undoes and redoes for some rounds under load.

    Args:
        home: Made anew.
        source: A SavedModel with its model card.
        rounds: How many rounds.
        pause: Seconds between two requests of a client.

    Returns:
        `changes` (each `command` and `live`, seconds), `requests` by kind, `failed` and `wrong` (counts),
        `shown` (the first few of them), `seconds`, `latency` (p50, p99, longest, seconds), `history` (what is
        wrong with it) and `exit_code` of the server.
    """
    root = ServedRoot(home, source)
    server = root.server
    load = LoadClients(NAME, root.rows, root.columns, server.rest_port, server.grpc_port, pause)
    try:
        root.wait_for(MODELS[-1])
        time.sleep(_SETTLE_SECONDS)
        began = time.monotonic()
        load.start({"latest": ""}, CLIENTS)
        changes = [root.change(*each) for _ in range(rounds) for each in ROUND]
        time.sleep(1)
        seconds = time.monotonic() - began
    finally:
        answers = load.stop()
        code = server.stop()
    failed = [answer for answer in answers if answer.problem]
    wrong = [answer for answer in answers if not answer.problem and not root.is_right(answer)]
    latency = np.quantile([answer.ended - answer.began for answer in answers], [0.5, 0.99, 1.0])
    return {
        "changes": changes,
        "requests": {kind: sum(answer.asked == kind for answer in answers) for kind in CLIENTS},
        "failed": len(failed),
        "wrong": len(wrong),
        "shown": [str(answer) for answer in [*failed[:3], *wrong[:3]]],
        "seconds": seconds,
        "latency": [float(each) for each in latency],
        "history": wrong_in_history(json.loads(command(home, "history", NAME, "--json").stdout), rounds),
        "exit_code": code,
    }
