"""What is left in a root: of pruned spans, which is used, and of a killed removal, which is not."""

import contextlib
from pathlib import Path
from typing import Final

from perennial.files import remove, sweep_aside

# Folder with what is left of pruned spans: `SPAN/vN/`.
REMNANTS: Final = "spans"
# Folder into which is renamed what is about to be removed.
TRASH: Final = "trash"


def sweep_leftovers(root: Path) -> None:
    """Removes what a killed removal left in a root: trash, what it had half written, and empty folders."""
    remove(root / TRASH)
    sweep_aside(root / REMNANTS)
    remove_empty(root)


def remove_empty(root: Path) -> None:
    """Removes the folders of spans of which nothing is left."""
    parents = (root / "quarantine", root / REMNANTS)
    for folder in [each for parent in parents if parent.is_dir() for each in parent.iterdir()]:
        with contextlib.suppress(OSError):  # there is something in it, or it is a file
            folder.rmdir()
