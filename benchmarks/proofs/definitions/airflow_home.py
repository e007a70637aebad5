"""An Airflow with a home, a database and a DAGs folder of its own."""

import os
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks.harness.resume import StepFailed
from benchmarks.proofs.definitions.checks import output_of


class TaskStates(NamedTuple):
    """What became of a DAG that was run.

    Attributes:
        dag: The state of the DAG's run.
        tasks: The states of its one task, one after the other.
        log: All that Airflow printed.
    """

    dag: str
    tasks: list[str]
    log: str


class AirflowHome:
    """One home of the Airflow in an environment."""

    def __init__(self, environment: Path, folder: Path) -> None:
        """Makes the home and its database.

        Raises:
            StepFailed: Airflow makes no database.
        """
        self._bin = environment / "bin"
        self.dags = folder / "dags"
        self.dags.mkdir(parents=True, exist_ok=True)
        self._variables = {
            **os.environ,
            "AIRFLOW_HOME": str(folder),
            "AIRFLOW__CORE__DAGS_FOLDER": str(self.dags),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{folder}/airflow.db",
            "PATH": f"{self._bin}:{os.environ['PATH']}",
        }
        done = output_of([self._bin / "airflow", "db", "migrate"], self._variables, folder)
        if done.returncode:
            raise StepFailed(f"Airflow makes no database: {done.stdout[-500:]}")

    @property
    def version(self) -> str:
        """Airflow and its version."""
        shown = output_of([self._bin / "airflow", "version"], self._variables).stdout
        return f"Airflow {shown.split()[-1]}"

    def python(self, arguments: Sequence[str | Path]) -> str:
        """What a program prints in Airflow's Python."""
        command = [str(each) for each in (self._bin / "python", *arguments)]
        done = subprocess.run(command, env=self._variables, stdout=subprocess.PIPE, text=True, check=True)
        return done.stdout

    def test(self, dag: str, text: str) -> TaskStates:
        """Runs the DAG of a file's text once, retries included, by `airflow dags test`."""
        (self.dags / f"{dag}.py").write_text(text, encoding="utf-8")
        log = output_of([self._bin / "airflow", "dags", "test", dag], self._variables).stdout
        ended = re.search(r"DagRun Finished:.* state=(\w+)", log)
        return TaskStates(ended[1] if ended else "none", re.findall(r"new_state=(\w+)", log), log)
