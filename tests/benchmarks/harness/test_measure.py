"""What a command costs includes all that it began, whoever was killed and whoever outlived it."""

import os
import resource
import subprocess
import sys
import time
from pathlib import Path

import psutil

from benchmarks.harness.measure import Cost, measured
from pipeline.config import REPOSITORY

BURN = "import time\nwhile time.process_time() < 0.6: pass"
BURN_AND_WAIT = BURN + "\nprint('burnt', flush=True)\ntime.sleep(60)"
# A parent that kills its busy child and waits for it, as the runner does with the chain's process.
KILLS = f"""
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", {BURN_AND_WAIT!r}], stdout=subprocess.PIPE)
child.stdout.readline()
child.kill()
child.wait()
"""
# A parent that ends before its busy child does.
LEAVES = f"""
import subprocess, sys
subprocess.Popen([sys.executable, "-c", {BURN!r}])
"""
HOLD = "import time; block = bytearray(200 << 20); time.sleep(3)"
HOLDS_BOTH = f"""
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", {HOLD!r}])
{HOLD}
child.wait()
"""


def run(code: str, folder: Path) -> Cost:
    command = [sys.executable, "-c", code]
    return measured(command, os.environ, folder / "out", folder / "err", cwd=folder)


def test_the_time_of_a_killed_child_counts(tmp_path: Path) -> None:
    assert run(KILLS, tmp_path).cpu >= 0.6


def test_the_time_of_a_child_that_outlives_its_parent_counts(tmp_path: Path) -> None:
    assert run(LEAVES, tmp_path).cpu >= 0.6


def test_peak_memory_is_of_the_tree_and_of_the_largest_process(tmp_path: Path) -> None:
    cost = run(HOLDS_BOTH, tmp_path)
    # Until it becomes another program, a new process is as large as the one that began it.
    ours = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10
    assert 200 << 20 <= cost.peak_process <= max(400 << 20, ours)
    assert cost.peak_tree >= 400 << 20


def test_exit_code_and_output_are_kept(tmp_path: Path) -> None:
    cost = run("import sys; print('said'); sys.stderr.write('noise'); sys.exit(3)", tmp_path)
    assert cost.exit_code == 3
    assert (tmp_path / "out").read_text() == "said\n"
    assert (tmp_path / "err").read_text() == "noise"


def test_a_stopped_measurement_leaves_nothing_running(tmp_path: Path) -> None:
    measuring = (
        "import os, signal, sys\n"
        "from pathlib import Path\n"
        "from benchmarks.harness.measure import measured\n"
        "signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))\n"
        f"folder, command = Path({str(tmp_path)!r}), [sys.executable, '-c', {BURN_AND_WAIT!r}]\n"
        "measured(command, os.environ, folder / 'out', folder / 'err', folder)"
    )
    process = subprocess.Popen([sys.executable, "-c", measuring], cwd=REPOSITORY)
    while not (tmp_path / "out").exists() or not (tmp_path / "out").read_text():
        time.sleep(0.05)
    (subject,) = psutil.Process(process.pid).children()
    process.terminate()
    assert process.wait() == 1
    psutil.wait_procs([subject], timeout=5)
    assert not subject.is_running()
