"""A clone of the repository in a folder of its own, and one small chain in it that the tests share."""

import gzip
import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from benchmarks.harness.tree import copy_repository


class Clone:
    """The repository's code in a folder of its own, whose files may be edited."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.home = folder / "work"
        copy_repository(folder)

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, str(self.folder / "local_runner.py"), *arguments]

    def cli(self, *arguments: str, expect: int = 0) -> str:
        """Runs a command to its end; gives its standard output."""
        done = subprocess.run(
            self.command(*arguments), capture_output=True, text=True, cwd="/", env=self._environment()
        )
        assert done.returncode == expect, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        return done.stdout

    def json(self, *arguments: str, expect: int = 0) -> dict[str, Any]:
        """Runs a command with `--json`; gives what it answered."""
        answer: dict[str, Any] = json.loads(self.cli(*arguments, "--json", expect=expect))
        return answer

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Starts a command and does not wait for it."""
        return subprocess.Popen(
            self.command(*arguments),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd="/",
            env=self._environment(),
        )

    def edit(self, name: str, before: str, after: str) -> None:
        """Replaces a text in one of the clone's files."""
        path = self.folder / name
        text = path.read_text()
        assert before in text
        path.write_text(text.replace(before, after))

    def export(self, span: str) -> pd.DataFrame:
        """The rows of an export, every cell as it stands."""
        parts = sorted((self.home / "exports" / "flights" / span).glob("*.csv.gz"))
        return pd.concat([pd.read_csv(part, dtype=str, keep_default_na=False) for part in parts])

    def land(self, span: str, rows: pd.DataFrame) -> None:
        """Puts an export in the place of what is there, with its manifest."""
        folder = self.home / "exports" / "flights" / span
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        part = folder / "part-00000.csv.gz"
        part.write_bytes(gzip.compress(rows.to_csv(index=False).encode(), mtime=0))
        content = part.read_bytes()
        entry = {
            "path": part.name,
            "bytes": len(content),
            "sha256": hashlib.sha256(content).hexdigest(),
            "rows": len(rows),
        }
        (folder / "_SUCCESS").write_text(json.dumps({"files": [entry]}))

    def executions(self, state: int) -> int:
        """How many of MLMD's executions are in a state (2: RUNNING)."""
        with sqlite3.connect(self.home / "flights" / "metadata.db") as database:
            count = database.execute("SELECT COUNT(*) FROM Execution WHERE last_known_state=?", (state,))
            return int(count.fetchone()[0])

    def versions(self) -> list[int]:
        """The versions that are published."""
        return sorted(int(path.name) for path in (self.home / "flights" / "models").glob("[0-9]*"))

    def _environment(self) -> dict[str, str]:
        return {key: value for key, value in os.environ.items() if key != "PERENNIAL_HOME"}


def states(summary: dict[str, Any], span: str | None = None) -> dict[str, str]:
    """State by name of the nodes of one pass."""
    return {node["name"]: node["state"] for node in summary["nodes"] if node["span"] == span}


@pytest.fixture(scope="session")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Clone:
    """A clone in which January and February landed and were run once; `first_run.json` is what that said."""
    clone = Clone(tmp_path_factory.mktemp("clone"))
    clone.cli("replay", "flights", "--through", "2013-02")
    summary = clone.json("run", "flights")
    (clone.folder / "first_run.json").write_text(json.dumps(summary))
    return clone


@pytest.fixture(scope="session")
def first_run(chain: Clone) -> dict[str, Any]:
    """What the first run answered."""
    answer: dict[str, Any] = json.loads((chain.folder / "first_run.json").read_text())
    return answer
