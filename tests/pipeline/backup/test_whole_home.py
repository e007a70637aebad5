"""A home that was copied, also in the middle of a run, goes on under another path."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from perennial.errors import CopyFailed, LedgerDamaged
from pipeline import files_lock
from pipeline.backup.bring_back import bring_back
from pipeline.backup.save import save
from tests.pipeline.run.former_root import unpack
from tests.pipeline.run.scene import Scene, trained_scene
from tests.pipeline.run.scripted import Script
from tests.pipeline.run.test_former_root import PACKED


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A trained home, which has been moved aside: no test writes to it."""
    home = tmp_path_factory.mktemp("whole") / "home"
    trained_scene(home)
    return home.rename(home.with_name("trained"))


@pytest.fixture
def scene(trained: Path, monkeypatch: pytest.MonkeyPatch) -> Scene:
    """Version 1 was trained on spans 1 to 3, and is live; in a copy at the path where it was trained."""
    home = trained.with_name("home")
    shutil.rmtree(home, ignore_errors=True)
    shutil.copytree(trained, home, symlinks=True)
    monkeypatch.setenv("PERENNIAL_HOME", str(home))
    return Scene(home)


def _restored(file: Path, home: Path) -> Scene:
    bring_back(file, home)
    return Scene(home)


def _tree(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


@pytest.mark.parametrize("is_moved", [True, False])
def test_restored_a_run_has_nothing_new_and_reads_only_one_more_export(
    scene: Scene, tmp_path: Path, is_moved: bool
) -> None:
    save(tmp_path / "b.tar")
    shutil.rmtree(scene.use_case.home)
    home = tmp_path / "with é and a space" if is_moved else scene.use_case.home
    restored = _restored(tmp_path / "b.tar", home)
    script = Script()
    assert (restored.run(script).verdict, script.passes) == ("NOTHING_NEW", [])
    restored.land("4")
    assert (restored.run(script).verdict, script.passes) == ("PUSHED", ["4", ""])
    assert script.others["4"] == ["1", "2", "3"]


def test_exports_that_a_person_has_judged_and_models_are_as_they_were(scene: Scene, tmp_path: Path) -> None:
    scene.land("4")
    assert scene.run(Script(gates={"4": "BLOCK"})).verdict == "DATA_BLOCKED"
    with scene.ledger() as ledger:
        ledger.spans.decide("4", "accept", "It is right.")
    (scene.root / "requests").mkdir()
    (scene.root / "requests" / "log.csv").write_text("a request")
    save(tmp_path / "b.tgz")
    restored = _restored(tmp_path / "b.tgz", tmp_path / "new")
    assert _tree(restored.use_case.exports_folder) == _tree(scene.use_case.exports_folder)
    assert (restored.root / "requests" / "log.csv").read_text() == "a request"
    before, after = (_tree(each.root / "models") for each in (scene, restored))
    assert before.pop(".lock") == b""
    assert before == {name: content for name, content in after.items() if name != ".lock"}
    summary = restored.run()
    assert (summary.verdict, summary.trained_on and summary.trained_on.spans) == (
        "PUSHED",
        ("2", "3", "4"),
    )


@pytest.mark.parametrize("node", ["SpanStatistics", "AtomicPusher"])
def test_a_copy_in_the_middle_of_a_run_is_the_root_of_a_run_that_was_killed_there(
    scene: Scene, tmp_path: Path, node: str
) -> None:
    scene.land("4")

    def copy() -> None:
        save(tmp_path / "b.tar")

    scene.run(Script(at={node: copy}))
    restored = _restored(tmp_path / "b.tar", tmp_path / "new")
    with restored.ledger() as ledger:
        assert len(ledger.runs.interrupted()) == 1
        noted = ledger.outputs.digests()
    folders = {str(path) for path in restored.root.glob("artifacts/*/*/*") if path.is_dir()}
    assert folders == set(noted)
    summary = restored.run()
    assert summary.trained_on is not None
    assert (summary.verdict, summary.live_version) == ("PUSHED", 2)
    assert summary.trained_on.spans == ("2", "3", "4")


def test_what_a_run_writes_while_files_are_copied_is_not_in_the_copy(
    scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run begins, ends and pushes between the copy of the ledger and that of the files."""
    scene.land("4")
    during = _at_gethostname(monkeypatch, lambda: scene.run())
    save(tmp_path / "b.tar")
    assert during == ["PUSHED"]
    restored = _restored(tmp_path / "b.tar", tmp_path / "new")
    assert sorted(path.name for path in (restored.root / "models").glob("[0-9]*")) == ["1"]
    assert len(list((restored.root / "runs").iterdir())) == 1
    script = Script()
    summary = restored.run(script)
    assert (summary.verdict, summary.live_version, script.passes) == ("PUSHED", 2, ["4", ""])


def _at_gethostname(monkeypatch: pytest.MonkeyPatch, run: Callable[[], object]) -> list[object]:
    """Has something happen when the backup asks for the machine's name: all databases are copied then."""
    done: list[object] = []

    def name() -> str:
        if not done:
            done.append(getattr(run(), "verdict", None))
        return "here"

    monkeypatch.setattr("socket.gethostname", name)
    return done


def test_a_version_whose_row_a_killed_run_did_not_write_is_in_the_copy(scene: Scene, tmp_path: Path) -> None:
    scene.publish()
    with scene.ledger() as ledger:
        ledger._connection.execute("DELETE FROM versions WHERE version = 2")
    save(tmp_path / "b.tar")
    restored = _restored(tmp_path / "b.tar", tmp_path / "new")
    live = restored.live()
    assert (live and live.number, live and live.damage()) == (2, "")


def test_an_export_elsewhere_is_named_and_not_copied(
    scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = scene.use_case.model_copy(
        update={"exports": scene.use_case.exports.model_copy(update={"path": tmp_path / "share"})}
    )
    monkeypatch.setattr("pipeline.config.load", lambda _: elsewhere)
    (scene.use_case.home / "exports").rename(tmp_path / "share")
    content = save(tmp_path / "b.tar")["use_cases"]["flights"]
    assert (content["exports"], content["exports_elsewhere"]) == (False, str(tmp_path / "share"))


def test_digests_of_exports_are_known_after_a_restore(scene: Scene, tmp_path: Path) -> None:
    save(tmp_path / "b.tar")
    restored = _restored(tmp_path / "b.tar", tmp_path / "new")
    with restored.ledger() as ledger:
        assert ledger.files.is_known(restored.use_case.exports_folder / "1" / "part.csv")


def test_hard_links_stay_links(scene: Scene, tmp_path: Path) -> None:
    output = next(scene.root.glob("artifacts/ArrowExampleGen/examples/*"))
    os.link(output / "summary.json", output / "again.json")
    save(tmp_path / "b.tar")
    restored = _restored(tmp_path / "b.tar", tmp_path / "new")
    first, again = (
        next(restored.root.glob(f"artifacts/ArrowExampleGen/examples/*/{name}.json"))
        for name in ("summary", "again")
    )
    assert first.samefile(again)


def test_a_home_of_an_older_release_is_restored_and_then_converted(home: Path, tmp_path: Path) -> None:
    unpack(PACKED, home)
    former = Scene(home)
    former.metadata()
    save(tmp_path / "b.tar")
    restored = _restored(tmp_path / "b.tar", tmp_path / "new")
    summary = restored.run()
    assert summary.reason.startswith("ledger.db was converted from format 2")
    assert summary.verdict == "PUSHED"


def test_locks_reserve_and_what_is_half_written_are_not_copied(scene: Scene, tmp_path: Path) -> None:
    for name in (
        ".trash",
        "tmp",
        "checkpoints",
        "models/.stage-3.x",
        "runs/.r.x",
        "artifacts/Trainer/model/99",
    ):
        (scene.root / name).mkdir(parents=True)
        (scene.root / name / "file").touch()
    save(tmp_path / "b.tar")
    restored = _restored(tmp_path / "b.tar", tmp_path / "new")
    assert sorted(path.name for path in restored.root.iterdir()) == [
        *("artifacts", "drift", "ledger.db", "metadata.db", "models", "runs", "schemas")
    ]
    assert not list(restored.root.glob("**/file"))


def test_pruning_and_a_copy_exclude_each_other(scene: Scene, tmp_path: Path) -> None:
    with files_lock.shared(scene.root):
        save(tmp_path / "b.tar")
        with (
            pytest.raises(Exception, match="A backup or a backtest uses the files of flights"),
            files_lock.alone(scene.root),
        ):
            pass
    with files_lock.alone(scene.root):
        pass


def test_a_damaged_database_is_not_copied(scene: Scene, tmp_path: Path) -> None:
    (scene.root / "ledger.db").write_text("damaged")
    with pytest.raises(LedgerDamaged, match=r"ledger\.db is damaged\. Run `run flights`"):
        save(tmp_path / "b.tar")
    assert not list(tmp_path.iterdir())


def test_of_a_backtest_the_results_are_copied_and_not_its_work(scene: Scene, tmp_path: Path) -> None:
    for name in ("lock", "results/1.json", "1_3/report.html", "work/flights/ledger.db"):
        (scene.root / "backtests" / name).parent.mkdir(parents=True, exist_ok=True)
        (scene.root / "backtests" / name).touch()
    save(tmp_path / "b.tar")
    restored = _restored(tmp_path / "b.tar", tmp_path / "new")
    assert _tree(restored.root / "backtests").keys() == {"results/1.json", "1_3/report.html"}


@pytest.mark.parametrize("is_replaced", [True, False])
def test_a_complete_export_that_is_replaced_or_removed_while_it_is_copied_ends_the_backup(
    scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_replaced: bool
) -> None:
    """Else the copy would have files of two exports, or half of one, and a marker that it is complete."""
    folder = scene.use_case.exports_folder / "2"

    def change() -> None:
        if is_replaced:
            (folder / "part.csv").unlink()
            (folder / "part.csv").write_text("other rows\n")
        else:
            shutil.rmtree(folder)

    os.link(folder / "part.csv", tmp_path / "former")  # so that no new file gets its inode
    _at_gethostname(monkeypatch, change)
    with pytest.raises(CopyFailed, match=r"2/[a-zA-Z_.]+ was replaced or removed while it was copied"):
        save(tmp_path / "b.tar")
    assert [path.name for path in tmp_path.iterdir()] == ["former"]


def test_an_export_that_is_still_written_may_change_while_it_is_copied(
    scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.land("4")
    (scene.use_case.exports_folder / "4" / "_SUCCESS").unlink()
    _at_gethostname(monkeypatch, (scene.use_case.exports_folder / "4" / "part.csv").unlink)
    save(tmp_path / "b.tar")
    restored = _restored(tmp_path / "b.tar", tmp_path / "new")
    assert not list((restored.use_case.exports_folder / "4").iterdir())


def test_names_that_are_no_utf8_stay_as_they_are(scene: Scene, tmp_path: Path) -> None:
    folder = scene.use_case.exports_folder / "1"
    name = os.fsdecode(b"\xff.csv")
    (folder / name).write_text("rows")
    os.link(folder / name, folder / f"more-{name}")
    (folder / "link").symlink_to(name)
    content = save(tmp_path / "b.tar")
    assert [each["why"] for each in content["left_out"]] == ["a symbolic link to a name that is not UTF-8"]
    restored = _restored(tmp_path / "b.tar", tmp_path / "new").use_case.exports_folder / "1"
    assert {path.name for path in restored.iterdir()} == {"_SUCCESS", "part.csv", name, f"more-{name}"}
    assert (restored / f"more-{name}").read_text() == "rows"
