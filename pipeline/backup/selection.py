"""Which files of a home are in a backup, each with the name that it has there."""

import os
import re
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from pipeline import config
from pipeline.backtest.root import BACKTESTS, LOCK, WORK
from pipeline.backup.format import EXPORTS, SCHEDULE, is_text
from pipeline.backup.snapshot import RootSnapshot
from pipeline.export_manifest import SUCCESS

# What is of one machine and one moment, or is copied in another way.
_NOT_COPIED: Final = re.compile(
    r"\..*|lock|.*\.lock|reserve|tmp|trash|checkpoints|.*\.damaged-.*|(ledger|metadata)\.db(-\w+|\.rebuilt)?"
)
# Of these a use case has one at least.
_OF_USE_CASE: Final = ("ledger.db", "models", "runs", "schemas", "new.json")


@dataclass(frozen=True)
class Member:
    """What is copied.

    Attributes:
        name: In the backup: its path from the home, with `/`.
        path: Where it is.
        kind: What it is; `other`: what cannot be copied.
        target: Of a symbolic link: where it points to, from its own folder.
        inode: Of a file that must still be this one when it is copied; None: whichever has its name then.
        why: Of what cannot be copied: a clause.
    """

    name: str
    path: Path
    kind: Literal["file", "folder", "symbolic link", "other"]
    target: str = ""
    inode: int | None = None
    why: str = ""


def names_in(home: Path) -> list[str]:
    """The use cases that have files in a home, also those that the repository does not have any more."""
    known = set(config.use_case_names())
    names = {path.name for path in _folders(home / EXPORTS)}
    for path in _folders(home):
        is_ours = path.name in known or any((path / part).exists() for part in _OF_USE_CASE)
        if is_ours and path.name not in (EXPORTS, SCHEDULE):
            names.add(path.name)
    return sorted(names)


def files_of(root: Path, snapshot: RootSnapshot) -> Iterator[Member]:
    """What belongs to a use case at a moment, but for its databases; folders before what is in them.

    What a run has written since is left out, and so is what it has not completed: what is restored is the
    root of a run that was killed at that moment, at worst.

    Args:
        root: The use case's root.
        snapshot: What its ledger says at that moment.
    """
    yield Member(root.name, root, "folder")
    for entry in _sorted(root, lambda name: not _NOT_COPIED.fullmatch(name)):
        if entry.name == "artifacts":
            for output in sorted(snapshot.outputs):
                if output.is_relative_to(root) and output.is_dir():
                    yield from _walk(output, _name(output, root), output)
        elif entry.name == BACKTESTS and entry.is_dir():
            yield from _backtests_of(Path(entry.path), root)
        elif entry.name in ("models", "runs") and entry.is_dir():
            yield from _at_moment(Path(entry.path), root, snapshot)
        else:
            yield from _walk(Path(entry.path), _name(Path(entry.path), root), root, _is_shown)


def exports_of(folder: Path, use_case: str) -> Iterator[Member]:
    """The exports of a use case below the home; what `land` and `replay` write aside is left out."""
    name = f"{EXPORTS}/{use_case}"
    yield Member(name, folder, "folder")
    for entry in _sorted(folder, _is_shown):
        path = Path(entry.path)
        # A complete export may be replaced or removed meanwhile: half of one must not look like a whole one.
        is_complete = (path / SUCCESS).is_file()
        yield from _walk(path, f"{name}/{entry.name}", path, is_fixed=is_complete)


def schedule_of(home: Path, use_case: str) -> Iterator[Member]:
    """What the schedule wrote of a use case beside its ledger: log, and the JSON of the last run."""
    for ending in (".log", ".log.1", ".json"):
        path = home / SCHEDULE / f"{use_case}{ending}"
        if path.is_file():
            yield Member(f"{SCHEDULE}/{path.name}", path, "file")


def _backtests_of(folder: Path, root: Path) -> Iterator[Member]:
    """The results of backtests, without the root that they work in: they make it anew from the use case's."""
    yield Member(_name(folder, root), folder, "folder")
    for entry in _sorted(folder, _is_shown):
        if entry.name not in (WORK, LOCK):
            path = Path(entry.path)
            yield from _walk(path, _name(path, root), folder, _is_shown)


def _at_moment(folder: Path, root: Path, snapshot: RootSnapshot) -> Iterator[Member]:
    """The versions, or the runs, that there were at a moment; of a run in progress its log."""
    yield Member(_name(folder, root), folder, "folder")
    for entry in _sorted(folder, _is_shown):
        path = Path(entry.path)
        name = _name(path, root)
        if folder.name == "models":
            if not entry.name.isdecimal() or entry.name in snapshot.versions:
                yield from _walk(path, name, path)
        elif entry.name in snapshot.runs:
            ended = snapshot.runs[entry.name]
            yield from _walk(path, name, path, _is_shown if ended else lambda each: each == "log.txt")


def _walk(
    path: Path,
    name: str,
    top: Path,
    is_wanted: Callable[[str], bool] = lambda _: True,
    *,
    is_fixed: bool = False,
) -> Iterator[Member]:
    """A file, or a folder and what is in it.

    Args:
        path: Where it is.
        name: Its name in the backup.
        top: The folder that its symbolic links must not leave.
        is_wanted: Which names in a folder are taken.
        is_fixed: Whether each file must still be the same one when it is copied.
    """
    try:
        stats = path.lstat()
        if stat.S_ISLNK(stats.st_mode):
            yield _link(path, name, top)
        elif stat.S_ISREG(stats.st_mode):
            yield Member(name, path, "file", inode=stats.st_ino if is_fixed else None)
        elif stat.S_ISDIR(stats.st_mode):
            yield Member(name, path, "folder")
            for entry in _sorted(path, is_wanted):
                yield from _walk(Path(entry.path), f"{name}/{entry.name}", top, is_wanted, is_fixed=is_fixed)
        else:
            yield Member(name, path, "other", why="a pipe, socket or device")
    except FileNotFoundError:
        return  # a run or a person has removed it meanwhile


def _link(path: Path, name: str, top: Path) -> Member:
    aim = os.path.normpath(path.parent / path.readlink())
    if not Path(aim).is_relative_to(top):
        return Member(name, path, "other", why="a symbolic link that leads outside")
    target = os.path.relpath(aim, path.parent)
    if not is_text(target):
        return Member(name, path, "other", why="a symbolic link to a name that is not UTF-8")
    return Member(name, path, "symbolic link", target)


def _sorted(folder: Path, is_wanted: Callable[[str], bool]) -> list["os.DirEntry[str]"]:
    with os.scandir(folder) as entries:
        return sorted((entry for entry in entries if is_wanted(entry.name)), key=lambda entry: entry.name)


def _folders(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return [path for path in folder.iterdir() if path.is_dir() and config.NAME.fullmatch(path.name)]


def _is_shown(name: str) -> bool:
    return not name.startswith(".")


def _name(path: Path, root: Path) -> str:
    return f"{root.name}/{path.relative_to(root).as_posix()}"
