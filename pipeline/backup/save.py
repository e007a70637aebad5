"""Copies a home into one file, while runs go on."""

import os
import socket
import time
import uuid
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import IO, Any, Final, NamedTuple

from perennial import clock
from perennial.errors import ConfigError, UsageError, nearest
from perennial.files import sync
from perennial.partial_file import partial_file
from perennial.store import registry
from pipeline import config, files_lock
from pipeline.backup.format import ENDINGS, EXPORTS, FORMAT, Header, UseCasePart
from pipeline.backup.reader import is_backup
from pipeline.backup.room import expect_room, room_in
from pipeline.backup.selection import Member, exports_of, files_of, names_in, schedule_of
from pipeline.backup.snapshot import RootSnapshot, snapshot_of
from pipeline.backup.writer import BackupWriter, writing

_OUTCOME: Final = "no backup was written"
_REMEDY: Final = "Free disk space, choose another folder, or write a .tar.gz."
# Of a file system, and about what a member takes in a tar beside its content.
_BLOCK: Final = 4096


class _Chosen(NamedTuple):
    """A use case that is copied: its moment, None where there is nothing but exports, and its files."""

    snapshot: RootSnapshot | None
    members: list[Member]


def save(file: Path, names: Sequence[str] = ()) -> dict[str, Any]:
    """Writes a backup of the home; it appears whole, by a rename, and replaces an older one.

    Args:
        file: Where; its ending says how it is written (`ENDINGS`).
        names: The use cases that are in it; none: all of the home.

    Returns:
        `file`, `home`, `use_cases` (by name: `live_version`, `spans`, `files`, `exports`: whether they are in
        it, `exports_elsewhere`: their folder if they are not), `left_out` (each `path` and `why`), `files`,
        `content_bytes`, `bytes` (of the file) and `seconds`.

    Raises:
        UsageError: The path is not one of a new backup, there is nothing to copy, or a use case has no files.
        LedgerDamaged: A use case's ledger or MLMD is damaged or missing.
        CopyFailed: A file got shorter while it was copied, or one of a complete export was replaced or
            removed.
        DiskFull: The disk has too little space.
        Busy: Another process writes this file.
    """
    began = time.monotonic()
    home = config.home()
    expect_target(file, home)
    chosen = _expect_names(home, names)
    with ExitStack() as held:
        held.enter_context(room_in(file.parent, _OUTCOME, _REMEDY))
        raw = held.enter_context(partial_file(file, 0o600))
        # Nobody else uses this name, as nobody else writes this file.
        scratch = file.with_name(f".{file.name}.db")
        parts = {name: _choose(home, name, scratch, held) for name in chosen}
        header = _header(home, parts)
        compressed = not file.name.endswith(".tar")
        if not compressed:
            needed = sum(content.bytes for content in header.use_cases.values())
            expect_room(file.parent, needed, "The backup", _OUTCOME, _REMEDY)
        with writing(raw, header, compressed=compressed) as writer:
            counts = {name: _write(writer, home / name, part) for name, part in parts.items()}
    sync(file.parent)
    left_out = [each for part in parts.values() for each in part.members if each.kind == "other"]
    return {
        "file": str(file),
        "home": str(home),
        "use_cases": {
            name: {**content.as_json(), "files": counts[name]} for name, content in header.use_cases.items()
        },
        "left_out": [{"path": str(each.path), "why": each.why} for each in left_out],
        "files": sum(counts.values()),
        "content_bytes": sum(entry.bytes for entry in writer.members.values()),
        "bytes": file.stat().st_size,
        "seconds": round(time.monotonic() - began, 3),
    }


def expect_target(file: Path, home: Path) -> None:
    """Checks that a backup can be written here.

    Raises:
        UsageError: It has another ending, its folder does not exist or is copied itself, or another file is
            there.
    """
    if not file.name.endswith(ENDINGS) or file.name in ENDINGS:
        raise UsageError(
            f"{file.name} has no ending of a backup; expected {', '.join(ENDINGS[:-1])} or {ENDINGS[-1]}.",
            "Name the file first, then the use cases: backup FILE.tar.gz [NAME ...].",
        )
    if not file.parent.is_dir():
        raise UsageError(f"The folder {file.parent} does not exist.", "Create the folder, or fix the path.")
    if file.parent.resolve() != home and file.parent.resolve().is_relative_to(home):
        raise UsageError(f"{file.parent} is a folder of the home that is copied.", "Choose another folder.")
    if file.exists() and not is_backup(file):
        raise UsageError(f"{file} exists, and is not a backup.", "Choose another name.")


