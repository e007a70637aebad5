"""The chain's process: what is said of it when it is killed, too slow, or left alone."""

import contextlib
import os
import signal
import threading
from collections.abc import Callable, Iterator

import pytest

from perennial.errors import NodeFailed
from perennial.files import file_digest
from pipeline.config import UseCase
from pipeline.config_sections import RunSection
from pipeline.execution.chain import Chain
from pipeline.execution.process import ChainProcess
from pipeline.plan import Job, SpanPlan
from pipeline.run import lock
from pipeline.run.curated_schema import import_schema

HEADER = (
    "sched_dep,carrier,flight,tailnum,origin,dest,distance,"
    "temp,dewp,humid,wind_dir,wind_speed,wind_gust,precip,pressure,visib,late"
)
ROW = "2013-01-01 05:15:00,UA,1545,N14228,EWR,IAH,1400,39.02,28.04,64.43,260,12.65858,,0,1011.9,10,0"


class Watcher:
    """Keeps what it is shown, and may do something when a node begins."""

    def __init__(self, at: str = "", act: Callable[[], None] = lambda: None) -> None:
        self.nodes: list[tuple[str, str]] = []
        self._at = at
        self.act = act

    def node(self, name: str, span: str) -> None:
        self.nodes.append((name, span))
        if name == self._at:
            self.act()

    def progress(self, done: int, total: int | None, unit: str) -> None:
        """Nothing is measured here."""


@contextlib.contextmanager
def _started(use_case: UseCase, listener: Watcher) -> Iterator[tuple[Chain, ChainProcess]]:
    log = use_case.root / "log.txt"
    with lock.held(use_case.root / "lock", "run-1") as held:
        worker = ChainProcess(use_case, log, held)
        chain = Chain(worker, use_case.run.deadline, log, listener, lambda _node: None)
        worker.start()
    try:
        yield chain, worker
    finally:
        chain.close()


def _group(worker: ChainProcess) -> int:
    if worker.pid is None:
        pytest.fail("the process was never started")
    return worker.pid


def _kill(worker: ChainProcess) -> None:
    """Kills the process and its children, as the kernel does when memory runs out."""
    os.killpg(_group(worker), signal.SIGKILL)


def _job(use_case: UseCase) -> Job:
    file = use_case.home / "part-0.csv"
    file.write_text(f"{HEADER}\n" + f"{ROW}\n" * 300)
    work = SpanPlan(
        span="2013-01", version=1, digest="d", files=((str(file), file_digest(file)),), previous_statistics=""
    )
    return Job(schema_plan=import_schema(use_case), work=work)


def test_a_process_killed_while_it_starts_fails_the_run_and_frees_the_lock(use_case: UseCase) -> None:
    with _started(use_case, Watcher()) as (chain, worker):
        assert lock.is_held(use_case.root / "lock")
        timer = threading.Timer(0.5, _kill, [worker])
        timer.start()
        with pytest.raises(
            NodeFailed, match=r"The chain's process was killed by SIGKILL at the start\."
        ) as caught:
            chain.run(_job(use_case))
        timer.join()
    assert caught.value.remedy == f"See {use_case.root / 'log.txt'}."
    assert not lock.is_held(use_case.root / "lock")


def test_past_the_deadline_the_run_fails_and_everything_is_ended(use_case: UseCase) -> None:
    hasty = use_case.model_copy(update={"run": RunSection(deadline=1)})
    with _started(hasty, Watcher()) as (chain, _):
        with pytest.raises(
            NodeFailed, match=r"the start ran past the deadline of 1 s and was stopped\."
        ) as caught:
            chain.run(_job(use_case))
        assert "run.deadline" in caught.value.remedy
    assert not lock.is_held(use_case.root / "lock")


def test_a_process_killed_in_a_node_fails_the_run_naming_that_node(use_case: UseCase) -> None:
    watcher = Watcher(at="SpanStatistics")
    with _started(use_case, watcher) as (chain, worker):
        watcher.act = lambda: _kill(worker)
        with pytest.raises(NodeFailed, match=r"was killed by SIGKILL at SpanStatistics\."):
            chain.run(_job(use_case))
    # TFX may import the schema before or after the export is read.
    assert ("ArrowExampleGen", "2013-01") in watcher.nodes
    assert watcher.nodes[-1] == ("SpanStatistics", "2013-01")


def test_a_process_that_is_stopped_in_a_node_is_ended_at_the_deadline_naming_that_node(
    use_case: UseCase,
) -> None:
    watcher = Watcher(at="SpanStatistics")
    hasty = use_case.model_copy(update={"run": RunSection(deadline=40)})
    with _started(hasty, watcher) as (chain, worker):
        group = _group(worker)
        watcher.act = lambda: os.killpg(group, signal.SIGSTOP)
        with pytest.raises(
            NodeFailed, match=r"SpanStatistics ran past the deadline of 40 s and was stopped\."
        ):
            chain.run(_job(use_case))
    with pytest.raises(ProcessLookupError):
        os.killpg(group, 0)
    assert not lock.is_held(use_case.root / "lock")


def test_a_node_that_has_ended_is_reported_before_the_next_begins(use_case: UseCase) -> None:
    watcher = Watcher()
    ended: list[str] = []
    with lock.held(use_case.root / "lock", "run-1") as held:
        log = use_case.root / "log.txt"
        worker = ChainProcess(use_case, log, held)
        chain = Chain(worker, use_case.run.deadline, log, watcher, ended.append)
        passed = chain.run(_job(use_case))
        chain.close()
    assert passed.failure is None
    assert ended == [name for name, _ in watcher.nodes][:-1]


def test_a_process_whose_run_is_gone_ends_itself(use_case: UseCase) -> None:
    with _started(use_case, Watcher()) as (_, worker):
        process = worker._process
        if process is None or process.stdin is None:
            pytest.fail("the process was never started")
        process.stdin.close()
        assert process.wait(timeout=120) == -signal.SIGKILL
    assert not lock.is_held(use_case.root / "lock")


def test_closing_what_was_never_started_is_nothing(use_case: UseCase) -> None:
    log = use_case.root / "log.txt"
    Chain(ChainProcess(use_case, log, -1), 60, log, Watcher(), lambda _node: None).close()
    assert not log.exists()
