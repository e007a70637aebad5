"""Puts a server under load with wrk, and reads what wrk found."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from benchmarks.harness.resume import StepFailed

_SCRIPT: Final = Path(__file__).with_name("post.lua")
_FOUND: Final = "FOUND "
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
    told = subprocess.run([*command, url, "--", str(bodies)], capture_output=True, text=True)
    if told.returncode:
        raise StepFailed(f"wrk ended with {told.returncode}: {told.stderr.strip() or told.stdout.strip()}")
    return figures(told.stdout, line)


def figures(told: str, line: Line) -> dict[str, float]:
    """Reads what `post.lua` printed at the end of wrk's output.

    Returns:
        `p50` and `p99` in microseconds, `rows_a_second`, `requests`.

    Raises:
        StepFailed: There is nothing of that, no request was answered, or one was not.
    """
    lines = [text for text in told.splitlines() if text.startswith(_FOUND)]
    if not lines:
        raise StepFailed(f"Expected a line of {_SCRIPT.name} in wrk's output, and there is none:\n{told}")
    found: dict[str, Any] = json.loads(lines[-1].removeprefix(_FOUND))
    if found["refused"] or found["broken"] or not found["requests"]:
        raise StepFailed(
            f"Of {found['requests']} requests ({line.title}) {found['refused']} were answered with an error "
            f"and {found['broken']} not at all."
        )
    rate = found["requests"] * line.rows / (found["microseconds"] / 1e6)
    return {
        "p50": found["p50"],
        "p99": found["p99"],
        "rows_a_second": rate,
        "requests": found["requests"],
    }
