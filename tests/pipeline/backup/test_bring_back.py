"""A restore changes nothing of what is there, and leaves nothing half, whenever it ends."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from perennial.errors import Busy, DiskFull, UsageError
from perennial.store.ledger import Ledger
from pipeline.backup.bring_back import bring_back
from pipeline.backup.save import save


@pytest.fixture
def backup(home: Path, tmp_path: Path) -> Path:
    """A backup of two use cases, with exports and a log of the schedule."""
    for name in ("flights", "trains"):
        for folder in (home / name, home / "exports" / name / "1", home / "schedule"):
            folder.mkdir(parents=True, exist_ok=True)
        Ledger(home / name / "ledger.db").close()
        (home / "exports" / name / "1" / "part.csv").write_text(name)
        (home / "schedule" / f"{name}.log").write_text(f"log of {name}")
    save(tmp_path / "b.tar.gz")
    return tmp_path / "b.tar.gz"


def _files(home: Path) -> dict[str, bytes]:
    return {str(path.relative_to(home)): path.read_bytes() for path in home.rglob("*") if path.is_file()}


def _at_sync(monkeypatch: pytest.MonkeyPatch, happening: Callable[[], object]) -> None:
    """Has something happen when all is extracted and is brought to the disk."""

    original = os.sync

    def sync() -> None:
        monkeypatch.setattr(os, "sync", original)
        happening()

    monkeypatch.setattr(os, "sync", sync)


WHOLE = {
    *("exports/flights/1/part.csv", "exports/trains/1/part.csv"),
    *("flights/ledger.db", "trains/ledger.db"),
    *("schedule/flights.log", "schedule/trains.log"),
}


def test_all_of_a_home_is_restored_for_its_user_alone(backup: Path, tmp_path: Path) -> None:
    answer = bring_back(backup, tmp_path / "new" / "home")
    home = tmp_path / "new" / "home"
    assert _files(home).keys() == WHOLE
    assert {path.stat().st_mode & 0o777 for path in (home, home / "flights", home / "trains")} == {0o700}
    assert (answer["moved"], answer["finished"], answer["without_code"]) == (True, False, ["trains"])


def test_one_use_case_of_several(backup: Path, tmp_path: Path) -> None:
    answer = bring_back(backup, tmp_path / "new", ["trains"])
    assert _files(tmp_path / "new").keys() == {name for name in WHOLE if "trains" in name}
    assert list(answer["use_cases"]) == ["trains"]
    bring_back(backup, tmp_path / "new", ["flights"])
    assert _files(tmp_path / "new").keys() == WHOLE
    with pytest.raises(UsageError, match=r"The backup has no use case 'fligths'\. Did you mean 'flights'"):
        bring_back(backup, tmp_path / "new", ["fligths"])


@pytest.mark.parametrize("there", ["flights/notes.txt", "exports/trains/2/part.csv"])
def test_what_is_there_already_is_named_and_stays(backup: Path, tmp_path: Path, there: str) -> None:
    file = tmp_path / "new" / there
    file.parent.mkdir(parents=True)
    file.write_text("mine")
    folder = file.parent if there.startswith("flights") else file.parents[1]
    with pytest.raises(UsageError, match=f"1 folder is there already: {folder}"):
        bring_back(backup, tmp_path / "new")
    assert _files(tmp_path / "new") == {there: b"mine"}


def test_empty_folders_are_no_use_cases(backup: Path, tmp_path: Path) -> None:
    (tmp_path / "new" / "flights").mkdir(parents=True)
    bring_back(backup, tmp_path / "new")
    assert _files(tmp_path / "new").keys() == WHOLE


class _Signal(BaseException):
    """As of a signal."""


def test_one_that_is_stopped_before_all_is_checked_leaves_nothing(
    backup: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop() -> None:
        raise _Signal

    _at_sync(monkeypatch, stop)
    with pytest.raises(_Signal):
        bring_back(backup, tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_what_a_killed_one_left_is_removed_by_the_next(backup: Path, tmp_path: Path) -> None:
    for folder in (
        tmp_path / "new" / ".restore" / "flights",
        tmp_path / "new" / "exports" / ".restore" / "x",
    ):
        folder.mkdir(parents=True)
        (folder / "half").touch()
    bring_back(backup, tmp_path / "new")
    assert _files(tmp_path / "new").keys() == WHOLE


def test_one_that_was_ended_between_two_use_cases_is_finished_by_the_next(
    backup: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    new = tmp_path / "new"

    def block() -> None:
        (new / "exports" / "trains" / "2").mkdir(parents=True)

    _at_sync(monkeypatch, block)
    with pytest.raises(UsageError, match=f"{new}/exports/trains appeared while the backup was restored"):
        bring_back(backup, new)
    assert (new / "flights" / "ledger.db").is_file()
    assert not (new / "trains").exists()
    (new / "exports" / "trains" / "2").rmdir()
    assert bring_back(backup, new)["finished"]
    assert _files(new).keys() == WHOLE
    with pytest.raises(UsageError, match="4 folders are there already"):
        bring_back(backup, new)
    assert not (new / ".restore").exists()


def test_a_ready_one_of_another_backup_is_not_finished(
    backup: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    new = tmp_path / "new"
    _at_sync(monkeypatch, lambda: (new / "exports" / "flights" / "2").mkdir(parents=True))
    with pytest.raises(UsageError):
        bring_back(backup, new)
    (new / "exports" / "flights" / "2").rmdir()
    save(backup)
    assert not bring_back(backup, new)["finished"]
    assert _files(new).keys() == WHOLE


def test_two_at_once_are_refused(backup: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    refused = []

    def again() -> None:
        with pytest.raises(Busy) as busy:
            bring_back(backup, tmp_path / "new")
        refused.append(busy.value.exit_code)

    _at_sync(monkeypatch, again)
    bring_back(backup, tmp_path / "new")
    assert refused == [5]
    assert _files(tmp_path / "new").keys() == WHOLE


def test_space_is_expected_for_what_is_restored_and_once_for_hard_links(
    home: Path, backup: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = home / "exports" / "trains" / "1"
    (folder / "part.csv").write_bytes(bytes(1 << 20))
    for number in range(4):
        os.link(folder / "part.csv", folder / f"{number}.csv")
    save(backup)
    free = 2 << 20
    monkeypatch.setattr("perennial.disk.free_bytes", lambda _: free)
    bring_back(backup, tmp_path / "new", ["trains"])
    assert (tmp_path / "new" / "exports" / "trains" / "1" / "3.csv").stat().st_nlink == 5
    free = 1 << 20
    bring_back(backup, tmp_path / "new", ["flights"])
    with pytest.raises(DiskFull, match="What is restored takes about 1"):
        bring_back(backup, tmp_path / "newer", ["trains"])


def test_too_little_space_is_reported_before_anything_is_written(
    backup: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("perennial.disk.free_bytes", lambda _: 1000)
    with pytest.raises(DiskFull, match="nothing was restored"):
        bring_back(backup, tmp_path / "new")
    assert not (tmp_path / "new").exists()
