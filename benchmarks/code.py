"""The code that runs: its names, a digest of it, and a copy that may be edited."""

import hashlib
import shutil
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


def code_digest() -> str:
    """Digest of names and contents of all source files, as 64 hexadecimal digits.

    A proof takes up nothing that was found of other code.
    """
    digest = hashlib.sha256()
    for name in (*CODE, "benchmarks"):
        top = REPOSITORY / name
        files = [top] if top.is_file() else sorted(top.rglob("*"))
        for path in files:
            if path.suffix in (".py", ".yaml", ".pbtxt"):
                digest.update(f"{path.relative_to(REPOSITORY)}\n".encode())
                digest.update(path.read_bytes())
    return digest.hexdigest()


def copy_code(target: Path) -> None:
    """Copies the code into an empty folder, and links the serving environment beside it."""
    for name in CODE:
        source = REPOSITORY / name
        if source.is_dir():
            shutil.copytree(source, target / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target / name)
    (target / ".venv-serving").symlink_to(REPOSITORY / ".venv-serving")
