"""Scores rows with one model in a process of its own, as the server would, and measures how fast it does.

`python -m serving.offline.probe` reads one line of JSON on standard input, `{"model": FOLDER,
"requests": FILE}`, and writes one line on standard output:
  - `{"scores": {"rows": [...], "lines": [...], "examples": [...]}, "startup_seconds": S,
    "latency_ms": {"p50": .., "p99": ..}}`: of each row its score, of three and more classes a list of them;
    null where one is not finite; or
  - `{"error": SENTENCE, "row": N}`, with exit code 1; N counts from 0, and is null where it is not one row.
FILE has one JSON object a line: the same raw row as `row` (an object), `line` (CSV) and `example` (a
serialized tf.Example in base64). The process imports all it needs before it reads: it can be started ahead.
"""

import base64
import json
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from serving.model.columns import RowError
from serving.model.engine import Engine, InputError
from serving.model.saved_model import LoadError

# Enough calls for a 99th percentile, and a tenth of a second of them.
WARM_CALLS: Final = 50
TIMED_CALLS: Final = 500


@dataclass(frozen=True)
class Requests:
    """The same raw rows in the three forms a model takes."""

    rows: Sequence[Mapping[str, Any]]
    lines: Sequence[str]
    examples: Sequence[bytes]


class RowFailed(ValueError):
    """A row at which the model's graph failed; `row` counts from 0."""

    def __init__(self, row: int, problem: str) -> None:
        """Takes the row and the engine's message."""
        super().__init__(problem)
        self.row = row


def write_requests(requests: Requests, file: Path) -> None:
    """Writes requests as `read_requests` reads them."""
    with file.open("w", encoding="utf-8") as out:
        for row, line, example in zip(requests.rows, requests.lines, requests.examples, strict=True):
            request = {"row": row, "line": line, "example": base64.b64encode(example).decode()}
            # NaN is not JSON: a row that holds one is a mistake of whoever made it.
            out.write(json.dumps(request, allow_nan=False) + "\n")


def read_requests(file: Path) -> Requests:
    """Reads requests, one JSON object a line."""
    # Not splitlines: a row may hold other characters that Unicode takes for line ends.
    with file.open(encoding="utf-8", newline="\n") as lines:
        read = [json.loads(line) for line in lines]
    return Requests(
        rows=[request["row"] for request in read],
        lines=[request["line"] for request in read],
        examples=[base64.b64decode(request["example"]) for request in read],
    )


def probe(model: Path, requests: Requests) -> dict[str, Any]:
    """Scores all rows through all three signatures and measures.

    Args:
        model: Folder of the version.
        requests: At least one row.

    Returns:
        The reply, as the module describes it. `startup_seconds` is loading and one call of each signature;
        the latencies are of one raw row, from dict to score.

    Raises:
        LoadError: The model does not load.
        RowError, RowFailed, InputError: It does not take one of the rows.
    """
    started = time.perf_counter()
    engine = Engine.load(model)
    engine.score_rows(requests.rows[:1])
    engine.score_csv(requests.lines[:1])
    engine.score_examples(requests.examples[:1])
    startup = time.perf_counter() - started
    scores = {
        "rows": _scores(engine.score_rows, requests.rows),
        "lines": _scores(engine.score_csv, requests.lines),
        "examples": _scores(engine.score_examples, requests.examples),
    }
    return {"scores": scores, "startup_seconds": startup, "latency_ms": latency(engine, requests.rows)}


def latency(engine: Engine, rows: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """Times scoring one raw row at a time: percentiles in milliseconds."""
    taken = []
    for call in range(WARM_CALLS + TIMED_CALLS):
        row = rows[call % len(rows)]
        started = time.perf_counter()
        engine.score_rows([row])
        taken.append(time.perf_counter() - started)
    p50, p99 = np.percentile(taken[WARM_CALLS:], [50, 99]) * 1000
    return {"p50": round(float(p50), 4), "p99": round(float(p99), 4)}


def main() -> int:
    """Answers the one request on standard input."""
    try:
        request = json.loads(sys.stdin.readline())
        reply = probe(Path(request["model"]), read_requests(Path(request["requests"])))
    except (RowError, RowFailed) as error:
        reply = {"error": str(error), "row": error.row}
    except (LoadError, InputError) as error:
        reply = {"error": str(error), "row": None}
    sys.stdout.write(json.dumps(reply) + "\n")
    return 1 if "error" in reply else 0


def _scores(score: Callable[[Any], Any], rows: Sequence[Any]) -> list[float | list[float] | None]:
    try:
        scores = score(rows)
    except InputError:
        _raise_for_first(score, rows)
        raise
    finite = np.isfinite(scores.reshape(len(scores), -1)).all(axis=1).tolist()
    return [value if sound else None for value, sound in zip(scores.tolist(), finite, strict=True)]


def _raise_for_first(score: Callable[[Any], Any], rows: Sequence[Any]) -> None:
    """Scores row by row, to say at which one the whole batch failed."""
    for index, row in enumerate(rows):
        try:
            score([row])
        except InputError as error:
            raise RowFailed(index, str(error)) from None


if __name__ == "__main__":
    sys.exit(main())
