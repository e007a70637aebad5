"""A copy of the repository whose files may be edited, with a home, and commands of the pipeline in both."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from benchmarks.harness.resume import StepFailed
from benchmarks.harness.tree import copy_repository

FLIGHTS: Final = "pipeline/use_cases/flights.yaml"
_QUICK: Final = (
    ("epochs: 3", "epochs: 1"),
    ("evaluation:", "evaluation:\n  yardstick: false"),
)


@dataclass
class CodeCopy:
    """The code and the home of its runs.

    Attributes:
        code: Folder of the code.
        home: PERENNIAL_HOME of its commands.
    """

    code: Path
    home: Path

    def renew(self) -> None:
        """Copies the code as it is now; the home stays."""
        shutil.rmtree(self.code, ignore_errors=True)
        self.code.mkdir(parents=True)
        copy_repository(self.code)

    def renew_quick(self) -> None:
        """Copies the code as it is now; flights train for one epoch, and without the yardstick.

        It is for proofs that do not show how good a model is.

        Raises:
            StepFailed: The YAML of flights does not have the settings that are replaced.
        """
        self.renew()
        for before, after in _QUICK:
            self.edit(FLIGHTS, before, after)

    def edit(self, name: str, before: str, after: str) -> None:
        """Replaces a text in one of the copy's files.

        Raises:
            StepFailed: The file does not have the text.
        """
        path = self.code / name
        text = path.read_text(encoding="utf-8")
        if before not in text:
            raise StepFailed(f"{name} has no {before!r}. Change this edit as the code was changed.")
        path.write_text(text.replace(before, after), encoding="utf-8")

    def line(self, *arguments: str) -> list[str]:
        """A command's line."""
        return [sys.executable, str(self.code / "local_runner.py"), *arguments]

    def environment(self, unset: Sequence[str] = ()) -> dict[str, str]:
        """The environment of a command, without some variables."""
        variables = {**os.environ, "PERENNIAL_HOME": str(self.home)}
        return {name: value for name, value in variables.items() if name not in unset}

    def start(self, *arguments: str) -> "subprocess.Popen[bytes]":
        """Starts a command and does not wait for it."""
        return subprocess.Popen(
            self.line(*arguments),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=self.environment(),
            cwd="/",
        )

    def run_json(self, *arguments: str) -> dict[str, Any]:
        """Runs a command with `--json` to its end; gives its JSON.

        Raises:
            StepFailed: It ended with an error.
        """
        output, errors = self.start(*arguments, "--json").communicate()
        if not output:
            raise StepFailed(f"`{' '.join(arguments)}` printed no JSON:\n{errors.decode(errors='replace')}")
        answer: dict[str, Any] = json.loads(output.splitlines()[-1])
        if "error" in answer:
            raise StepFailed(f"`{' '.join(arguments)}`: {answer['error']}")
        return answer
