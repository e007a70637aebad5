"""Archives of arrays: read as they were written, or not at all."""

import random
from pathlib import Path

import numpy as np

from perennial.training.arrays import read_arrays

# Of these an unknown compression and a flag that reads as "encrypted" are errors of their own in zipfile.
MUTATIONS = 600


def test_a_damaged_archive_is_none_whatever_is_wrong_with_it(tmp_path: Path) -> None:
    file = tmp_path / "arrays.npz"
    written = {"text": np.array("a text"), "numbers": np.arange(20.0).reshape(4, 5)}
    np.savez(file, **written)
    good = file.read_bytes()
    draw = random.Random(17)
    for _ in range(MUTATIONS):
        content = bytearray(good)
        content[draw.randrange(len(content))] = draw.randrange(256)
        file.write_bytes(content[: draw.choice((len(content), draw.randrange(len(content))))])
        for name, values in (read_arrays(file) or {}).items():
            assert np.array_equal(values, written[name])


def test_without_a_file_there_are_none(tmp_path: Path) -> None:
    assert read_arrays(tmp_path / "arrays.npz") is None
