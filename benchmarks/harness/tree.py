"""The code that is measured: its files, a digest of them, and a copy of the repository that may be edited."""

import hashlib
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from pipeline import provenance
from pipeline.config import REPOSITORY


def _below(folder: str, *without: str) -> list[str]:
    """Names of what lies in a folder, some left out."""
    left_out = ("__pycache__", *without)
    paths = sorted((REPOSITORY / folder).iterdir())
    return [path.relative_to(REPOSITORY).as_posix() for path in paths if path.name not in left_out]


def modules_in(folder: str) -> list[str]:
    """Names of the modules that lie directly in a folder."""
    return sorted(path.relative_to(REPOSITORY).as_posix() for path in (REPOSITORY / folder).glob("*.py"))


def is_below(file: str, place: str) -> bool:
    """Whether a file is a place, or lies below it."""
    return file == place or file.startswith(f"{place}/")


def with_imports(*places: str) -> tuple[str, ...]:
    """Files and folders, and what else of this repository the modules in them import, directly or not.

    Neither words of errors nor progress count, as in `provenance`.
    """
    patterns = (place if place.endswith(".py") else f"{place}/**/*.py" for place in places)
    names = [name for pattern in patterns for name in provenance.modules(pattern)]
    imported = provenance.imported_files(*names)
    return (*places, *(file for file in imported if not any(is_below(file, place) for place in places)))


# The part of the server that runs and `predict` score with.
SCORING: Final = ("serving/model", "serving/offline", "serving/reading", "serving/requests")
# What the result of a run of any use case follows from; neither its page nor the words of errors.
CHAIN: Final = (
    *("commands/evolve/texts.py", "commands/evolve/writing.py", "commands/run", "components"),
    *_below("perennial", "errors.py", "progress.py"),
    *_below(
        "pipeline",
        "backtest",
        "backup",
        "reading_reference.py",
        "reference.py",
        "report",
        "schedule",
        "use_cases",
    ),
    *SCORING,
    "serving/observe/metrics.py",
)
# The same of flights.
RUN: Final = (
    *CHAIN,
    "models/flights.py",
    "pipeline/use_cases/flights.py",
    "pipeline/use_cases/flights.yaml",
    "schemas/flights.pbtxt",
    "transforms/flights.py",
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


def repository_files() -> list[str]:
    """Paths of the repository's files as they are now, tracked or new, below its root."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=REPOSITORY,
        capture_output=True,
        check=True,
        text=True,
    )
    return [name for name in listed.stdout.split("\0") if (REPOSITORY / name).is_file()]


def copy_repository(target: Path) -> None:
    """Copies the repository's files as they are now, tracked or new; its environments are linked."""
    for name in repository_files():
        if not (REPOSITORY / name).is_symlink():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(REPOSITORY / name, target / name)
    for name in ENVIRONMENTS:
        (target / name).symlink_to((REPOSITORY / name).resolve())
