"""What git says of a folder: the commit of the code that trains a model."""

import subprocess
from pathlib import Path
from typing import Final

CHANGED: Final = "+changes"
# A commit is worth a moment, not a run: a share that hangs leaves it out.
_PATIENCE: Final = 10.0  # seconds


def git(folder: Path, *arguments: str) -> str | None:
    """What git answers in a folder, without blanks at the ends; None where it fails or is not installed."""
    try:
        done = subprocess.run(
            ["git", "--no-optional-locks", *arguments],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_PATIENCE,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def commit(folder: Path, file: str) -> str:
    """The commit that a folder's files are of, `+changes` behind it where they differ from it.

    Args:
        folder: Any folder of a repository, also one inside another team's.
        file: A file below it that the commit must have. Without, the repository around the folder is one of
            something else, and does not know these files.

    Returns:
        40 hexadecimal digits; empty where there is no git, no repository, or no such file in it, and where
        git does not say whether files differ.
    """
    head = git(folder, "rev-parse", "--verify", "--quiet", "HEAD")
    if not head or git(folder, "rev-parse", "--verify", "--quiet", f"HEAD:./{file}") is None:
        return ""
    changes = git(folder, "status", "--porcelain", "--", ".")
    if changes is None:
        return ""
    return f"{head}{CHANGED}" if changes else head
