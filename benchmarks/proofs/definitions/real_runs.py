"""Airflow runs the real program in a copy of the repository: a real use case, and real verdicts."""

import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from benchmarks.harness.resume import StepFailed
from benchmarks.harness.tree import copy_repository
from benchmarks.proofs.definitions.airflow_home import AirflowHome
from benchmarks.proofs.definitions.checks import ToolCheck, output_of
from pipeline.run import lock

_SCHEDULE: Final = '\nschedule: {cron: "30 5 * * *", timezone: Europe/Berlin, retry: [1s]}\n'
# Verdict -> the states of the task, in the order in which the runs are made.
_EXPECTED: Final = {
    "PUSHED": ["success"],
    "NOTHING_NEW": ["skipped"],
    "BUSY": ["skipped"],
    "DATA_BLOCKED": ["failed"],
    "exit code 2": ["failed"],
}


def check(folder: Path, airflow: AirflowHome) -> ToolCheck:
    """Runs `flights` five times, each with another end."""
    title = "`dags test` runs the real program on `flights`, from a folder with a space: " + ", ".join(
        _EXPECTED
    )
    result = ToolCheck(airflow.version, title)
    place = _Installation(folder / "repository with a space")
    text = place.command("schedule", "--print", "airflow", "flights")
    for verdict, expected in _EXPECTED.items():
        with place.about_to(verdict):
            states = airflow.test("perennial_flights", text)
        right = states.tasks == expected and f"{verdict}: " in states.log
        result.add(right, f"{verdict}: {states.tasks}, expected {expected}")
    return result


class _Installation:
    """A copy of the repository with a scheduled use case and a month of its exports."""

    def __init__(self, folder: Path) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        self._folder = folder
        copy_repository(folder)
        self._yaml = folder / "pipeline" / "use_cases" / "flights.yaml"
        self._yaml.write_text(self._yaml.read_text(encoding="utf-8") + _SCHEDULE, encoding="utf-8")
        self.command("replay", "flights", "--through", "2013-01")

    def command(self, *arguments: str) -> str:
        """What a command prints.

        Raises:
            StepFailed: It fails.
        """
        environment = {name: value for name, value in os.environ.items() if name != "PERENNIAL_HOME"}
        program = [self._folder / ".venv" / "bin" / "python", self._folder / "local_runner.py", *arguments]
        done = output_of([str(each) for each in program], environment)
        if done.returncode:
            raise StepFailed(f"{arguments[0]} ends with {done.returncode}: {done.stdout[-500:]}")
        return done.stdout

    @contextmanager
    def about_to(self, verdict: str) -> Iterator[None]:
        """The state in which the next run ends with a verdict."""
        with ExitStack() as stack:
            if verdict == "BUSY":
                stack.enter_context(lock.held(self._folder / "work" / "flights" / "lock", "another run"))
            if verdict == "DATA_BLOCKED":
                self.command("replay", "flights", "--through", "2013-02")
                for file in (self._folder / "work" / "exports" / "flights" / "2013-02").glob("*.csv*"):
                    file.write_bytes(b"no,such,columns\n1,2,3\n")
            if verdict == "exit code 2":
                self._yaml.write_text(
                    self._yaml.read_text(encoding="utf-8") + "nonsense: 1\n", encoding="utf-8"
                )
            yield
