"""Reads a backup: all of it is checked by its manifest, and no member leaves the folder it goes to."""

import gzip
import hashlib
import os
import stat
import tarfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, Any, Final

from perennial.errors import BackupDamaged, PerennialError, UsageError
from perennial.files import shown
from pipeline.backup.format import (
    EXPORTS,
    HEADER,
    MANIFEST,
    OTHER_COPY,
    SCHEDULE,
    Header,
    MemberEntry,
    read_header,
    read_manifest,
)

_BLOCK: Final = 1 << 20
_GZIP: Final = b"\x1f\x8b"
# A header has one line a use case.
_HEADER_BYTES: Final = 8 << 20
# An entry of a manifest: two paths of at most 4,096 bytes, each byte as six, and some numbers.
_ENTRY_BYTES: Final = 50_000
_DAMAGE: Final = (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile)


def is_backup(file: Path) -> bool:
    """Whether a file begins as a backup does, of whatever release."""
    try:
        with _members(file) as (_, members):
            first = next(members, None)
            return first is not None and first.name == HEADER
    except PerennialError:
        return False


class BackupReader:
    """A backup that is read from its begin to its end; `reading` opens one.

    Attributes:
        header: What it says of itself.
    """

    def __init__(self, file: Path, tar: tarfile.TarFile, members: Iterator[tarfile.TarInfo]) -> None:
        """Reads the header.

        Raises:
            UsageError: The file is no backup, or one of a newer release.
            BackupDamaged: The header is damaged.
        """
        self._file = file
        self._tar = tar
        self._members = members
        first = next(members, None)
        if first is None or first.name != HEADER or not first.isreg():
            raise _foreign(file)
        self.header: Header = read_header(self._content(first, _HEADER_BYTES), file)

    def extract(self, place_of: Callable[[str], Path | None]) -> dict[str, MemberEntry]:
        """Extracts members, and compares them with the manifest at the end of the backup.

        Args:
            place_of: Where a member goes; None: it is left out.

        Returns:
            The manifest's entries of what was extracted.

        Raises:
            BackupDamaged: The backup ends too early, or is not as it was written.
        """
        files: dict[str, MemberEntry] = {}
        links: dict[str, Path] = {}
        names: set[str] = set()
        for member in self._members:
            if member.name == MANIFEST:
                limit = _ENTRY_BYTES * (len(names) + 1)
                manifest = read_manifest(self._content(member, limit), self._file)
                self._compare(names, manifest, files)
                for name, link in links.items():
                    with self._in_place(name):
                        link.symlink_to(manifest[name].target)
                self._set_times(manifest, files, place_of)
                return {name: manifest[name] for name in files}
            self._check_name(member.name, names)
            names.add(member.name)
            if (place := place_of(member.name)) is not None:
                with self._in_place(member.name):
                    files[member.name] = self._take(member, place, files, place_of)
                if member.issym():
                    links[member.name] = place
        raise BackupDamaged(f"{self._file} ends too early: it has no manifest.", OTHER_COPY)

    def _take(
        self,
        member: tarfile.TarInfo,
        place: Path,
        files: dict[str, MemberEntry],
        place_of: Callable[[str], Path | None],
    ) -> MemberEntry:
        """Extracts a member; symbolic links come last, so that no file is written through one."""
        place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if member.isdir():
            place.mkdir(exist_ok=True, mode=0o700)
            return MemberEntry(kind="folder")
        if member.issym():
            self._check_symlink(member)
            return MemberEntry(kind="symbolic link", target=member.linkname)
        if member.islnk():
            source = files.get(member.linkname)
            first = place_of(member.linkname) if source and source.kind == "file" else None
            if first is None:
                raise self._wrong(member.name, "is a hard link to what is no file before it")
            os.link(first, place)
            return MemberEntry(kind="hard link", target=member.linkname)
        if not member.isreg() or member.issparse():
            raise self._wrong(member.name, "is neither a file, a folder nor a link")
        return MemberEntry(kind="file", bytes=member.size, sha256=self._write(member, place))

    @contextmanager
    def _in_place(self, name: str) -> Iterator[None]:
        """Makes damage of a member that is where another one is, or below a file."""
        try:
            yield
        except (FileExistsError, NotADirectoryError) as error:
            raise self._wrong(name, "is in the place of another member") from error

    def _write(self, member: tarfile.TarInfo, place: Path) -> str:
        """Writes a file that is not there; gives its SHA-256."""
        digest = hashlib.sha256()
        descriptor = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "wb") as target, self._open(member) as source:
            while block := source.read(_BLOCK):
                digest.update(block)
                target.write(block)
        return digest.hexdigest()

    def _open(self, member: tarfile.TarInfo) -> IO[bytes]:
        source = self._tar.extractfile(member)
        if source is None:
            raise self._wrong(member.name, "is not a file")
        return source

    def _content(self, member: tarfile.TarInfo, limit: int) -> bytes:
        if not member.isreg() or member.size > limit:
            raise self._wrong(member.name, "is too large, or is not a file")
        with self._open(member) as source:
            return source.read()

    def _check_name(self, name: str, names: set[str]) -> None:
        """Checks that a member is below a use case of the header, and is new."""
        parts = PurePosixPath(name).parts
        if name in names or name != "/".join(parts) or ".." in parts or "\0" in name:
            raise self._wrong(name, "has a name that is not a path of a home, or is in it twice")
        if owner(name) not in self.header.use_cases:
            raise self._wrong(name, "belongs to no use case of the backup")

    def _check_symlink(self, member: tarfile.TarInfo) -> None:
        """Checks that a symbolic link stays in the folder of its use case, or of its exports.

        `backup` writes targets without detours. In one such as `a/../b` the `..` is above what `a` points to.
        """
        depth = 2 if member.name.startswith(f"{EXPORTS}/") else 1
        name = PurePosixPath(member.name)
        # A name never begins with /, so an absolute target never is below the folder.
        aim = PurePosixPath(os.path.normpath(name.parent / member.linkname))
        if not aim.is_relative_to(PurePosixPath(*name.parts[:depth])):
            raise self._wrong(member.name, "is a symbolic link that leads outside")
        if member.linkname != os.path.relpath(aim, name.parent):
            raise self._wrong(member.name, "is a symbolic link with a detour")

    def _compare(
        self, names: set[str], manifest: dict[str, MemberEntry], files: dict[str, MemberEntry]
    ) -> None:
        """Compares what was read with the manifest."""
        if missing := sorted(manifest.keys() - names):
            raise self._wrong(missing[0], "is missing")
        for name in sorted(names):
            known = manifest.get(name)
            if known is None:
                raise self._wrong(name, "is not in the manifest")
            if name in files and files[name] != known.model_copy(update={"mtime_ns": 0, "mode": 0}):
                raise self._wrong(name, "is not what was written")

    def _set_times(
        self,
        manifest: dict[str, MemberEntry],
        files: dict[str, MemberEntry],
        place_of: Callable[[str], Path | None],
    ) -> None:
        """Gives each file its time, by which exports and outputs are known, and its permissions."""
        for name, entry in files.items():
            place = place_of(name)
            if entry.kind == "file" and place is not None:
                place.chmod(stat.S_IMODE(manifest[name].mode) & 0o755 | 0o600)
                os.utime(place, ns=(manifest[name].mtime_ns, manifest[name].mtime_ns))

    def _wrong(self, name: str, problem: str) -> BackupDamaged:
        return BackupDamaged(f"{self._file}: {shown(name)} {problem}: the backup is damaged.", OTHER_COPY)


