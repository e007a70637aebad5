"""One check of the proof: by which tool, what, how often, and what failed."""

import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class ToolCheck:
    """A check that is made many times.

    Attributes:
        tool: The tool, with its version.
        what: What is checked.
        trials: How often.
        problems: What failed, a line each.
    """

    tool: str
    what: str
    trials: int = 0
    problems: list[str] = field(default_factory=list)

    def add(self, is_right: bool, problem: str) -> None:
        """Counts one trial; `problem` describes it where it failed."""
        self.trials += 1
        if not is_right:
            self.problems.append(problem)


def output_of(
    command: Sequence[str | Path], environment: Mapping[str, str] | None = None, cwd: Path | None = None
) -> "subprocess.CompletedProcess[str]":
    """Runs a command to its end; both of its streams are in `stdout`."""
    return subprocess.run(
        [str(each) for each in command],
        env=environment,
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
