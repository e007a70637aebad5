"""Faults of what lies on the disk: databases, outputs of nodes, the live model cut short, altered, gone."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from benchmarks.proofs.faults.scene import Fault, Scene, Told
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


def _database(name: str, harm: Harm) -> Callable[[Scene], AbstractContextManager[Told]]:
    @contextmanager
    def inject(scene: Scene) -> Iterator[Told]:
        harm(scene.root / name)
        looked = scene.command("doctor")
        told = scene.run()
        yield Told(told.code, f"{told.text}\ndoctor: {looked.code} {looked.text}", told.verdict)

    return inject


def _outputs(nodes: tuple[str, ...], harm: Harm) -> Callable[[Scene], AbstractContextManager[Told]]:
    """Harms the largest file of each node's newest output; then a run is told that would use them again."""

    @contextmanager
    def inject(scene: Scene) -> Iterator[Told]:
        for node in nodes:
            newest = max(
                (path for path in (scene.root / "artifacts" / node).glob("*/*") if path.name.isdecimal()),
                key=lambda path: int(path.name),
            )
            files = [path for path in newest.rglob("*") if path.is_file() and path.stat().st_size]
            harm(max(files, key=lambda path: path.stat().st_size))
        scene.edit(_YAML, "threshold: 0.5", "threshold: 0.4")
        told = scene.run()
        states = {node["name"]: node["state"] for node in told.answer.get("nodes", ())}
        again = [node for node in nodes if states.get(node) == "COMPLETE"]
        yield Told(told.code, f"{told.text}\nran again: {', '.join(again)}", told.verdict)

    return inject


def _model(harm: Harm) -> Callable[[Scene], AbstractContextManager[Told]]:
    @contextmanager
    def inject(scene: Scene) -> Iterator[Told]:
        harm(scene.root / "models" / "1")
        yield scene.run()

    return inject


def _largest(harm: Harm) -> Harm:
    return lambda folder: harm(max(folder.rglob("*"), key=lambda path: path.stat().st_size * path.is_file()))


def _damaged(name: str, nodes: tuple[str, ...], how: str, harm: Harm) -> Fault:
    # A judgement stands without the gate's output: that one is removed, and made anew when it is asked for.
    says = "Damaged outputs were removed.*" + ".*".join(
        f"{node}/" for node in (nodes if len(nodes) == 1 else ())
    )
    return Fault(name, how, _outputs(nodes, harm), 0, says, ("NOTHING_NEW",), live=False, landed=False)


FAULTS = (
    Fault(
        "ledger cut short",
        "truncated to its half",
        _database("ledger.db", truncated),
        0,
        "ledger",
        ("NOTHING_NEW",),
        live=False,
        landed=False,
    ),
    Fault(
        "ledger that is no database",
        "overwritten with text",
        _database("ledger.db", _noise),
        0,
        "ledger",
        ("NOTHING_NEW",),
        live=False,
        landed=False,
    ),
    Fault(
        "ledger gone",
        "unlinked",
        _database("ledger.db", Path.unlink),
        0,
        "ledger",
        ("NOTHING_NEW",),
        live=False,
        landed=False,
    ),
    Fault(
        "MLMD's file cut short",
        "truncated to its half",
        _database("metadata.db", truncated),
        0,
        r"metadata\.db is damaged",
        ("NOTHING_NEW",),
        live=False,
        landed=False,
    ),
    Fault(
        "MLMD's file gone",
        "unlinked",
        _database("metadata.db", Path.unlink),
        0,
        r"metadata\.db is gone",
        ("NOTHING_NEW",),
        live=False,
        landed=False,
    ),
    Fault(
        "all artifacts gone",
        "the folder removed",
        _database("artifacts", shutil.rmtree),
        0,
        "Damaged outputs were removed",
        ("NOTHING_NEW",),
        live=False,
        landed=False,
    ),
    *(
        _damaged(f"output of {node} altered", (node,), "one byte of its largest file turned", altered)
        for node in _NODES
    ),
    _damaged("outputs of all nodes truncated", _NODES, "the largest file of each cut to its half", truncated),
    _damaged("outputs of all nodes gone", _NODES, "the largest file of each unlinked", Path.unlink),
    Fault(
        "live model altered",
        "one byte of its largest file turned",
        _model(_largest(altered)),
        0,
        "files of version 1 have changed since it was published. It counts as absent",
        ("NOTHING_NEW",),
        live=False,
        landed=False,
    ),
    Fault(
        "live model without its card",
        "model_card.json unlinked",
        _model(lambda folder: (folder / CARD_FILE).unlink()),
        0,
        "no readable model card. It counts as absent",
        ("NOTHING_NEW",),
        live=False,
        landed=False,
    ),
    Fault(
        "live model cut short",
        "its largest file truncated",
        _model(_largest(truncated)),
        0,
        "It counts as absent",
        ("NOTHING_NEW",),
        live=False,
        landed=False,
    ),
)
