"""Rows and scores in their binary form come out as they went in."""

import io

import numpy as np
import pytest

from serving.model.columns import InputColumn
from serving.offline import frames

COLUMNS = (InputColumn("n", "int"), InputColumn("x", "float"), InputColumn("s", "string"))


def test_rows_come_out_as_they_went_in() -> None:
    stream = io.BytesIO()
    frames.write_count(stream, 4)
    stream.write(np.array([1, -2, 3, 2**62], np.int64).tobytes())
    stream.write(np.array([0.5, np.nan, 1, 2], np.float32).tobytes())
    frames.write_texts(stream, np.array([0, 3], np.int32), "ä!".encode(), np.array([1, 0, 1, 1], np.int32))
    stream.seek(0)
    arrays = frames.read_rows(stream, COLUMNS)
    assert arrays is not None
    assert arrays[0].tolist() == [1, -2, 3, 2**62]
    assert np.array_equal(arrays[1], np.array([0.5, np.nan, 1, 2], np.float32), equal_nan=True)
    assert arrays[2].tolist() == ["ä!".encode(), b"", "ä!".encode(), "ä!".encode()]
    assert frames.read_rows(stream, COLUMNS) is None


@pytest.mark.parametrize("width", [(), (3,)])
def test_scores_come_out_as_they_went_in(width: tuple[int, ...]) -> None:
    scores = np.random.default_rng(1).random((5, *width)).astype(np.float32)
    failed = np.array([False, True, False, False, True])
    stream = io.BytesIO()
    frames.write_scores(stream, scores, failed)
    stream.seek(0)
    read, which = frames.read_scores(stream, width)
    assert np.array_equal(read, scores)
    assert np.array_equal(which, failed)


def test_a_reply_that_breaks_off_is_an_end() -> None:
    stream = io.BytesIO()
    frames.write_scores(stream, np.zeros(5, np.float32), np.zeros(5, bool))
    for size in range(len(stream.getvalue())):
        with pytest.raises(EOFError):
            frames.read_scores(io.BytesIO(stream.getvalue()[:size]), ())
