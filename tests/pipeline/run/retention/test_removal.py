"""A removal that is killed anywhere: the next one ends as if nothing had happened."""

import os
import shutil
import signal
import sqlite3
import sys
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from ml_metadata.metadata_store import metadata_store
from ml_metadata.proto import metadata_store_pb2

from perennial import clock, disk
from perennial.store import registry
from perennial.store.ledger import Ledger
from pipeline.config import UseCase
from pipeline.run.retention.on_disk import freed_bytes
from pipeline.run.retention.prune import prune
from tests import small_disk
from tests.pipeline.run.retention.root import BEGIN, Root

# What a process does to files, as Python tells it to those who audit.
_CHANGES: Final = ("os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.link", "sqlite3.connect")


@pytest.fixture
def used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Root:
    return _used(tmp_path / "home", monkeypatch)


def _used(home: Path, monkeypatch: pytest.MonkeyPatch) -> Root:
    """A root with much to remove, a year later."""
    monkeypatch.setattr(clock, "now", lambda: BEGIN)
    root = Root(home)
    with root.opened():
        for number in range(1, 20):
            root.span(str(number), number)
        for number in (1, 2, 3):
            root.version(number)
        for number in range(13):
            root.run(f"20240101T0000{number:02}.000000Z", exit_code=0)
    _record_in_metadata(root.root)
    monkeypatch.setattr(clock, "now", lambda: BEGIN + timedelta(days=366))
    return root


def _record_in_metadata(root: Path) -> None:
    """MLMD knows all outputs, each of an execution of its own."""
    config = metadata_store_pb2.ConnectionConfig()
    config.sqlite.filename_uri = str(root / "metadata.db")
    store = metadata_store.MetadataStore(config)
    kind = store.put_artifact_type(metadata_store_pb2.ArtifactType(name="A"))
    node = store.put_execution_type(metadata_store_pb2.ExecutionType(name="N"))
    uris = map(str, sorted((root / "artifacts").glob("*/*/*")))
    artifacts = store.put_artifacts([metadata_store_pb2.Artifact(type_id=kind, uri=uri) for uri in uris])
    done = metadata_store_pb2.Execution(type_id=node, last_known_state=metadata_store_pb2.Execution.COMPLETE)
    executions = store.put_executions([done] * len(artifacts))
    pairs = zip(executions, artifacts, strict=True)
    event = metadata_store_pb2.Event
    store.put_events([event(execution_id=e, artifact_id=a, type=event.OUTPUT) for e, a in pairs])


def _prune(use_case: UseCase) -> None:
    with closing(Ledger(use_case.root / "ledger.db")) as ledger:
        prune(use_case, ledger)


def _state(root: Path) -> tuple[list[str], dict[str, list[Any]]]:
    """Names of all files and folders, and the rows of the ledger and of MLMD."""
    names = sorted(path.relative_to(root).as_posix() for path in root.rglob("*"))
    tables = ("spans", "outputs", "runs", "versions", "alerts", "judgements")
    with closing(sqlite3.connect(root / "ledger.db")) as ledger:
        rows = {table: ledger.execute(f"SELECT * FROM {table}").fetchall() for table in tables}
    with closing(sqlite3.connect(root / "metadata.db")) as metadata:
        for table in ("Artifact", "Execution", "Event"):
            rows[table] = metadata.execute(f"SELECT * FROM {table}").fetchall()
    return names, rows


def _killed(use_case: UseCase, after: int) -> bool:
    """Prunes in a process that is killed at its change number `after`; says whether it came so far."""
    child = os.fork()
    if child == 0:
        left = after

        def hook(event: str, _: object) -> None:
            nonlocal left
            if event not in _CHANGES:
                return
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(hook)
        _prune(use_case)
        os._exit(0)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


def test_wherever_it_is_killed_the_next_one_ends_the_same(used: Root, tmp_path: Path) -> None:
    root = used.root
    shutil.copytree(root, tmp_path / "saved")
    _prune(used.use_case)
    undisturbed = _state(root)
    after = 1
    while True:
        shutil.rmtree(root)
        shutil.copytree(tmp_path / "saved", root)
        if not _killed(used.use_case, after):
            break
        _prune(used.use_case)
        state = _state(root)
        assert (set(state[0]) ^ set(undisturbed[0]), after) == (set(), after)
        assert state == undisturbed, after
        after += 1 + after // 2
    assert after > 40


def test_a_full_disk_has_room_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The ledger is written into the room of the reserve, which is set aside again."""
    home = tmp_path / "home"
    home.mkdir()
    with small_disk.mounted(home, mib=12):
        root = _used(home, monkeypatch)
        assert disk.Reserve(root.root).keep()
        small_disk.fill(home)
        assert disk.is_full(root.root)
        _prune(root.use_case)
        assert registry.numbers(root.root / "models") == [2, 3]
        assert [path.name for path in (root.root / "spans").iterdir()]
        assert disk.Reserve(root.root).is_kept


def test_what_was_removed_is_recorded_once_and_a_second_prune_finds_nothing(used: Root) -> None:
    with closing(Ledger(used.root / "ledger.db")) as ledger:
        runs = ledger.figures.runs_by_verdict()
        first = prune(used.use_case, ledger)
        recorded = ledger.prunes.last()
        assert recorded is not None
        assert recorded["removed"]["runs"] == 3
        assert recorded["bytes"] == first.total_bytes > 0
        assert ledger.figures.runs_by_verdict() == runs == {"KEPT": 13}
        assert prune(used.use_case, ledger).goes == ()
        assert ledger.prunes.last() == recorded
        removed = {row["version"]: row["removed"] is not None for row in ledger.versions.all()}
        assert removed == {1: True, 2: False, 3: False}


def test_records_of_prunes_go_after_a_while_and_the_count_of_runs_goes_on(
    used: Root, monkeypatch: pytest.MonkeyPatch
) -> None:
    with used.opened():
        prune(used.use_case, used.ledger)
        monkeypatch.setattr(clock, "now", lambda: BEGIN + timedelta(days=500))
        for number in range(3):
            used.run(f"20250515T0000{number:02}.000000Z", exit_code=0)
        prune(used.use_case, used.ledger)
        assert used.ledger.figures.runs_by_verdict() == {"KEPT": 16}
    with closing(sqlite3.connect(used.root / "ledger.db")) as ledger:
        assert [at[:10] for (at,) in ledger.execute("SELECT at FROM prunes")] == ["2025-05-15"]


def test_a_link_is_freed_with_its_last_name(used: Root) -> None:
    folder = used.root / "artifacts" / "links"
    folder.mkdir()
    (folder / "one").write_bytes(b"x" * 10_000)
    os.link(folder / "one", folder / "two")
    assert freed_bytes({"rows": [folder / "one"]}) == {"rows": 0}
    both = freed_bytes({"rows": [folder / "one"], "outputs": [folder / "two"]})
    assert both["rows"] == 0
    assert both["outputs"] >= 10_000
