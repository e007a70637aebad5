"""The processes beside a run, known by what they run and not by their order."""

import os

import psutil

from benchmarks.harness.run_processes import CHAIN_PROCESS, PROBE, processes_of
from pipeline.config import UseCase
from pipeline.execution.process import ChainProcess
from pipeline.report.writer import PageWriter
from pipeline.run import lock


def test_the_chains_process_is_known_beside_the_one_that_makes_the_page(use_case: UseCase) -> None:
    log = use_case.root / "log.txt"
    before = psutil.Process().children()
    page = PageWriter(log)
    page.expect_charts()
    with lock.held(use_case.root / "lock", "run-1") as held:
        chain = ChainProcess(use_case, log, held)
        chain.start()
        started = [one.pid for one in psutil.Process().children() if one not in before]
        processes = [one.pid for one in processes_of(os.getpid(), CHAIN_PROCESS)]
        expected = [chain.pid]
        chain.end()
    assert not page.write({"summary": {"verdict": "KEPT"}})  # an order that lacks the rest ends the process
    assert len(started) == 2
    assert processes == expected
    assert processes_of(os.getpid(), CHAIN_PROCESS) == processes_of(os.getpid(), PROBE) == []
