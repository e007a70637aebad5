"""Roots of former releases, each packed as one JSON file: text by path; the ledger is SQL.

`python -m tests.pipeline.run.former_root FILE` makes one with the release that it runs in; it was run in
commit b8adb37 for root_format_2.json. A root has no data set: its exports are a line each.
"""

import json
import sqlite3
import sys
import tempfile
from contextlib import closing
from pathlib import Path

from perennial.store import registry
from perennial.store.ledger import Ledger
from tests.pipeline.run.scene import Scene
from tests.pipeline.run.scripted import Script

_HOME = "@HOME@"
_NOT_PACKED = ("*.db", "reserve", "lock", ".lock", "*.txt", "schema.pbtxt", "by hand/*")


def unpack(file: Path, home: Path) -> None:
    """Lays a packed root into a home; the caller makes MLMD's file."""
    for name, text in json.loads(file.read_text()).items():
        path = home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix != ".sql":
            path.write_text(text.replace(_HOME, str(home)))
            continue
        with closing(sqlite3.connect(path.with_suffix(".db"))) as ledger:
            ledger.executescript(text.replace(_HOME, str(home)))


def _pack(home: Path) -> dict[str, str]:
    packed = {}
    for path in sorted(path for path in home.rglob("*") if path.is_file()):
        if any(path.match(pattern) for pattern in _NOT_PACKED):
            continue
        packed[str(path.relative_to(home))] = path.read_text().replace(str(home), _HOME)
    with closing(sqlite3.connect(home / "flights" / "ledger.db")) as ledger:
        (number,) = ledger.execute("PRAGMA user_version").fetchone()
        lines = [*ledger.iterdump(), f"PRAGMA user_version={number};"]
    # The scripted worker of that release wrote no statistics: an empty file stands for them.
    for uri in sorted((home / "flights" / "artifacts" / "SpanStatistics" / "statistics").iterdir()):
        packed[str(uri.relative_to(home) / "Split-span/FeatureStats.pb")] = ""
        lines = [line for line in lines if f"VALUES('{uri}'" not in line]
    packed["flights/ledger.sql"] = "\n".join(lines).replace(str(home), _HOME)
    return packed


def _make(home: Path) -> None:
    """Spans accepted, let through by a person, refused; and two versions, one with a whole card."""
    scene = Scene(home)
    scene.metadata()
    for span in ("1", "2"):
        scene.land(span)
    scene.run(Script(gates={"2": "WARN"}))
    scene.land("3")
    scene.run(Script(gates={"3": "BLOCK"}, candidate="bad"))
    with scene.ledger() as ledger:
        ledger.spans.decide("3", "accept", "a holiday")
    scene.run(Script(candidate="bad"))
    scene.land("4")
    scene.run(Script(gates={"4": "REFUSED"}))
    with scene.ledger() as ledger:
        _publish(scene, ledger)


def _publish(scene: Scene, ledger: Ledger) -> None:
    """As the pusher does, with a card of the spans in use."""
    used = [version for name in ("1", "2", "3") if (version := ledger.spans.in_use(name))]
    spans = [
        {"span": each.span, "version": each.version, "digest": each.digest, "rows": 9, "train_rows": 9}
        for each in used
    ]
    source = scene.use_case.home / "by hand"
    source.mkdir()
    (source / "saved_model.pb").write_text("a model of 27 rows")
    card = {"spans": spans, "trained_on": {"rows": 27}}
    registry.publish(
        scene.use_case.models_folder, ledger, source, card, champion=1, run_id="", why="It is better."
    )


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / "home"
        _make(made)
        Path(sys.argv[1]).write_text(json.dumps(_pack(made), indent=1) + "\n")
