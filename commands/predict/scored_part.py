"""What all kinds of tables share: rows in parts, some refused, and what becomes of each part."""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from commands.predict.rules import NOT_TAKEN, Rules, laid_out, taken
from commands.predict.scoring_process import RowScorer
from perennial.reading.reading import BadRow, Fault

# One types its rows while another one's are scored; a third has the rest of two cores.
_THREADS: Final = 3
_AHEAD: Final = 4

Asked = TypeVar("Asked")
Done = TypeVar("Done")


@dataclass(frozen=True)
class ScoredPart:
    """The rows of a part that were scored, and those that were refused.

    Attributes:
        rows: How many there were.
        refused: In their order.
        scored: What is to be written of the others.
        skipped: Lines that are no rows: a footer's.
    """

    rows: int
    refused: list[BadRow]
    scored: Any
    skipped: int = 0


def in_order(parts: Iterator[Asked], work: Callable[[Asked], Done]) -> Iterator[Done]:
    """Does the work on several parts at once and gives what became of them in their order.

    At most so many parts are in memory as are ahead of the one that is wanted.
    """
    pending: deque[Future[Done]] = deque()
    with ThreadPoolExecutor(_THREADS) as pool:
        try:
            for part in parts:
                pending.append(pool.submit(work, part))
                if len(pending) == _AHEAD:
                    yield pending.popleft().result()
            while pending:
                yield pending.popleft().result()
        finally:
            for future in pending:
                future.cancel()


def score_rows(
    table: pa.Table, rules: Rules, scorer: RowScorer
) -> tuple[Any, npt.NDArray[np.bool_], list[Fault]]:
    """Scores the typed rows that the version takes.

    Args:
        table: The columns of `rules`, in their order.
        rules: What the version takes.
        scorer: The scoring process.

    Returns:
        Scores of the rows that were taken, float32, shape (taken,) or (taken, classes); which rows were,
        bool, shape (rows,); and why others were not.

    Raises:
        Unservable: The version cannot be scored with.
    """
    columns = laid_out(table)
    faults = rules.faults(columns)
    is_taken = np.ones(table.num_rows, bool)
    is_taken[[fault.row for fault in faults]] = False
    scores, failed = scorer.score(taken(columns, is_taken))
    if failed.any():
        rows = np.flatnonzero(is_taken)[failed]
        faults += [Fault(int(row), "", NOT_TAKEN) for row in rows]
        is_taken[rows] = False
        scores = scores[~failed]
    return scores, is_taken, faults
