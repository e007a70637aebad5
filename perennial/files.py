"""Files that others read: they appear whole by renaming, and are known by their digests."""

import hashlib
import json
import os
import re
import shutil
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

_ASIDE = re.compile(r"\..+\.[0-9a-f]{32}")


def write_text(path: Path, text: str) -> None:
    """Writes `text` aside and renames it to `path`, so that nobody ever reads half of it."""
    aside = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    with aside.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)


def sweep_aside(folder: Path) -> None:
    """Removes what a process that was killed in `write_text` left below `folder`; for when nothing runs."""
    for path in folder.rglob(".*"):
        if _ASIDE.fullmatch(path.name) and path.is_file():
            path.unlink()


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
