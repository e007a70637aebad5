"""The chain's process: what is said of it when it is killed, too slow, or left alone."""

import contextlib
import os
import signal
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from perennial.errors import NodeFailed
from perennial.files import file_digest
from pipeline import config
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
def _started(
    use_case: UseCase, listener: Watcher, node_ended: Callable[[str], None] = lambda _node: None
) -> Iterator[tuple[Chain, ChainProcess]]:
    log = use_case.root / "log.txt"
    with lock.held(use_case.root / "lock", "run-1") as held:
        worker = ChainProcess(use_case, log, held)
        chain = Chain(worker, use_case.run.deadline, log, listener, node_ended)
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


def _job(use_case: UseCase, version: int = 1) -> Job:
    file = use_case.home / "part-0.csv"
    file.write_text(f"{HEADER}\n" + f"{ROW}\n" * 300)
    work = SpanPlan(
        span="2013-01",
        version=version,
        digest=f"of version {version}",
        files=((str(file), file_digest(file)),),
        previous_statistics="",
    )
    return Job(schema_plan=import_schema(use_case), work=work)


@dataclass(frozen=True)
class Used:
    """A process that has run a span, and what was seen of that pass."""

    use_case: UseCase
    worker: ChainProcess
    began: list[str]
    ended: list[str]


@pytest.fixture(scope="module")
def used(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Used]:
    """Such a process: to start one and to import TFX takes it 10 s."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("PERENNIAL_HOME", str(tmp_path_factory.mktemp("used")))
        use_case = config.load("flights")
    use_case.make_root()
    watcher, ended = Watcher(), list[str]()
    with _started(use_case, watcher, ended.append) as (chain, worker):
        assert chain.run(_job(use_case)).failure is None
        yield Used(use_case, worker, [name for name, _ in watcher.nodes], ended)


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


def test_a_process_whose_run_is_gone_kills_itself_in_the_middle_of_a_node_which_the_failure_names(
    use_case: UseCase,
) -> None:
    watcher = Watcher(at="SpanStatistics")
    with _started(use_case, watcher) as (chain, worker):
        process = worker._process
        if process is None or process.stdin is None:
            pytest.fail("the process was never started")
        watcher.act = process.stdin.close
        with pytest.raises(NodeFailed, match=r"was killed by SIGKILL at SpanStatistics\."):
            chain.run(_job(use_case))
        assert process.returncode == -signal.SIGKILL
        assert not lock.is_held(use_case.root / "lock")
    # TFX may import the schema before or after the export is read.
    assert ("ArrowExampleGen", "2013-01") in watcher.nodes
    assert watcher.nodes[-1] == ("SpanStatistics", "2013-01")


def test_a_node_that_has_ended_is_reported_before_the_next_begins(used: Used) -> None:
    assert "SpanStatistics" in used.ended
    assert used.ended == used.began[:-1]


def test_a_process_that_is_stopped_in_a_node_is_ended_at_the_deadline_naming_that_node(used: Used) -> None:
    group = _group(used.worker)
    watcher = Watcher("SpanStatistics", lambda: os.killpg(group, signal.SIGSTOP))
    chain = Chain(used.worker, 15, used.use_case.root / "log.txt", watcher, lambda _node: None)
    with pytest.raises(NodeFailed, match=r"SpanStatistics ran past the deadline of 15 s and was stopped\."):
        chain.run(_job(used.use_case, version=2))
    chain.close()
    with pytest.raises(ProcessLookupError):
        os.killpg(group, 0)
    assert not lock.is_held(used.use_case.root / "lock")


def test_closing_what_was_never_started_is_nothing(use_case: UseCase) -> None:
    log = use_case.root / "log.txt"
    Chain(ChainProcess(use_case, log, -1), 60, log, Watcher(), lambda _node: None).close()
    assert not log.exists()
