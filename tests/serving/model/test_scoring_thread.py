"""How requests queue for the one thread that runs graphs, and how each gets its own answer."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import numpy as np
import pytest

from serving.errors import ServingError
from serving.model.checks import RequestRows, Row
from serving.model.columns import RowError
from serving.model.engine import InputError, ScoredRows
from serving.model.models import LoadedVersion
from serving.model.scoring_thread import BATCH_ROWS, ScoringThread


class Sums:
    """Scores a row by its "n"; fails at a row that says so; waits while it is told to."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.go = threading.Event()
        self.go.set()

    def score_requests(self, requests: Sequence[RequestRows]) -> list[ScoredRows]:
        self.batches.append([len(rows) for rows in requests])
        listed = [rows for rows in requests if isinstance(rows, list)]
        assert self.go.wait(10)
        numbers = [[row["n"] for row in rows if isinstance(row, dict)] for rows in listed]
        if any("fails" in row for row in numbers):
            raise InputError("The model could not take its input.")
        return [ScoredRows(np.array(each, np.float32)) for each in numbers]


Batches = list[tuple[Any, int, int]]


def _in_thread(test: Callable[[ScoringThread], Awaitable[None]], max_waiting: int = 100) -> Batches:
    """Runs a test's body with a thread of its own; gives what was told of the batches."""
    batches: Batches = []

    async def body() -> None:
        thread = ScoringThread(
            max_waiting, lambda scorer, rows, queued, _: batches.append((scorer, rows, queued))
        )
        await test(thread)
        await asyncio.wait_for(thread.close(), 10)

    asyncio.run(body())
    return batches


def _rows(*numbers: Any) -> list[Row]:
    return [{"n": number} for number in numbers]


async def _asked(thread: ScoringThread, sums: Sums, *requests: list[Row], timeout: float = 10) -> list[Any]:
    """Asks for all requests while the thread stands still, then lets it go."""
    sums.go.clear()
    tasks = [asyncio.ensure_future(thread.score(sums, rows, timeout)) for rows in requests]
    await asyncio.sleep(0.02)
    sums.go.set()
    return await asyncio.gather(*tasks, return_exceptions=True)


def test_a_lone_request_is_a_batch_at_once() -> None:
    sums = Sums()

    async def test(thread: ScoringThread) -> None:
        assert (await thread.score(sums, _rows(1, 2), 10)).scores.tolist() == [1, 2]

    assert _in_thread(test) == [(sums, 2, 0)]


def test_what_comes_while_a_batch_runs_is_the_next_batch_and_each_gets_its_own() -> None:
    sums = Sums()

    async def test(thread: ScoringThread) -> None:
        results = await _asked(thread, sums, _rows(1), _rows(2, 3), [], _rows(4))
        assert [scored.scores.tolist() for scored in results] == [[1], [2, 3], [], [4]]

    assert _in_thread(test) == [(sums, 1, 3), (sums, 3, 0)]
    assert sums.batches == [[1], [2, 0, 1]]


def test_a_batch_has_its_size_and_a_larger_request_is_one_alone() -> None:
    sums = Sums()

    async def test(thread: ScoringThread) -> None:
        large = _rows(*range(BATCH_ROWS + 1))
        results = await _asked(thread, sums, _rows(0), _rows(*range(BATCH_ROWS - 1)), _rows(1, 2), large)
        assert [len(scored.scores) for scored in results] == [1, BATCH_ROWS - 1, 2, BATCH_ROWS + 1]

    _in_thread(test)
    assert sums.batches == [[1], [BATCH_ROWS - 1], [2], [BATCH_ROWS + 1]]


def test_requests_of_two_versions_are_never_in_one_batch() -> None:
    sums, others = Sums(), Sums()

    async def test(thread: ScoringThread) -> None:
        sums.go.clear()
        asked = [thread.score(scorer, _rows(1), 10) for scorer in (sums, sums, others, sums)]
        tasks = [asyncio.ensure_future(each) for each in asked]
        await asyncio.sleep(0.02)
        sums.go.set()
        await asyncio.gather(*tasks)

    _in_thread(test)
    assert sums.batches == [[1], [1], [1]]
    assert others.batches == [[1]]


def test_a_request_that_fails_in_the_graph_does_not_hurt_those_beside_it() -> None:
    sums = Sums()

    async def test(thread: ScoringThread) -> None:
        results = await _asked(thread, sums, _rows(0), _rows(1), _rows("fails"), _rows(2, 3))
        assert isinstance(results[2], InputError)
        assert [results[index].scores.tolist() for index in (0, 1, 3)] == [[0], [1], [2, 3]]
        assert (await thread.score(sums, _rows(5), 10)).scores.tolist() == [5]

    _in_thread(test)


