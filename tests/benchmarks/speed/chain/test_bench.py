"""The benchmark as a command: what was measured before becomes its pages, and a wrong step is named."""

import subprocess
import sys
from pathlib import Path

from benchmarks.harness.chain_runs import MONTHS
from benchmarks.harness.resume import Done, numbered
from benchmarks.harness.tree import digest_of_code
from benchmarks.speed.chain.bench import MEASURED, steps
from pipeline.config import REPOSITORY

RESULT = {
    "wall": 20.0,
    "cpu": 18.0,
    "peak_tree": 1 << 30,
    "peak_process": 1 << 29,
    "rows_a_cpu_second": 1000.0,
    "rows_evaluated": 5000,
    "training_steps": 2400,
    "nodes": {"Trainer": 8.0},
}


def command(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "benchmarks.speed", "chain", *arguments],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
    )


def test_pages_are_written_from_what_was_measured_before(tmp_path: Path) -> None:
    results = Done(tmp_path, digest_of_code(REPOSITORY, MEASURED))
    for step in steps(tmp_path, MONTHS):
        results.add(numbered(step.name, 1), RESULT)
    page = tmp_path / "benchmark.md"
    done = command("--home", str(tmp_path), "--out", str(page))
    assert done.returncode == 0, done.stderr
    assert page.read_text().count("**missed**") == 7
    assert "| one month alone: wall | 20.0 s | 20.0 s | 1 | ≤ 0.25 | **missed** |" in page.read_text()


def test_a_step_that_is_not_there_is_named_and_nothing_is_measured(tmp_path: Path) -> None:
    done = command("--home", str(tmp_path), "--only", "yaer")
    assert done.returncode == 1
    assert "No step 'yaer'" in done.stderr
    assert not list(tmp_path.iterdir())
