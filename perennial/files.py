"""Files that others read: they appear whole by renaming, and are known by their digests."""

import hashlib
import json
import os
import re
import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_ASIDE = re.compile(r"\..+\.[0-9a-f]{32}")


@contextmanager
def written_aside(path: Path, mark: str = "", folder: Path | None = None) -> Iterator[Path]:
    """Gives a name to write a file or a folder under, then renames it to `path`: nobody reads half of it.

    If the block raises, what it wrote is removed. A killed process leaves it for `sweep_aside`. The rename
    replaces a file, and no folder with anything in it. Whether all is on the disk before is up to the block.

    Args:
        path: Where the file or folder appears.
        mark: What the name aside begins with, for those who look for what was left over.
        folder: Where it is written, on the same file system; None: beside `path`.
    """
    aside = path_aside(path, mark, folder)
    try:
        yield aside
        aside.replace(path)
    finally:
        remove(aside)


def path_aside(path: Path, mark: str = "", folder: Path | None = None) -> Path:
    """A name that nothing has, for what will be `path`; arguments as `written_aside`'s."""
    return (folder or path.parent) / f".{mark}{path.name}.{uuid.uuid4().hex}"


def copy_folder(source: Path, target: Path, leave_out: str = "") -> None:
    """Copies a folder and all below it, without what is called `leave_out`; `target` does not exist yet.

    Raises:
        OSError: What could not be copied first; that of `shutil.copytree` has neither a number nor a reason.
    """
    failures: list[OSError] = []

    def copy(one: str, other: str) -> None:
        try:
            shutil.copy2(one, other)
        except OSError as error:
            failures.append(error)
            raise

    try:
        shutil.copytree(source, target, ignore=shutil.ignore_patterns(leave_out), copy_function=copy)
    except shutil.Error as error:
        raise (failures or [error])[0] from error


def replace_folder(aside: Path, folder: Path) -> None:
    """Renames a folder to `folder`; one that is there is removed."""
    if not folder.exists():
        aside.rename(folder)
        return
    former = path_aside(folder)
    folder.rename(former)
    aside.rename(folder)
    shutil.rmtree(former)


def remove(path: Path) -> None:
    """Removes a file, or a folder and all that is in it; nothing where there is neither."""
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def sweep_aside(folder: Path, pattern: str = "**/.*") -> None:
    """Removes what a killed process left aside below `folder`; for when nothing runs.

    Args:
        folder: Where to look.
        pattern: At which names; ".*": not in its folders, which are a person's.
    """
    for path in [path for path in folder.glob(pattern) if _ASIDE.fullmatch(path.name)]:
        remove(path)


def write_text(path: Path, text: str) -> None:
    """Writes `text` aside and renames it to `path`."""
    with written_aside(path) as aside, aside.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def write_json(path: Path, value: Any) -> None:
    """Writes `value` as indented JSON, as `write_text` does."""
    write_text(path, json.dumps(value, indent=2) + "\n")


def read_json(path: Path) -> Any:
    """The value of a JSON file."""
    return json.loads(path.read_text(encoding="utf-8"))


def shown(name: str) -> str:
    """A name for messages: what does not print (a line break, a byte that is no UTF-8) is written `\\x0a`."""
    return "".join(
        letter if letter.isprintable() else "".join(f"\\x{byte:02x}" for byte in os.fsencode(letter))
        for letter in name
    )


def file_digest(path: Path) -> str:
    """SHA-256 of a file's content, as 64 hexadecimal digits."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def folder_digest(folder: Path, leave_out: str = "", digest_of: Callable[[Path], str] = file_digest) -> str:
    """Digest of names and contents of the files below `folder`, without those called `leave_out`; in hex."""
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file() and path.name != leave_out):
        digest.update(str(path.relative_to(folder)).encode())
        digest.update(bytes.fromhex(digest_of(path)))
    return digest.hexdigest()


def sync(path: Path) -> None:
    """Makes sure that a file's content, or the names in a folder, are on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_tree(folder: Path) -> None:
    """Makes sure that all below `folder` is on the disk, files first and then the folders naming them."""
    for path in [*sorted(folder.rglob("*"), reverse=True), folder]:
        sync(path)


def link_or_copy(source: Path, target: Path) -> None:
    """Hard-links a file, or copies it where the file system cannot link."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
