"""A sketch finds rows again, whatever they lie in, within its error."""

from pathlib import Path

import numpy as np
import pytest

from perennial import row_sketch
from perennial.row_sketch import LEAST, RowSketch, merged, read_sketch, seen_by_chance, seen_in, sketch_of


def hashes(first: int, last: int) -> row_sketch.Hashes:
    """Hashes of the rows numbered from `first`; splitmix64, which is uniform."""
    state = (np.arange(first, last, dtype=np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(state ^ (state >> np.uint64(31)))


def sketch(first: int, last: int) -> RowSketch:
    return sketch_of(hashes(first, last), "c")


@pytest.mark.parametrize("rows", [0, 1, 4095, 4096, 4097, 30_000, 200_000])
def test_files_merged_are_the_sketch_of_all_their_rows_in_any_order(rows: int) -> None:
    together = hashes(0, rows)
    cuts = [rows // 7, rows // 3]
    parts = [sketch_of(part, "c") for part in np.split(together[::-1], cuts)]
    whole, of_parts = sketch_of(together, "c"), merged(parts)
    assert of_parts.fingerprint == whole.fingerprint
    assert of_parts.limit == whole.limit
    assert of_parts.hashes.tolist() == whole.hashes.tolist()
    assert of_parts.counts.tolist() == whole.counts.tolist()
    assert min(LEAST, rows) <= len(whole.hashes) <= max(LEAST, rows // 14)


def test_a_sketch_is_read_as_it_was_written(tmp_path: Path) -> None:
    written = sketch(0, 9000)
    written.write(tmp_path / row_sketch.FILE)
    stored = read_sketch(tmp_path / row_sketch.FILE)
    assert stored is not None
    assert (stored.fingerprint, stored.limit) == (written.fingerprint, written.limit)
    assert stored.hashes.tolist() == written.hashes.tolist()
    small = sketch(0, 5)
    small.write(tmp_path / "small.npz")
    assert read_sketch(tmp_path / "small.npz") is not None
    assert read_sketch(tmp_path / "absent.npz") is None


@pytest.mark.parametrize(("rows", "overlap"), [(1000, 0.6), (100_000, 0.6), (100_000, 0.0), (300, 1.0)])
def test_the_share_of_rows_in_others_is_estimated(rows: int, overlap: float) -> None:
    shared = int(rows * overlap)
    large = sketch_of(np.concatenate([hashes(0, shared), hashes(10**7, 10**7 + 200_000)]), "c")
    others = [large, sketch(2 * 10**6, 2 * 10**6 + 50)]
    share, distinct = seen_in(sketch(0, rows), others)
    assert share == pytest.approx(overlap, abs=4 * 0.5 / np.sqrt(distinct) if 0 < overlap < 1 else 0)


def test_rows_that_repeat_inside_of_spans_are_expected_in_others() -> None:
    dice = np.random.default_rng(1)
    spans = [sketch_of(hashes(0, 3000)[dice.integers(0, 3000, 1000)], "c") for _ in range(5)]
    share, _ = seen_in(spans[0], spans[1:])
    assert share == pytest.approx(seen_by_chance(spans[1:]), abs=0.05)
    assert seen_by_chance([sketch(0, 1000), sketch(1000, 2000)]) == 0.0
    assert seen_by_chance([]) == 0.0