def _expect_names(home: Path, names: Sequence[str]) -> list[str]:
    there = names_in(home)
    if not there:
        raise UsageError(f"{home} has no files of a use case: there is nothing to copy.", _WHICH_HOME)
    for name in names:
        if name not in there:
            near = nearest(name, there)
            hint = f"Did you mean {near!r}?" if near else f"Use cases with files: {', '.join(there)}."
            raise UsageError(f"{home} has no files of a use case {name!r}.", hint)
    return sorted(set(names)) or there


_WHICH_HOME: Final = "Set PERENNIAL_HOME to the home that you want to copy."


def _choose(home: Path, name: str, scratch: Path, held: ExitStack) -> _Chosen:
    """The moment of a use case and its files; nothing of them is pruned until `held` ends."""
    root, exports = home / name, home / EXPORTS / name
    snapshot = None
    members: list[Member] = []
    if root.is_dir():
        held.enter_context(files_lock.shared(root))
        snapshot = held.enter_context(snapshot_of(root, scratch))
        members += files_of(root, snapshot)
    members += schedule_of(home, name)
    if exports.is_dir():
        members += exports_of(exports, name)
    return _Chosen(snapshot, members)


def _header(home: Path, parts: dict[str, _Chosen]) -> Header:
    return Header(
        format=FORMAT,
        id=uuid.uuid4().hex,
        made=clock.stamp(clock.now()),
        host=socket.gethostname(),
        home=str(home),
        use_cases={name: _content(home, name, part) for name, part in parts.items()},
    )


def _content(home: Path, name: str, part: _Chosen) -> UseCasePart:
    snapshot = part.snapshot
    numbers = [int(version) for version in (snapshot.versions if snapshot else ()) if version.isdecimal()]
    on_disk = [version.number for version in registry.versions(home / name / "models")]
    return UseCasePart(
        ledger_format=snapshot.ledger_format if snapshot else 0,
        live=max((number for number in numbers if number in on_disk), default=None),
        spans=snapshot.spans if snapshot else 0,
        bytes=_bytes_of(part),
        exports=(home / EXPORTS / name).is_dir(),
        exports_elsewhere=_exports_elsewhere(home, name),
    )


def _exports_elsewhere(home: Path, name: str) -> str:
    """The exports folder that a use case's config names outside the home; empty for none."""
    try:
        folder = config.load(name).exports_folder
    except ConfigError:
        return ""  # its files are copied all the same
    except UsageError:
        return ""  # the repository does not have it any more
    return "" if folder == home / EXPORTS / name else str(folder)


def _write(writer: BackupWriter, root: Path, part: _Chosen) -> int:
    """Adds a use case, databases first; gives the number of its files."""
    before = len(writer.members)
    writer.begin_use_case()
    databases: dict[str, IO[bytes]] = part.snapshot.databases if part.snapshot else {}
    for name, copy in databases.items():
        writer.add_file(f"{root.name}/{name}", copy, root / name)
    for member in part.members:
        if member.kind != "other":
            writer.add(member)
    added = list(writer.members.values())[before:]
    return sum(entry.kind in ("file", "hard link") for entry in added)


def _bytes_of(part: _Chosen) -> int:
    """Bytes that a use case's files take on a disk, in whole blocks; hard links are counted once."""
    copies = part.snapshot.databases.values() if part.snapshot else ()
    sizes = {(0, number): os.fstat(copy.fileno()).st_size for number, copy in enumerate(copies)}
    for member in part.members:
        if member.kind == "file":
            with suppress(FileNotFoundError):  # a run or a person has removed it meanwhile
                stat = member.path.stat()
                sizes[stat.st_dev, stat.st_ino] = stat.st_size
    return sum(-(-size // _BLOCK) * _BLOCK for size in sizes.values())
