"""Puts a server under load with wrk, and reads wrk's figures."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from benchmarks.harness.resume import StepFailed

_SCRIPT: Final = Path(__file__).with_name("post.lua")
_MARK: Final = "FIGURES "
_TIMEOUT: Final = "10s"


@dataclass(frozen=True)
class Line:
    """One way of asking.

    Attributes:
        name: Its key among results.
        title: What the table calls it.
        clients: Connections, each of which asks as soon as it is answered.
        rows: Rows of one request.
    """

    name: str
    title: str
    clients: int
    rows: int


LINES: Final = (
    Line("one", "one raw row, 1 client", 1, 1),
    Line("many", "one raw row each, 16 clients", 16, 1),
    Line("batches", "100 rows each, 16 clients", 16, 100),
)


def put_under_load(url: str, line: Line, bodies: Path, seconds: int) -> dict[str, float]:
    """Asks for so many seconds, and gives what `figures` does.

    Raises:
        StepFailed: A request was not answered, or with an error.
    """
    command = ["wrk", "-t1", f"-c{line.clients}", f"-d{seconds}s", "--timeout", _TIMEOUT, "-s", str(_SCRIPT)]
    process = subprocess.run([*command, url, "--", str(bodies)], capture_output=True, text=True)
    if process.returncode:
        raise StepFailed(
            f"wrk exited with {process.returncode}: {process.stderr.strip() or process.stdout.strip()}"
        )
    return figures(process.stdout, line)


def figures(output: str, line: Line) -> dict[str, float]:
    """Reads what `post.lua` printed at the end of wrk's output.

    Returns:
        `p50` and `p99` in microseconds, `rows_a_second`, `requests`.

    Raises:
        StepFailed: There is nothing of that, no request was answered, or one was not.
    """
    lines = [text for text in output.splitlines() if text.startswith(_MARK)]
    if not lines:
        raise StepFailed(f"wrk's output has no line of {_SCRIPT.name}:\n{output}")
    counts: dict[str, Any] = json.loads(lines[-1].removeprefix(_MARK))
    if counts["refused"] or counts["broken"] or not counts["requests"]:
        raise StepFailed(
            f"Of {counts['requests']} requests ({line.title}) {counts['refused']} got an error "
            f"and {counts['broken']} no reply."
        )
    rate = counts["requests"] * line.rows / (counts["microseconds"] / 1e6)
    return {
        "p50": counts["p50"],
        "p99": counts["p99"],
        "rows_a_second": rate,
        "requests": counts["requests"],
    }
