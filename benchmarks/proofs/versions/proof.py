"""Changes a served model's version again and again under load, and lays broken versions beside it."""

import argparse
import gc
import shutil
import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final

import numpy as np

from benchmarks.harness.flights import NAME, add_models, newest
from benchmarks.harness.page import Outcome
from benchmarks.harness.program import add_home
from benchmarks.harness.server_process import ServerProcess
from benchmarks.proofs.versions.clients import LoadClients, TimedReply, allowed_rows, may_answer
from benchmarks.proofs.versions.variants import BROKEN, copy_slowly, make_variant, publish
from serving.model.engine import Engine

CHANGES: Final = 50
SHIFTS: Final = (
    0.0,
    0.7,
    -0.7,
    1.4,
    -1.4,
)  # in logits; two versions that follow each other never have the same

CLIENTS: Final = {"latest": 12, "label": 2, "number": 2, "gRPC": 2}
PATHS: Final = {"latest": "", "label": "/labels/stable", "number": "/versions/1"}
ROWS: Final = 8
TOLERANCE: Final = 1e-6  # of a score: rows are scored in batches of other sizes
SETTLED: Final = 10  # changes, until memory is expected to stay
MOST_GROWTH: Final = 1.05
CONFIG: Final = """\
model_config_list {{
  config {{ name: "{name}" base_path: "{path}" version_labels {{ key: "stable" value: 1 }} }}
}}
"""


@dataclass(frozen=True)
class Memory:
    """Resident memory of the workers, summed, bytes, and when."""

    moment: float
    resident: int


class ServedVariants:
    """Variants of a model, the server that watches their folder, and what is known of both.

    Attributes:
        models: The folder that the server watches.
        wholes: Variants, by their place in `SHIFTS`.
        expected: Scores of each variant, shape (variants, rows).
        published: Version -> moment before it was there.
        variant: Version -> which variant it is.
        memory: Of the workers, once a second.
    """

    def __init__(self, source: Path, folder: Path) -> None:
        """Makes the variants and the first version, and starts the server."""
        shutil.rmtree(folder, ignore_errors=True)
        self.models = folder / "models"
        self.models.mkdir(parents=True)
        self.wholes = [folder / f"variant-{number}" for number in range(len(SHIFTS))]
        for whole, shift in zip(self.wholes, SHIFTS, strict=True):
            make_variant(source, whole, shift)
        engines = [Engine.load(whole) for whole in self.wholes]
        self.rows = allowed_rows(engines[0].checks, ROWS)
        self.columns = engines[0].columns
        self.expected = np.array([engine.score_rows(self.rows) for engine in engines])
        self.published: dict[int, float] = {}
        self.variant: dict[int, int] = {}
        self.memory: list[Memory] = []
        self.publish(1)
        config = folder / "models.config"
        config.write_text(CONFIG.format(name=NAME, path=self.models.absolute()))
        self.server = ServerProcess(["--model_config_file", str(config), "--workers", "2"])
        self.wait_for(1)
        time.sleep(3)  # until the second worker is there as well
        threading.Thread(target=self._watch_memory, daemon=True).start()

    def publish(self, number: int) -> None:
        """Publishes a whole version."""
        self.variant[number] = number % len(SHIFTS)
        self.published[number] = time.monotonic()
        publish(self.wholes[self.variant[number]], self.models, number)

    def wait_for(self, number: int) -> float:
        """Waits until a version is live; gives when it became so."""
        return float(self.server.wait(lambda: self.live(number), f"version {number}"))

    def live(self, number: int) -> float | None:
        """When a version became live; None: not yet."""
        return self.server.live.get((NAME, number))

    def why_ended(self, number: int) -> tuple[str, str]:
        """Waits until a version has failed; gives its state and error."""

        def ended() -> tuple[str, str] | None:
            state = self.server.states(NAME).get(number)
            return state if state and state[0] == "END" and state[1] else None

        state: tuple[str, str] = self.server.wait(ended, f"the end of version {number}")
        return state

    def failed_loads(self) -> int:
        """How many loads of a version have failed, in all workers, by the server's metrics."""
        metrics = self.server.get("/metrics")[1].splitlines()
        loads = (line for line in metrics if line.startswith("perennial_loads_total{") and "failed" in line)
        return sum(int(float(line.rpartition(" ")[2])) for line in loads)

    def allowed(self, answer: TimedReply) -> list[int]:
        """The versions that an answer may come from: live at some moment between question and answer."""
        if answer.asked in ("label", "number"):
            return [1]
        return may_answer(answer, self.published, self.live)

    def right(self, answer: TimedReply) -> bool:
        """Whether an answer is that of a version that may give it."""
        known = (self.expected[self.variant[number]][answer.row] for number in self.allowed(answer))
        return any(abs(score - answer.score) <= TOLERANCE for score in known)

    def _watch_memory(self) -> None:
        while self.server.process.poll() is None:
            resident = sum(worker.memory_info().rss for worker in self.server.workers())
            self.memory.append(Memory(time.monotonic(), resident))
            time.sleep(1)


def arguments(parser: argparse.ArgumentParser) -> None:
    """How many changes, and how hard the clients ask."""
    add_home(parser, "proof-versions", "folder for the variants; emptied first")
    add_models(parser)
    parser.add_argument("--changes", type=int, default=CHANGES)
    parser.add_argument("--pause", type=float, default=0.02, help="seconds between a client's requests")


