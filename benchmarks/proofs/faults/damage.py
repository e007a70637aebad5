"""Faults of what lies on the disk: databases, outputs of nodes, the live model cut short, altered, gone."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.proofs.faults.sandbox import CommandResult, InjectedFault, Injection, Sandbox
from serving.model.folder import CARD_FILE

_YAML = "pipeline/use_cases/flights.yaml"
_NODES = ("ArrowExampleGen", "SpanStatistics", "DataGate", "Window", "Transform", "Trainer", "Evaluator")
Harm = Callable[[Path], object]


def truncated(path: Path) -> None:
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2)


def altered(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.unlink()  # it may be hard-linked to another artifact, which is to stay whole
    path.write_bytes(data)


def _noise(path: Path) -> None:
    path.write_bytes(b"no database " * 1000)


def _database(name: str, harm: Harm) -> Injection:
    @contextmanager
    def inject(sandbox: Sandbox) -> Iterator[CommandResult]:
        harm(sandbox.root / name)
        looked = sandbox.command("doctor")
        result = sandbox.run()
        yield result.adding(f"doctor: {looked.code} {looked.text}")

    return inject


def _outputs(nodes: tuple[str, ...], harm: Harm) -> Injection:
    """Harms the largest file of each node's newest output, then starts a run that would use them again."""

    @contextmanager
    def inject(sandbox: Sandbox) -> Iterator[CommandResult]:
        for node in nodes:
            newest = max(
                (path for path in (sandbox.root / "artifacts" / node).glob("*/*") if path.name.isdecimal()),
                key=lambda path: int(path.name),
            )
            files = [path for path in newest.rglob("*") if path.is_file() and path.stat().st_size]
            harm(max(files, key=lambda path: path.stat().st_size))
        sandbox.edit(_YAML, "threshold: 0.5", "threshold: 0.4")
        result = sandbox.run()
        states = {node["name"]: node["state"] for node in result.answer.get("nodes", ())}
        again = [node for node in nodes if states.get(node) == "COMPLETE"]
        yield result.adding(f"ran again: {', '.join(again)}")

    return inject


def _model(harm: Harm) -> Injection:
    @contextmanager
    def inject(sandbox: Sandbox) -> Iterator[CommandResult]:
        harm(sandbox.root / "models" / "1")
        result = sandbox.run()
        yield result.adding(f"champion: {result.answer.get('champion')}")

    return inject


def _largest(harm: Harm) -> Harm:
    return lambda folder: harm(max(folder.rglob("*"), key=lambda path: path.stat().st_size * path.is_file()))


def _fault(name: str, how: str, inject: Injection, *names: str) -> InjectedFault:
    """What is damaged is restored or made again, and the run ends as any other."""
    ends = ("PUSHED", "KEPT", "NOTHING_NEW")
    return InjectedFault(
        name, how, inject, 0, ends, names=names, then=("NOTHING_NEW",), live=False, landed=False
    )


def _damaged(name: str, nodes: tuple[str, ...], how: str, harm: Harm) -> InjectedFault:
    # A judgement stands without the gate's output: that one is removed, and made again when it is needed.
    return _fault(name, how, _outputs(nodes, harm), *(f"{node}/" for node in nodes if len(nodes) == 1))


_NO_CHAMPION = (r"[Vv]ersion 1\b", "champion: None")
FAULTS = (
    _fault("ledger cut short", "truncated to half", _database("ledger.db", truncated), r"ledger\.db"),
    _fault("ledger that is not a database", "overwritten", _database("ledger.db", _noise), r"ledger\.db"),
    _fault("ledger missing", "unlinked", _database("ledger.db", Path.unlink), r"ledger\.db"),
    _fault(
        "MLMD's file cut short", "truncated to half", _database("metadata.db", truncated), r"metadata\.db"
    ),
    _fault("MLMD's file missing", "unlinked", _database("metadata.db", Path.unlink), r"metadata\.db"),
    _fault(
        "all artifacts missing",
        "the folder removed",
        _database("artifacts", shutil.rmtree),
        *(f"{node}/" for node in _NODES),
    ),
    *(
        _damaged(f"output of {node} altered", (node,), "one byte of its largest file turned", altered)
        for node in _NODES
    ),
    _damaged("outputs of all nodes truncated", _NODES, "the largest file of each cut to its half", truncated),
    _damaged("outputs of all nodes missing", _NODES, "the largest file of each unlinked", Path.unlink),
    _fault(
        "live model altered", "one byte of its largest file turned", _model(_largest(altered)), *_NO_CHAMPION
    ),
    _fault(
        "live model without its card",
        "model_card.json unlinked",
        _model(lambda folder: (folder / CARD_FILE).unlink()),
        *_NO_CHAMPION,
    ),
    _fault("live model cut short", "its largest file truncated", _model(_largest(truncated)), *_NO_CHAMPION),
)