def owner(name: str) -> str:
    """The use case that a member of this name belongs to; empty if there is none.

    Its own folder is `NAME`, its exports are `exports/NAME`, and the schedule's files `schedule/NAME.*`.
    """
    parts = PurePosixPath(name).parts
    if parts[0] == EXPORTS:
        return parts[1] if len(parts) > 1 else ""
    if parts[0] == SCHEDULE:
        return parts[1].partition(".")[0] if len(parts) == 2 else ""
    return parts[0]


@contextmanager
def reading(file: Path) -> Iterator[BackupReader]:
    """Opens a backup.

    Raises:
        UsageError: There is no such file, or it is no backup, or one of a newer release.
        BackupDamaged: It is truncated, or is not as it was written.
    """
    with _members(file) as (tar, members):
        yield BackupReader(file, tar, members)


@contextmanager
def _members(file: Path) -> Iterator[tuple[tarfile.TarFile, Iterator[tarfile.TarInfo]]]:
    """The tar of a file and its members, in their order; both are read once."""
    if not file.is_file():
        raise UsageError(f"{file} does not exist, or is not a file.", "Fix the path.")
    with file.open("rb") as raw:
        compressed = raw.read(len(_GZIP)) == _GZIP
        raw.seek(0)
        source: Any = gzip.GzipFile(fileobj=raw) if compressed else raw
        try:
            tar = tarfile.open(fileobj=source, mode="r|")  # noqa: SIM115
        except _DAMAGE as error:
            raise _foreign(file) from error
        with tar:
            try:
                yield tar, iter(tar)
            except _DAMAGE as error:
                raise BackupDamaged(f"{file} is truncated or damaged.", OTHER_COPY) from error


def _foreign(file: Path) -> UsageError:
    return UsageError(f"{file} is not a backup.", "Name a file that `backup` wrote.")
