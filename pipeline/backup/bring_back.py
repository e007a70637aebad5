"""Restores a backup into a home: extracted aside, checked, its paths moved, renamed into place.

What is aside lies in `.restore` of the home and of its exports folder. Once all of it is checked and on the
disk a file there says so (`ready.json`): a restore that is killed later is finished by the next one of the
same backup. One that is killed before is removed by the next one.
"""

import fcntl
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from perennial.errors import Busy, UsageError, nearest
from perennial.files import read_json, remove, sync, write_json
from perennial.text import plural
from pipeline import config, writable
from pipeline.backup.format import EXPORTS, SCHEDULE, Header, MemberEntry
from pipeline.backup.moved_paths import MovedPaths, renew_files
from pipeline.backup.reader import BackupReader, owner, reading
from pipeline.backup.room import expect_room, room_in

ASIDE: Final = ".restore"
_READY: Final = "ready.json"
_OUTCOME: Final = "nothing was restored"
_REMEDY: Final = "Free disk space, or choose another home with --to ROOT."


def bring_back(file: Path, home: Path, names: Sequence[str] = ()) -> dict[str, Any]:
    """Restores use cases that a home does not have.

    Args:
        file: The backup.
        home: Where to, an absolute path; it is made where it does not exist.
        names: The use cases that are restored; none: all that are in the backup.

    Returns:
        `file`, `home`, `made` (when the backup was written), `former_home`, `use_cases` (by name:
        `live_version`, `spans`, `exports`, `exports_elsewhere`), `moved` (whether paths were rewritten),
        `finished` (whether an interrupted restore of this backup was finished), `without_code` (names that
        this repository does not have) and `seconds`.

    Raises:
        UsageError: The file is no backup, or one of a newer release; a use case is not in it, or is in the
            home already.
        BackupDamaged: The backup is truncated or damaged.
        HomeUnusable: The home cannot be made or written to.
        DiskFull: The disk has too little space.
        Busy: Another restore into this home is in progress.
    """
    began = time.monotonic()
    with reading(file) as backup:
        chosen = _expect_names(backup.header, names)
        writable.check_folder(home)
        with _alone(home):
            finished = _is_ready(home, backup.header, chosen)
            if not finished:
                _clear(home)
                _expect_absent(home, backup.header, chosen)
                needed = sum(backup.header.use_cases[name].bytes for name in chosen)
                expect_room(home, needed, "What is restored", _OUTCOME, _REMEDY)
                with room_in(home, _OUTCOME, _REMEDY):
                    _prepare(backup, home, chosen)
            _place(home, chosen)
            _clear(home)
    header = backup.header
    return {
        "file": str(file),
        "home": str(home),
        "made": header.made,
        "former_home": header.home,
        "use_cases": {name: header.use_cases[name].as_json() for name in chosen},
        "moved": header.home != str(home),
        "finished": finished,
        "without_code": sorted(set(chosen) - set(config.use_case_names())),
        "seconds": round(time.monotonic() - began, 3),
    }


def _expect_names(header: Header, names: Sequence[str]) -> list[str]:
    there = sorted(header.use_cases)
    for name in names:
        if name not in there:
            near = nearest(name, there)
            hint = f"Did you mean {near!r}?" if near else f"Use cases in it: {', '.join(there)}."
            raise UsageError(f"The backup has no use case {name!r}.", hint)
    return sorted(set(names)) or there


@contextmanager
def _alone(home: Path) -> Iterator[None]:
    """Makes the folder aside, which only one restore at a time has; removes it at the end.

    It stays where all in it is ready and could not be renamed into place.

    Raises:
        Busy: There is another restore.
    """
    aside = home / ASIDE
    made = [folder for folder in (home / EXPORTS, home) if not folder.exists()]
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    with _locked(aside):
        try:
            yield
        finally:
            if not (aside / _READY).exists():
                _clear(home)
                aside.rmdir()
            for folder in made:
                with suppress(OSError):  # it holds what was restored
                    folder.rmdir()


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """A folder, made where it is not there, that no other process has locked.

    Raises:
        Busy: Another one has.
    """
    while True:
        folder.mkdir(mode=0o700, exist_ok=True)
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # Between opening and locking, who had it may have removed it.
            if folder.is_dir() and os.path.samestat(os.fstat(descriptor), folder.stat()):
                yield
                return
        except BlockingIOError:
            problem = f"Another `restore` into {folder.parent} is in progress."
            raise Busy(problem, "Wait until it ends.") from None
        finally:
            os.close(descriptor)


