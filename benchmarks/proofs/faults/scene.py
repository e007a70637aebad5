"""Where faults are injected: a clone of the code, a home with two months run in it, and commands in both."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.harness.resume import StepFailed
from benchmarks.harness.tree import copy_repository
from perennial.store import registry
from serving.model.engine import Engine

LANDED = "2013-03"
# One epoch: what is proved here is what happens when things go wrong, not how good the model is.
_QUICK = {"epochs: 3 ": "epochs: 1 "}
_PATIENCE = 900  # seconds


@dataclass(frozen=True)
class Told:
    """What a command came to.

    Attributes:
        code: Its exit code.
        text: What it said on standard error and, where it gave a verdict, the verdict's reason.
        verdict: The verdict of a run; empty where there was none.
        answer: What it answered as JSON.
    """

    code: int
    text: str
    verdict: str = ""
    answer: Mapping[str, Any] = field(default_factory=dict)

    @property
    def sentence(self) -> str:
        """The first sentence."""
        line = next((line.strip() for line in self.text.splitlines() if line.strip()), "")
        return line if len(line) <= 300 else line[:297] + "..."


@dataclass(frozen=True)
class Fault:
    """A fault, and what is expected of it.

    Attributes:
        name: What is wrong, for the table.
        how: How it was made so, for the table.
        inject: Makes it so on entering, tells what a command came to, and takes it back on leaving.
        code: The exit code that is right.
        says: A pattern of what the user has to be told.
        then: Verdicts of the next run, once it is taken back, that are right.
        live: Whether the version that was live has to be live still.
        landed: Whether March has landed before, so that there is something to do.
    """

    name: str
    how: str
    inject: Callable[["Scene"], AbstractContextManager[Told]]
    code: int
    says: str
    then: Sequence[str] = ("PUSHED", "KEPT")
    live: bool = True
    landed: bool = True


@dataclass
class Scene:
    """A folder with `clone` and `home`, each brought back to what it was before every fault."""

    folder: Path
    clone: Path = field(init=False)
    home: Path = field(init=False)

    def __post_init__(self) -> None:
        """Names the two folders; their paths never change, since lineage holds paths."""
        self.clone, self.home = self.folder / "clone", self.folder / "home"

    @property
    def root(self) -> Path:
        """The folder of the use case."""
        return self.home / "flights"

    def prepare(self) -> None:
        """Runs two months once, and keeps what that gave."""
        if (self.folder / "prepared").is_dir():
            return
        aside = self.folder / "being-prepared"
        for left in (self.clone, self.home, aside):
            shutil.rmtree(left, ignore_errors=True)
        self.clone.mkdir(parents=True)
        copy_repository(self.clone)
        for before, after in _QUICK.items():
            self.edit("pipeline/use_cases/flights.yaml", before, after)
        self.command("replay", "flights", "--through", "2013-02")
        told = self.run()
        if told.verdict != "PUSHED":
            raise StepFailed(f"The two months did not end PUSHED: {told.text}")
        aside.mkdir()
        for name in ("clone", "home"):
            _copy(self.folder / name, aside / name)
        aside.rename(self.folder / "prepared")

    def restore(self, *, landed: bool) -> None:
        """Makes clone and home what they were after the two months; with March landed or not."""
        if self.home.is_mount():
            subprocess.run(["umount", str(self.home)], check=True)
        for name in ("clone", "home"):
            shutil.rmtree(self.folder / name, ignore_errors=True)
            _copy(self.folder / "prepared" / name, self.folder / name)
        if landed:
            self.command("replay", "flights", "--through", LANDED)

    def command(self, *arguments: str, wrap: Sequence[str] = (), **others: Any) -> Told:
        """Runs a command to its end.

        Args:
            *arguments: The command and its options.
            wrap: What stands before it, such as `faketime 2003-01-01`.
            **others: Of `subprocess.run`; `unset` names variables that the environment shall not have.
        """
        done = subprocess.run(
            [*wrap, *self.line(*arguments)],
            **{"capture_output": True, "env": self.environment(others.pop("unset", ())), **others},
            timeout=_PATIENCE,
            cwd="/",
        )
        return told_by(done.returncode, done.stdout or b"", done.stderr or b"")

    def run(self, **others: Any) -> Told:
        """Runs the use case."""
        return self.command("run", "flights", "--json", **others)

    def start(self, *arguments: str) -> "subprocess.Popen[bytes]":
        """Starts a command and does not wait for it."""
        return subprocess.Popen(
            self.line(*arguments),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=self.environment(()),
            cwd="/",
        )

    def until(self, running: "subprocess.Popen[bytes]", node: str) -> bytes:
        """Reads what a started run says until it is at a node; gives that."""
        said = b""
        while node.encode() not in said and running.stderr and (line := running.stderr.readline()):
            said += line
        return said

    def line(self, *arguments: str) -> list[str]:
        """A command's line."""
        return [sys.executable, str(self.clone / "local_runner.py"), *arguments]

    def environment(self, unset: Sequence[str]) -> dict[str, str]:
        """The environment of a command, without some variables."""
        told = {**os.environ, "PERENNIAL_HOME": str(self.home)}
        return {key: value for key, value in told.items() if key not in unset}

    def edit(self, name: str, before: str, after: str) -> None:
        """Replaces a text in one of the clone's files."""
        path = self.clone / name
        text = path.read_text()
        if before not in text:
            raise StepFailed(f"{name} does not hold {before!r}: fix this proof.")
        path.write_text(text.replace(before, after))

    def export(self, span: str = LANDED) -> Path:
        """The folder of an export."""
        return self.home / "exports" / "flights" / span

    def live_answers(self, number: int) -> bool:
        """Whether this version is live, whole, loads, and answers a row with a probability."""
        live = registry.live(self.root / "models")
        if live is None or live.number != number or live.damage():
            return False
        engine = Engine.load(live.folder)
        score = float(engine.score_rows([{}])[0])
        engine.close()
        return 0 <= score <= 1

    def running_executions(self) -> int:
        """How many of MLMD's executions say that they run."""
        with sqlite3.connect(self.root / "metadata.db") as database:
            found = database.execute("SELECT COUNT(*) FROM Execution WHERE last_known_state=2")
            return int(found.fetchone()[0])


def told_by(code: int, out: bytes, err: bytes) -> Told:
    """What a command said, from its exit code and its two streams."""
    said = err.decode(errors="replace")
    problems = "\n".join(line for line in said.splitlines() if not line.lstrip()[:1].isdigit())
    try:
        answer = json.loads(out.splitlines()[-1]) if out.strip() else {}
    except ValueError:
        answer = {}
    if not isinstance(answer, dict) or "verdict" not in answer:
        return Told(code, problems)
    return Told(code, f"{answer['verdict']}: {answer['reason']}\n{problems}", answer["verdict"], answer)


def _copy(source: Path, target: Path) -> None:
    """Copies a folder with its times, links and modes; files that are linked stay so among themselves."""
    subprocess.run(["cp", "-a", str(source), str(target)], check=True)
