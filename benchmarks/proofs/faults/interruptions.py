"""Faults in the middle of a run: it is stopped, killed, frozen, met by another run or by a rollback."""

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import psutil

from benchmarks.proofs.faults.scene import Fault, Scene, Told, told_by
from perennial.store import registry
from perennial.store.ledger import Ledger
from pipeline.run import lock

_YAML = "pipeline/use_cases/flights.yaml"
_DEADLINE = 25  # seconds: the chain's imports and the first nodes fit into it


def _worker(run: int) -> psutil.Process:
    return psutil.Process(run).children()[0]


def _signalled(
    number: signal.Signals, *, worker: bool, node: str
) -> Callable[[Scene], AbstractContextManager[Told]]:
    """Sends a signal to the run, or to the chain's process, as a node begins."""

    @contextmanager
    def inject(scene: Scene) -> Iterator[Told]:
        running = scene.start("run", "flights", "--json")
        scene.until(running, node)
        (_worker(running.pid) if worker else psutil.Process(running.pid)).send_signal(number)
        out, err = running.communicate()
        _wait_until_free(scene)
        yield told_by(running.returncode, out, err)

    return inject


def _wait_until_free(scene: Scene) -> None:
    while lock.is_held(scene.root / "lock"):
        time.sleep(0.1)


@contextmanager
def frozen(scene: Scene) -> Iterator[Told]:
    scene.edit(_YAML, "deadline: 2h", f"deadline: {_DEADLINE}s")
    running = scene.start("run", "flights", "--json")
    scene.until(running, "Transform")
    _worker(running.pid).send_signal(signal.SIGSTOP)
    out, err = running.communicate()
    yield told_by(running.returncode, out, err)
    scene.edit(_YAML, f"deadline: {_DEADLINE}s", "deadline: 2h")


@contextmanager
def two_at_once(scene: Scene) -> Iterator[Told]:
    first = scene.start("run", "flights", "--json")
    scene.until(first, "ArrowExampleGen")
    second = scene.run()
    again = scene.run()
    out, err = first.communicate()
    told = told_by(first.returncode, out, err)
    yield Told(second.code, f"{second.text}\nonce more: {again.text}\nthe first: {told.verdict}", "BUSY")


@contextmanager
def rolled_back_meanwhile(scene: Scene) -> Iterator[Told]:
    models = scene.root / "models"
    card = (registry.versions(models)[0].card) or {}
    ledger = Ledger(scene.root / "ledger.db")
    registry.publish(
        models, ledger, models / "1", card, champion=1, run_id="", why="a second one, for the proof"
    )
    ledger.close()
    running = scene.start("run", "flights", "--json")
    scene.until(running, "Transform")
    back = scene.command("rollback", "flights", "--to", "1", "--why", "a proof")
    out, err = running.communicate()
    told = told_by(running.returncode, out, err)
    live = registry.live(models)
    card = (live.card if live else None) or {}
    now = f"live is {live and live.number}, restores {card.get('restores')}"
    said = f"{told.text}\nrollback ended {back.code}; {now}"
    yield Told(told.code, said, told.verdict)


_TAKEN_UP = ("PUSHED", "KEPT")
FAULTS = (
    Fault(
        "SIGTERM in the middle",
        "to the run, in Transform",
        _signalled(signal.SIGTERM, worker=False, node="Transform"),
        1,
        "It was stopped by SIGTERM",
    ),
    Fault(
        "Ctrl-C in the middle",
        "SIGINT to the run, in ArrowExampleGen",
        _signalled(signal.SIGINT, worker=False, node="ArrowExampleGen"),
        1,
        "It was stopped by SIGINT",
    ),
    Fault(
        "the run is killed",
        "SIGKILL to it, in Transform",
        _signalled(signal.SIGKILL, worker=False, node="Transform"),
        -9,
        "",
    ),
    Fault(
        "the chain's process is killed",
        "SIGKILL to it, in Transform",
        _signalled(signal.SIGKILL, worker=True, node="Transform"),
        1,
        "killed by SIGKILL at Transform",
    ),
    Fault(
        "a process that hangs",
        f"SIGSTOP to the chain's process in Transform; run.deadline {_DEADLINE} s",
        frozen,
        1,
        f"Transform ran past the deadline of {_DEADLINE} s",
    ),
    Fault(
        "two at once, and a third",
        "two more runs while one reads",
        two_at_once,
        5,
        r"BUSY(.|\n)*once more: BUSY(.|\n)*the first: (PUSHED|KEPT)",
        ("NOTHING_NEW",),
        live=False,
    ),
    Fault(
        "rollback during a run",
        "`rollback` while it is in Transform",
        rolled_back_meanwhile,
        0,
        r"rollback ended 0; live is 3, restores 1",
        ("KEPT", "PUSHED"),
        live=False,
    ),
)