def test_one_more_than_may_wait_is_refused_at_once() -> None:
    sums = Sums()

    async def test(thread: ScoringThread) -> None:
        # One runs, two wait.
        results = await _asked(thread, sums, *[_rows(number) for number in range(5)])
        assert [isinstance(each, ServingError) for each in results] == [False, False, False, True, True]
        assert results[4].http_status == 429
        assert thread.waiting == 0
        assert (await thread.score(sums, _rows(5), 10)).scores.tolist() == [5]

    _in_thread(test, max_waiting=2)


def test_a_deadline_is_kept_while_it_waits_and_while_it_runs() -> None:
    sums = Sums()

    async def test(thread: ScoringThread) -> None:
        sums.go.clear()
        asked = [thread.score(sums, _rows(number), 0.05) for number in range(3)]
        for error in await asyncio.gather(*asked, return_exceptions=True):
            assert isinstance(error, ServingError)
            assert error.http_status == 504
            assert error.message == "The request timed out after 0.05 seconds."
        sums.go.set()
        assert (await thread.score(sums, _rows(7), 10)).scores.tolist() == [7]

    _in_thread(test)
    assert sums.batches == [[1], [1]], "what nobody waits for any more is not run"


def test_a_client_that_is_gone_is_not_answered() -> None:
    sums = Sums()

    async def test(thread: ScoringThread) -> None:
        sums.go.clear()
        tasks = [asyncio.ensure_future(thread.score(sums, _rows(number), 10)) for number in range(3)]
        await asyncio.sleep(0.02)
        tasks[0].cancel()
        tasks[1].cancel()
        sums.go.set()
        assert (await tasks[2]).scores.tolist() == [2]

    _in_thread(test)
    assert sums.batches == [[1], [1]]


def test_a_call_gives_what_it_returns_or_raises_and_runs_alone() -> None:
    async def test(thread: ScoringThread) -> None:
        results = await asyncio.gather(
            thread.run(threading.current_thread, 10),
            thread.run(lambda: int("x"), 10),
            thread.run(lambda: 7, 10),
            return_exceptions=True,
        )
        assert isinstance(results[0], threading.Thread)
        assert results[0].name == "scoring"
        assert isinstance(results[1], ValueError)
        assert results[2] == 7

    assert _in_thread(test) == [], "calls are no batches"


def test_it_closes_after_what_waits() -> None:
    sums = Sums()
    answers: list[Any] = []

    async def test(thread: ScoringThread) -> None:
        sums.go.clear()
        tasks = [asyncio.ensure_future(thread.score(sums, _rows(number), 10)) for number in range(3)]
        await asyncio.sleep(0.02)
        asyncio.get_running_loop().call_later(0.05, sums.go.set)
        await thread.close()
        answers.extend(await asyncio.gather(*tasks))

    async def body() -> None:
        await test(ScoringThread(10, lambda *_: None))

    asyncio.run(body())
    assert len(answers) == 3


@pytest.mark.parametrize("bad", [{"size": "SECRET"}, {"unknown": 1}, RowError(0, "size", "unread.")])
def test_a_bad_row_of_one_request_is_refused_there_and_nowhere_else(
    raw_version: LoadedVersion, bad: Any
) -> None:
    good: list[Any] = [{"colour": "red", "heat": 2.0}, {"size": 3}]

    async def test(thread: ScoringThread) -> None:
        raw_version.answer_in(thread, 10)
        alone = (await raw_version.score(good)).scores
        hold = threading.Event()
        held = asyncio.ensure_future(thread.run(hold.wait, 10))
        requests = [good, [good[0], bad, good[1]], good, [bad]]
        tasks = [asyncio.ensure_future(raw_version.score(rows)) for rows in requests]
        await asyncio.sleep(0.02)
        hold.set()
        await held
        first, mixed, third, refused = await asyncio.gather(*tasks)
        for scored in (first, third):
            assert scored.errors == ()
            assert np.allclose(scored.scores, alone, rtol=0, atol=1e-6)
        assert [error.row for error in mixed.errors] == [1]
        assert np.isnan(mixed.scores).tolist() == [False, True, False]
        assert np.allclose(mixed.scores[[0, 2]], alone, rtol=0, atol=1e-6)
        assert [error.row for error in refused.errors] == [0]
        assert "SECRET" not in str(mixed.errors[0])

    batches = _in_thread(test)
    assert [rows for _, rows, _ in batches] == [2, 8], "they were in one batch"
