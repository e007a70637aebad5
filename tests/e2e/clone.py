"""A clone of the repository whose files may be edited, and states of it that can be restored."""

import contextlib
import gzip
import hashlib
import json
import shutil
import sqlite3
import subprocess
from pathlib import Path
from typing import Any

import pandas as pd
import psutil

from benchmarks.harness.code_copy import CodeCopy
from perennial.store import registry
from perennial.store.ledger import Ledger


class Clone(CodeCopy):
    """A copy of the code whose home is in its folder, and the flights' exports in it."""

    def __init__(self, folder: Path) -> None:
        """Copies the code; `folder` may exist."""
        super().__init__(folder, folder / "work")
        self._started: list[subprocess.Popen[bytes]] = []
        self.renew()

    def cli(self, *arguments: str, expect: int = 0) -> str:
        """Runs a command to its end; gives its standard output."""
        done = subprocess.run(
            self.line(*arguments), capture_output=True, text=True, cwd="/", env=self.environment()
        )
        assert done.returncode == expect, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        return done.stdout

    def json(self, *arguments: str, expect: int = 0) -> dict[str, Any]:
        """Runs a command with `--json`; gives what it answered."""
        answer: dict[str, Any] = json.loads(self.cli(*arguments, "--json", expect=expect))
        return answer

    def start(self, *arguments: str) -> "subprocess.Popen[bytes]":
        """Starts a command and does not wait for it; `end_all` ends it."""
        process = super().start(*arguments)
        self._started.append(process)
        return process

    def end_all(self) -> None:
        """Ends what a failed test has left running."""
        for process in self._started:
            if process.poll() is None:
                run = psutil.Process(process.pid)
                for each in (run, *run.children(recursive=True)):
                    with contextlib.suppress(psutil.NoSuchProcess):
                        each.kill()
                process.communicate()
        self._started.clear()

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

    def land_real(self, span: str) -> pd.DataFrame:
        """Lands a month as it really was; gives its rows."""
        shutil.rmtree(self.home / "exports" / "flights" / span, ignore_errors=True)
        self.cli("replay", "flights", "--through", span)
        return self.export(span)

    def land_celsius(self) -> None:
        """Lands a March whose temperatures have another unit: February's rows, dated a month later."""
        rows = self.export("2013-02")
        rows["sched_dep"] = rows["sched_dep"].str.replace("2013-02", "2013-03")
        rows["temp"] = [f"{(float(cell) - 32) / 1.8:.2f}" if cell else "" for cell in rows["temp"]]
        self.land("2013-03", rows)

    def span(self, name: str) -> dict[str, Any]:
        """What `spans` answers about one span."""
        (span,) = [each for each in self.json("spans", "flights")["spans"] if each["span"] == name]
        return dict(span)

    def publish_again(self) -> int:
        """Publishes version 1 once more, so that an older version exists; gives the new number."""
        models, ledger = self.home / "flights" / "models", Ledger(self.home / "flights" / "ledger.db")
        card = json.loads((models / "1" / "model_card.json").read_text())
        live = self.versions()[-1]
        newer = registry.publish(
            models, ledger, models / "1", card, champion=live, run_id="", why="a second one"
        )
        ledger.close()
        return newer

    def executions(self, state: int) -> int:
        """How many of MLMD's executions are in a state (2: RUNNING)."""
        with sqlite3.connect(self.home / "flights" / "metadata.db") as database:
            count = database.execute("SELECT COUNT(*) FROM Execution WHERE last_known_state=?", (state,))
            return int(count.fetchone()[0])

    def versions(self) -> list[int]:
        """The versions that are published."""
        return sorted(int(path.name) for path in (self.home / "flights" / "models").glob("[0-9]*"))


class Saved:
    """A state of a clone that tests start from.

    Attributes:
        run: What the run answered that ended in this state.
    """

    def __init__(self, clone: Clone, copy: Path, run: dict[str, Any]) -> None:
        """Copies the clone as it is now; `copy` is a folder that does not exist yet."""
        self.run = run
        self._clone = clone
        self._copy = copy
        _copy_folder(clone.code, copy)

    def restore(self) -> Clone:
        """Gives the clone this state again, whatever was done to it since.

        It returns to the same path, since ledger, MLMD and artifacts hold absolute paths.
        """
        self._clone.end_all()
        shutil.rmtree(self._clone.code)
        _copy_folder(self._copy, self._clone.code)
        return self._clone


def _copy_folder(source: Path, target: Path) -> None:
    # Times stay, else Python compiles all modules again; so do hard links, which the window is made of.
    subprocess.run(["cp", "-a", str(source), str(target)], check=True)


def until(running: "subprocess.Popen[bytes]", node: str) -> None:
    """Waits until a run reports that it is at a node."""
    assert running.stderr is not None
    assert any(node.encode() in line for line in running.stderr)


def states(summary: dict[str, Any], span: str | None = None) -> dict[str, str]:
    """State by name of the nodes of one pass."""
    return {node["name"]: node["state"] for node in summary["nodes"] if node["span"] == span}
