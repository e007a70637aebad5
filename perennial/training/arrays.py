"""Reads NumPy's archives of arrays by name; a damaged one is as good as none."""

import struct
import zipfile
import zlib
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

# What NumPy and zipfile raise at files that are none, are cut off, or have wrong bytes; RuntimeError for a
# flag that reads as "encrypted" or as a compression that zipfile does not know.
_DAMAGED: Final = (
    *(OSError, ValueError, KeyError, TypeError, AttributeError, EOFError, RuntimeError, OverflowError),
    *(MemoryError, zipfile.BadZipFile, zlib.error, struct.error),
)


def read_arrays(file: Path) -> dict[str, npt.NDArray[Any]] | None:
    """Each array of an `.npz` by its name, checked by its checksum; None: no such file, or it is damaged."""
    try:
        with file.open("rb") as opened, np.load(opened, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except _DAMAGED:
        return None
