"""A process that has read a CSV ends with its own exit code, even if Arrow's threads outlive Python."""

import subprocess
import sys
from pathlib import Path

from pipeline.config import REPOSITORY

_TRIES = 4
# On one core, with Arrow's threads at the lowest priority, Python ends before they let go of what they read.
# So a fault that is rare otherwise shows at nearly every try.
_READ_AND_END = """
import os, sys
from pathlib import Path
from perennial.reading.columns import Column
from perennial.reading.read_csv import read_csv
from perennial.reading.reading import ExportFormat
os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
for last in (False, True):
    rows_read = read_csv(Path(sys.argv[1]), ExportFormat((Column("n", "int", required=False),)))
    for thread in [] if last else os.listdir("/proc/self/task"):
        if int(thread) != os.getpid():
            os.setpriority(os.PRIO_PROCESS, int(thread), 19)
sys.exit(2 + len(rows_read.bad))
"""


def test_the_exit_code_is_that_of_the_program(tmp_path: Path) -> None:
    file = tmp_path / "part.csv"
    file.write_text("n,s\n" + "1,a\n" * 1000 + "1,a,b\n")
    command = [sys.executable, "-c", _READ_AND_END, str(file)]
    tries = [subprocess.run(command, cwd=REPOSITORY, capture_output=True, check=False) for _ in range(_TRIES)]
    assert [each.returncode for each in tries] == [3] * _TRIES
