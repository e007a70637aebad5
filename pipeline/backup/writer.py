"""Writes a backup: each file is read once, and its digest is that of the bytes that were written."""

import gzip
import hashlib
import io
import os
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any, Final, cast

from perennial import clock
from perennial.errors import CopyFailed
from pipeline.backup.format import HEADER, MANIFEST, Header, MemberEntry, as_json, is_text
from pipeline.backup.selection import Member

# Level 9 takes twice the time for 0.1% (docs/decisions/backup.md).
_LEVEL: Final = 6
_SECOND: Final = 10**9


class BackupWriter:
    """Adds members to an open backup; `writing` makes one.

    Attributes:
        members: The manifest so far.
    """

    def __init__(self, tar: tarfile.TarFile) -> None:
        """Has written nothing yet."""
        self._tar = tar
        self._links: dict[tuple[int, ...], str] = {}
        self.members: dict[str, MemberEntry] = {}

    def begin_use_case(self) -> None:
        """From now on no hard link points to a member that was added before."""
        self._links.clear()

    def add(self, member: Member) -> None:
        """Adds a file, a folder or a symbolic link; nothing if it disappeared and may do so.

        Raises:
            CopyFailed: The file got shorter while it was copied, or is not the one that it must be.
        """
        if member.kind == "file":
            with suppress(FileNotFoundError), member.path.open("rb") as file:
                if member.inode in (None, os.fstat(file.fileno()).st_ino):
                    self.add_file(member.name, file, member.path)
                    return
            if member.inode is not None:
                raise _failed(f"{member.path} was replaced or removed")
            return
        info = tarfile.TarInfo(member.name)
        info.type = tarfile.DIRTYPE if member.kind == "folder" else tarfile.SYMTYPE
        info.mode, info.linkname = 0o700, member.target
        self._tar.addfile(info)
        self.members[member.name] = MemberEntry(
            kind="folder" if member.kind == "folder" else "symbolic link", target=member.target
        )

    def add_file(self, name: str, file: IO[bytes], path: Path) -> None:
        """Adds the content of an open file, as long as it is now; `path` is what an error calls it.

        Raises:
            CopyFailed: It got shorter while it was copied.
        """
        stat = os.fstat(file.fileno())
        # With size and time: the inode of a file that was removed may be another's by now.
        key = (stat.st_dev, stat.st_ino, stat.st_size, stat.st_mtime_ns)
        info = tarfile.TarInfo(name)
        info.mode = stat.st_mode & 0o777
        info.mtime = stat.st_mtime_ns // _SECOND
        if stat.st_nlink > 1 and (first := self._links.get(key)) and is_text(first):
            info.type, info.linkname = tarfile.LNKTYPE, first
            self._tar.addfile(info)
            self.members[name] = MemberEntry(kind="hard link", target=first)
            return
        self._links[key] = name
        info.size = stat.st_size
        content = _Digested(file, stat.st_size, path)
        self._tar.addfile(info, cast(IO[bytes], content))
        self.members[name] = MemberEntry(
            kind="file",
            bytes=stat.st_size,
            sha256=content.hexdigest(),
            mtime_ns=stat.st_mtime_ns,
            mode=info.mode,
        )

    def add_bytes(self, name: str, content: bytes) -> None:
        """Adds the header or the manifest, which the manifest does not list."""
        info = tarfile.TarInfo(name)
        info.size, info.mode, info.mtime = len(content), 0o600, int(clock.now().timestamp())
        self._tar.addfile(info, io.BytesIO(content))


class _Digested:
    """A file that is read once, up to a length, with the digest of what was read."""

    def __init__(self, file: IO[bytes], size: int, path: Path) -> None:
        self._file = file
        self._left = size
        self._path = path
        self._digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        block = self._file.read(self._left if size < 0 else min(size, self._left))
        if not block and self._left:
            raise _failed(f"{self._path} got shorter")
        self._left -= len(block)
        self._digest.update(block)
        return block

    def hexdigest(self) -> str:
        return self._digest.hexdigest()


def _failed(what: str) -> CopyFailed:
    return CopyFailed(
        f"{what} while it was copied; no backup was written.",
        "Run `backup` again when nothing changes that file.",
    )


@contextmanager
def writing(raw: IO[bytes], header: Header, *, compressed: bool) -> Iterator[BackupWriter]:
    """A backup in an open file: its header is written first, its manifest at the end of the `with`."""
    when = int(clock.now().timestamp())
    target: Any = gzip.GzipFile("", "wb", _LEVEL, raw, when) if compressed else raw
    with tarfile.open(fileobj=target, mode="w", format=tarfile.PAX_FORMAT) as tar:
        writer = BackupWriter(tar)
        writer.add_bytes(HEADER, as_json(header.model_dump()))
        yield writer
        entries = {name: entry.model_dump(exclude_defaults=True) for name, entry in writer.members.items()}
        writer.add_bytes(MANIFEST, as_json(entries))
    if compressed:
        target.close()
