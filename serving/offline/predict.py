"""Scores columns of raw rows with one model in a process of its own, chunk after chunk, for `predict`.

`python -m serving.offline.predict FOLDER` loads the version in FOLDER and writes a line of JSON on standard
output: `{"ready": true}`, or `{"error": SENTENCE}` and exit code 1. From then on it answers each frame of
rows on standard input with one of scores, in the form of `serving.offline.frames`, until there are no more.
"""

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any, Final

import numpy as np

from serving.model.engine import RAW_COLUMNS, Engine, InputError
from serving.model.saved_model import LoadError
from serving.offline import frames

# What a batch takes stays in the cache of a core: a batch eight times as long takes a tenth longer a row.
BATCH_ROWS: Final = 8192


def scored(engine: Engine, arrays: Sequence[Any]) -> tuple[Any, Any]:
    """Scores rows that are in order by the schema.

    Args:
        engine: The model.
        arrays: One a column, of equal length, at least 1.

    Returns:
        Scores, float32, shape (rows, *width), and bool, shape (rows,): which rows the model's
        graph could not take; their scores are NaN.
    """
    rows = len(arrays[0])
    parts = [
        _scored_or_halved(engine, [array[start : start + BATCH_ROWS] for array in arrays])
        for start in range(0, rows, BATCH_ROWS)
    ]
    return np.concatenate([scores for scores, _ in parts]), np.concatenate([failed for _, failed in parts])


def _scored_or_halved(engine: Engine, arrays: Sequence[Any]) -> tuple[Any, Any]:
    """A batch fails as a whole: the row at fault is found by halves, and the others are scored."""
    rows = len(arrays[0])
    try:
        scores = engine.run(RAW_COLUMNS, dict(zip(engine.inputs, arrays, strict=True)))
        return scores, np.zeros(rows, bool)
    except InputError:
        if rows == 1:
            return np.full((1, *engine.answers.width), np.nan, np.float32), np.ones(1, bool)
    halves = ([array[: rows // 2] for array in arrays], [array[rows // 2 :] for array in arrays])
    parts = [_scored_or_halved(engine, half) for half in halves]
    return np.concatenate([scores for scores, _ in parts]), np.concatenate([failed for _, failed in parts])


def answer(engine: Engine, asked: IO[bytes], answered: IO[bytes]) -> None:
    """Answers frames until there are no more."""
    while (arrays := frames.read_rows(asked, engine.columns)) is not None:
        frames.write_scores(answered, *scored(engine, arrays))


def main() -> int:
    """Answers what comes on standard input."""
    # What a library prints must not come among the frames.
    answered = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    try:
        engine = Engine.load(Path(sys.argv[1]))
        reply: dict[str, Any] = {"ready": True}
    except LoadError as error:
        reply = {"error": str(error)}
    answered.write(json.dumps(reply).encode() + b"\n")
    answered.flush()
    if "error" in reply:
        return 1
    try:
        answer(engine, sys.stdin.buffer, answered)
    except (BrokenPipeError, EOFError):
        return 1  # the caller is gone
    return 0


if __name__ == "__main__":
    sys.exit(main())