def _is_ready(home: Path, header: Header, chosen: Sequence[str]) -> bool:
    """Whether a restore of the same use cases of this backup was interrupted when all was checked."""
    try:
        return bool(read_json(home / ASIDE / _READY) == {"id": header.id, "use_cases": list(chosen)})
    except (OSError, ValueError):
        return False


def _clear(home: Path) -> None:
    """Removes what is in the folders aside; what says that it is complete goes first."""
    (home / ASIDE / _READY).unlink(missing_ok=True)
    remove(home / EXPORTS / ASIDE)
    for path in (home / ASIDE).iterdir():
        remove(path)


def _expect_absent(home: Path, header: Header, chosen: Sequence[str]) -> None:
    """Checks that nothing of the use cases is in the home.

    Raises:
        UsageError: Something is; names all of it.
    """
    folders = [home / name for name in chosen]
    folders += [home / EXPORTS / name for name in chosen if header.use_cases[name].exports]
    there = [
        str(folder) for folder in folders if folder.is_symlink() or (folder.exists() and _has_any(folder))
    ]
    if there:
        raise UsageError(
            f"{plural(len(there), 'folder is', 'folders are')} there already: {', '.join(there)}.",
            "Restore into another home with --to ROOT, or move these away first; nothing was restored.",
        )


def _has_any(path: Path) -> bool:
    return not path.is_dir() or any(path.iterdir())


def _prepare(backup: BackupReader, home: Path, chosen: Sequence[str]) -> None:
    """Extracts and checks all aside, and makes it fit the home; at last it says that it is complete."""

    def place_of(name: str) -> Path | None:
        return _aside(home, name) if owner(name) in chosen else None

    entries = backup.extract(place_of)
    _move_paths(backup.header.home, home, chosen)
    for name in chosen:
        root = home / ASIDE / name
        if (root / "ledger.db").is_file():
            renew_files(root / "ledger.db", _exports(home, name, entries))
        if root.is_dir():
            root.chmod(0o700)
    os.sync()
    ready = {"id": backup.header.id, "use_cases": list(chosen)}
    write_json(home / ASIDE / _READY, ready)
    sync(home / ASIDE)


def _aside(home: Path, name: str) -> Path:
    """Where a member is extracted to: on the file system where it will be."""
    if name.startswith(f"{EXPORTS}/"):
        return home / EXPORTS / ASIDE / name.removeprefix(f"{EXPORTS}/")
    return home / ASIDE / name


def _exports(home: Path, name: str, entries: Mapping[str, MemberEntry]) -> dict[str, tuple[Path, str]]:
    """The files of a use case's exports by the paths that they will have."""
    start = f"{EXPORTS}/{name}/"
    return {
        str(home / member): (_aside(home, member), entry.sha256)
        for member, entry in entries.items()
        if entry.kind == "file" and member.startswith(start)
    }


def _move_paths(former: str, home: Path, chosen: Sequence[str]) -> None:
    """Rewrites paths in the databases, and in the JSON that a rebuilt ledger and pages are made of."""
    if former == str(home):
        return
    paths = MovedPaths(former, str(home))
    for name in chosen:
        root = home / ASIDE / name
        for database in (root / "ledger.db", root / "metadata.db"):
            if database.is_file():
                paths.database(database)
        scheduled = home / ASIDE / SCHEDULE / f"{name}.json"
        for file in [*sorted(root.glob("runs/*/*.json")), *([scheduled] if scheduled.is_file() else [])]:
            paths.json_file(file)


def _place(home: Path, chosen: Sequence[str]) -> None:
    """Renames what is ready into place: of each use case its ledger and all with it last, at once.

    Raises:
        UsageError: A use case appeared in the home meanwhile.
    """
    for name in chosen:
        exports = home / EXPORTS / ASIDE / name
        if exports.is_dir():
            _rename(exports, home / EXPORTS / name)
        for file in sorted((home / ASIDE / SCHEDULE).glob(f"{name}.*")):
            (home / SCHEDULE).mkdir(exist_ok=True, mode=0o700)
            file.replace(home / SCHEDULE / file.name)
        if (home / ASIDE / name).is_dir():
            _rename(home / ASIDE / name, home / name)
    for folder in (home / EXPORTS, home / SCHEDULE, home):
        if folder.is_dir():
            sync(folder)


def _rename(aside: Path, folder: Path) -> None:
    try:
        aside.rename(folder)  # over an empty folder, too
    except OSError as error:
        if not folder.exists():
            raise
        raise UsageError(
            f"{folder} appeared while the backup was restored.",
            "Move it away, then run `restore` again: it finishes what is left.",
        ) from error
