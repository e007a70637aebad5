"""A copy of the repository that commands may write into."""

import shutil
import subprocess
from pathlib import Path
from typing import Final

from pipeline.config import REPOSITORY

ENVIRONMENTS: Final = (".venv", ".venv-serving")


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
