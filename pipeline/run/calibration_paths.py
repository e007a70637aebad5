"""Where the files of calibrations of drift are."""

from pathlib import Path
from typing import Final

# Below a use case's root.
FOLDER: Final = "drift/calibrations"


def calibration_file(root: Path, number: int) -> Path:
    """The file of a calibration."""
    return root / FOLDER / f"{number}.npz"


def calibration_files(root: Path) -> dict[int, Path]:
    """The files of calibrations that there are, by number."""
    files = {path.stem: path for path in (root / FOLDER).glob("*.npz")}
    return {int(stem): path for stem, path in sorted(files.items()) if stem.isdecimal()}