def run(options: argparse.Namespace) -> Outcome:
    """Runs both parts; the server has to end well, too."""
    served = ServedVariants(newest(options.models), options.home)
    load = LoadClients(
        NAME, served.rows, served.columns, served.server.rest_port, served.server.grpc_port, options.pause
    )
    gc.collect()
    gc.freeze()  # a collection of all that TensorFlow holds would be felt as the server's latency
    gc.disable()
    load.start(PATHS, CLIENTS)
    try:
        changes = _change(served, options.changes)
        changed = time.monotonic()
        broken = _break(served, options.changes + 2)
        failures = f"`/metrics` counts {served.failed_loads()} failed loads."
    finally:
        answers = load.stop()
        code = served.server.stop()
    lines, bad = _report(served, answers, changes, changed, broken)
    text = "\n".join(["Clients and the server's two workers share the cores.", "", *lines, "", failures])
    return Outcome(text, good=not bad and not code, whole=options.changes >= CHANGES)


def _change(served: ServedVariants, changes: int) -> list[float]:
    """Publishes version after version, each once the former is live; gives the seconds of each change."""
    seconds = []
    for number in range(2, changes + 2):
        served.publish(number)
        seconds.append(served.wait_for(number) - served.published[number])
        for old in served.models.iterdir():  # as retention does; version 1 has the label
            if old.name.isdigit() and 1 < int(old.name) < number - 2:
                shutil.rmtree(old)
    return seconds


def _break(served: ServedVariants, number: int) -> list[tuple[str, str, str]]:
    """Lays broken versions into the folder, one by one; of each: what is wrong, its state, its error."""
    outcomes = []
    for what, make in BROKEN.items():
        aside = served.models / ".broken"
        make(served.wholes[0], aside)
        aside.rename(served.models / str(number))
        state, error = served.why_ended(number)
        outcomes.append((what, state, error.replace(str(served.models.absolute()), "…")))
        number += 1
    # In the end it is whole, and live.
    served.variant[number], served.published[number] = number % len(SHIFTS), time.monotonic()
    before = served.failed_loads()
    copy_slowly(served.wholes[number % len(SHIFTS)], served.models / str(number), pause=0.8)
    served.wait_for(number)
    tries = served.failed_loads() - before
    outcomes.append(("it is copied in place, a file every 0.8 s", "AVAILABLE", f"after {tries} failed loads"))
    time.sleep(1)
    return outcomes


def _report(
    served: ServedVariants,
    answers: Sequence[TimedReply],
    changes: Sequence[float],
    changed: float,
    broken: Sequence[tuple[str, str, str]],
) -> tuple[list[str], bool]:
    """The page's lines, and whether anything is not as it should be."""
    failed = [answer for answer in answers if answer.problem]
    wrong = [answer for answer in answers if not answer.problem and not served.right(answer)]
    slope, start, end = _growth([each for each in served.memory if each.moment < changed], len(changes))
    seconds = max(answer.ended for answer in answers) - answers[0].began
    clients = ", ".join(f"{number} {kind}" for kind, number in CLIENTS.items())
    facts = {
        "seconds": f"{seconds:.0f}",
        "version changes": f"{len(changes)}",
        "seconds from the rename to live in both workers: median, longest": (
            f"{median(changes):.1f} s, {max(changes):.1f} s"
        ),
        f"clients, each with one raw row a request and a pause ({clients})": f"{sum(CLIENTS.values())}",
        **{f"requests: {kind}": f"{sum(each.asked == kind for each in answers):,}" for kind in CLIENTS},
        "failed requests": f"**{len(failed)}**",
        f"scores of no version that was live then (tolerance {TOLERANCE:g})": f"**{len(wrong)}**",
        "p50, p99, longest answer": _latency(answers),
        f"memory of both workers after {SETTLED} changes, and at the end": f"{start:.0f} MB, {end:.0f} MB",
        "its growth over these changes": f"**{slope:+.2f} MB a change**",
    }
    return [
        *_table(("", ""), facts.items()),
        "",
        *_table(("broken version", "state", "error in the status"), broken),
        *(f"    {answer}" for answer in [*failed[:5], *wrong[:5]]),
    ], bool(failed or wrong or end > MOST_GROWTH * start)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    lines = [head, ["---"] * len(head), *rows]
    return [f"| {' | '.join(cell.replace('|', '/') for cell in line)} |" for line in lines]


def _growth(memory: Sequence[Memory], changes: int) -> tuple[float, float, float]:
    """Megabytes a change by least squares, once the first ones are over; and the memory at both ends."""
    tail = memory[len(memory) * SETTLED // max(changes, SETTLED + 1) :]
    megabytes = np.array([each.resident for each in tail]) / 2**20
    share = np.linspace(SETTLED, changes, len(tail))
    return (
        float(np.polyfit(share, megabytes, 1)[0]),
        float(megabytes[:5].mean()),
        float(megabytes[-5:].mean()),
    )


def _latency(answers: Sequence[TimedReply]) -> str:
    seconds = [answer.ended - answer.began for answer in answers]
    return ", ".join(f"{1000 * value:.1f} ms" for value in np.quantile(seconds, [0.5, 0.99, 1]))
