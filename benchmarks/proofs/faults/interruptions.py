"""Faults in the middle of a run: it is stopped, killed, frozen, met by another run or by a rollback."""

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks.proofs.faults.sandbox import CommandResult, InjectedFault, Injection, Sandbox, command_result
from perennial.store import registry
from perennial.store.ledger import Ledger
from pipeline.run import lock

_YAML = "pipeline/use_cases/flights.yaml"
_DEADLINE = 25  # seconds: the chain's imports and the first nodes fit into it


def _signalled(number: signal.Signals, *, worker: bool, node: str) -> Injection:
    """Sends a signal to the run, or to the chain's process, as a node begins."""

    @contextmanager
    def inject(sandbox: Sandbox) -> Iterator[CommandResult]:
        running = sandbox.start("run", "flights", "--json")
        sandbox.until(running, node)
        (sandbox.chain_process(running) if worker else running).send_signal(number)
        out, err = running.communicate()
        _wait_until_free(sandbox)
        yield command_result(running.returncode, out, err)

    return inject


def _wait_until_free(sandbox: Sandbox) -> None:
    while lock.is_held(sandbox.root / "lock"):
        time.sleep(0.1)


@contextmanager
def frozen(sandbox: Sandbox) -> Iterator[CommandResult]:
    sandbox.edit(_YAML, "deadline: 2h", f"deadline: {_DEADLINE}s")
    running = sandbox.start("run", "flights", "--json")
    sandbox.until(running, "Transform")
    sandbox.chain_process(running).suspend()
    out, err = running.communicate()
    yield command_result(running.returncode, out, err)
    sandbox.edit(_YAML, f"deadline: {_DEADLINE}s", "deadline: 2h")


@contextmanager
def two_at_once(sandbox: Sandbox) -> Iterator[CommandResult]:
    first = sandbox.start("run", "flights", "--json")
    sandbox.until(first, "ArrowExampleGen")
    second = sandbox.run()
    third = sandbox.run()
    out, err = first.communicate()
    yield second.adding(
        f"the third: {third.verdict}\nthe first: {command_result(first.returncode, out, err).verdict}"
    )


@contextmanager
def rolled_back_meanwhile(sandbox: Sandbox) -> Iterator[CommandResult]:
    models = sandbox.root / "models"
    card = (registry.versions(models)[0].card) or {}
    ledger = Ledger(sandbox.root / "ledger.db")
    registry.publish(
        models, ledger, models / "1", card, champion=1, run_id="", why="a second one, for the proof"
    )
    ledger.close()
    running = sandbox.start("run", "flights", "--json")
    sandbox.until(running, "Transform")
    back = sandbox.command("rollback", "flights", "--to", "1", "--why", "a proof")
    out, err = running.communicate()
    result = command_result(running.returncode, out, err)
    live = registry.live(models)
    card = (live.card if live else None) or {}
    yield result.adding(
        f"rollback ended {back.code}; live is {live and live.number}, restores {card.get('restores')}"
    )


FAULTS = (
    InjectedFault(
        "SIGTERM in the middle",
        "to the run, in Transform",
        _signalled(signal.SIGTERM, worker=False, node="Transform"),
        1,
        ("FAILED",),
        names=("SIGTERM",),
    ),
    InjectedFault(
        "Ctrl-C in the middle",
        "SIGINT to the run, in ArrowExampleGen",
        _signalled(signal.SIGINT, worker=False, node="ArrowExampleGen"),
        1,
        ("FAILED",),
        names=("SIGINT",),
    ),
    InjectedFault(
        "the run is killed",
        "SIGKILL to it, in Transform",
        _signalled(signal.SIGKILL, worker=False, node="Transform"),
        -9,
    ),
    InjectedFault(
        "the chain's process is killed",
        "SIGKILL to it, in Transform",
        _signalled(signal.SIGKILL, worker=True, node="Transform"),
        1,
        ("FAILED",),
        names=("SIGKILL", "Transform"),
    ),
    InjectedFault(
        "a process that hangs",
        f"SIGSTOP to the chain's process in Transform; run.deadline {_DEADLINE} s",
        frozen,
        1,
        ("FAILED",),
        names=("Transform", f"{_DEADLINE} s", r"run\.deadline"),
    ),
    InjectedFault(
        "two at once, and a third",
        "two more runs while one reads",
        two_at_once,
        5,
        ("BUSY",),
        names=("the third: BUSY", "the first: (PUSHED|KEPT)"),
        then=("NOTHING_NEW",),
        live=False,
    ),
    InjectedFault(
        "rollback during a run",
        "`rollback` while it is in Transform",
        rolled_back_meanwhile,
        0,
        ("KEPT",),
        names=("rollback ended 0; live is 3, restores 1",),
        then=("KEPT", "PUSHED"),
        live=False,
    ),
)
