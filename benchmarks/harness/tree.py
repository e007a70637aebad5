"""The code that is measured: its names, a digest of it, and a copy of the repository that may be edited."""

import hashlib
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from pipeline import provenance
from pipeline.config import REPOSITORY

# What runs where a use case runs: neither tests nor benchmarks.
CODE: Final = (
    "local_runner.py",
    *(name for name in provenance.packages() if name not in ("tests", "benchmarks")),
    "schemas",
)
ENVIRONMENTS: Final = (".venv", ".venv-serving")


def digest_of_code(folder: Path, names: Iterable[str]) -> str:
    """Digest of names and contents of the files of these names, and below the folders of these names.

    Results of code with another digest are measured again.
    """
    digest = hashlib.sha256()
    for name in names:
        path = folder / name
        files = sorted(path.rglob("*")) if path.is_dir() else [path]
        for file in files:
            if file.is_file() and "__pycache__" not in file.parts:
                digest.update(f"{file.relative_to(folder)}\0".encode() + file.read_bytes())
    return digest.hexdigest()


def copy_repository(target: Path) -> None:
    """Copies the repository's files as they are now, tracked or new; its environments are linked."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=REPOSITORY,
        capture_output=True,
        check=True,
        text=True,
    )
    for name in filter(None, listed.stdout.split("\0")):
        if (REPOSITORY / name).is_file() and not (REPOSITORY / name).is_symlink():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(REPOSITORY / name, target / name)
    for name in ENVIRONMENTS:
        (target / name).symlink_to((REPOSITORY / name).resolve())
