"""Starts the other tools' child processes, two at a time, and reads what they wrote."""

import functools
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from benchmarks.harness.program import NotReady
from benchmarks.quality.drift.jobs import job_files
from benchmarks.quality.drift.other_tools import Tool
from perennial.files import read_json
from pipeline.config import REPOSITORY
from pipeline.provenance import source_digest

PROCESSES: Final = 2
_MODULES: Final = "benchmarks.quality.drift.tools"
_LOCKS: Final = REPOSITORY / "benchmarks/quality/drift/environments"


@dataclass(frozen=True)
class ToolJob:
    """Rows that a tool scores.

    Attributes:
        tool: The tool.
        rows: Folder of clean rows and of jobs.
        job: The job's name; `clean-daily` and `clean-monthly` are the clean rows.
    """

    tool: Tool
    rows: Path
    job: str

    @property
    def file(self) -> Path:
        """Where its result is."""
        return self.rows / self.tool.name / f"{self.job}.json"

    @functools.cached_property
    def digest(self) -> str:
        """Of all that the result follows from: rows, the tool's code here, the lock of its environment."""
        digest = hashlib.sha256(_tool_digest(self.tool).encode())
        for file in (self.rows / "rows.parquet", self.rows / "table.json", *job_files(self.rows, self.job)):
            digest.update(_file_digest(file).encode())
        return digest.hexdigest()

    def result(self) -> dict[str, Any] | None:
        """`items`, or `failed`; None where it is not done, or was done of other rows or with other code."""
        if not self.file.is_file():
            return None
        noted = read_json(self.file)
        return dict(noted["result"]) if noted["code"] == self.digest else None


def run_tools(jobs: Iterable[ToolJob], environments: Path, todo: Path, until: float) -> None:
    """Runs what is not done, in two processes at a time; a child that fails leaves the others' results.

    Args:
        jobs: In the order in which they are to be done.
        environments: Folder of the environments.
        todo: Folder for the lists that children read.
        until: `time.time()` from which on no job is begun.
    """
    waiting: dict[Tool, list[ToolJob]] = {}
    for job in jobs:
        if job.result() is None:
            waiting.setdefault(job.tool, []).append(job)
    todo.mkdir(parents=True, exist_ok=True)
    parts = [
        (tool, todo / f"{tool.name}-{first}.json", of_tool[first::PROCESSES])
        for tool, of_tool in waiting.items()
        for first in range(PROCESSES)
    ]
    with ThreadPoolExecutor(PROCESSES) as threads:
        list(threads.map(lambda part: _run(part[0], part[1], part[2], environments, until), parts))


def _run(tool: Tool, todo: Path, jobs: Sequence[ToolJob], environments: Path, until: float) -> None:
    if not jobs:
        return
    listed = [
        {"rows": str(job.rows), "job": job.job, "out": str(job.file), "digest": job.digest} for job in jobs
    ]
    todo.write_text(json.dumps(listed))
    command = [python_of(tool, environments), "-W", "ignore", "-m", f"{_MODULES}.{tool.name}_scores"]
    subprocess.run(
        [*command, str(todo), "--until", str(until)],
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
        cwd=REPOSITORY,
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr,
        check=False,
    )


def python_of(tool: Tool, environments: Path) -> str:
    """A tool's interpreter.

    Raises:
        NotReady: Its environment is not there.
    """
    if tool.ours:
        return sys.executable
    python = environments / tool.name / "bin" / "python"
    if not python.is_file():
        raise NotReady(f"{python} is not there. Run `make bench-drift`, which installs what it needs.")
    return str(python)


@functools.cache
def _tool_digest(tool: Tool) -> str:
    lock = _LOCKS / f"{tool.name}.txt"
    code = source_digest(f"{_MODULES}.{tool.name}_scores")
    return code if tool.ours else f"{code} {_file_digest(lock)}"


@functools.cache
def _file_digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
