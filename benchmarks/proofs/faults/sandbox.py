"""Where faults are injected: a clone of the code, a home with two months run in it, and commands in both."""

import json
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import psutil

from benchmarks.harness.code_copy import CodeCopy
from benchmarks.harness.resume import StepFailed
from benchmarks.harness.run_processes import CHAIN_PROCESS, processes_of
from perennial.store import registry
from serving.model.engine import Engine

LANDED = "2013-03"
# One epoch: what is proved here is what happens when things go wrong, not how good the model is.
_QUICK = {"epochs: 3 ": "epochs: 1 "}
_PATIENCE = 900  # seconds


@dataclass(frozen=True)
class CommandResult:
    """A command that has ended.

    Attributes:
        code: Its exit code.
        text: Its standard error without progress lines and, where it gave a verdict, the verdict's reason.
        answer: Its JSON; empty where it gave none.
    """

    code: int
    text: str
    answer: Mapping[str, Any] = field(default_factory=dict)

    @property
    def verdict(self) -> str:
        """The verdict of a run; empty where it gave none."""
        return str(self.answer.get("verdict", ""))

    @property
    def failed_nodes(self) -> list[str]:
        """The nodes whose state is FAILED."""
        return [node["name"] for node in self.answer.get("nodes", ()) if node["state"] == "FAILED"]

    @property
    def first_line(self) -> str:
        """The first line of the text, at most 300 characters of it."""
        line = next((line.strip() for line in self.text.splitlines() if line.strip()), "")
        return line if len(line) <= 300 else line[:297] + "..."

    def adding(self, text: str) -> "CommandResult":
        """The same with more lines of text."""
        return replace(self, text=f"{self.text}\n{text}")


@dataclass(frozen=True)
class InjectedFault:
    """A fault, and what is expected of it.

    Attributes:
        name: The fault, for the table.
        how: How it is injected, for the table.
        inject: Injects it on entering, gives the result of a command, and takes it back on leaving.
        code: The exit code that is expected.
        verdicts: Verdicts that are expected; none: the command gives no verdict.
        failed: The node that has to be FAILED; empty: not looked at.
        names: Patterns of the facts that the text has to name: files, lines, nodes, settings, figures. No
            wording. Folders are HOME and DIR; case counts.
        hides: Data that the text must not show; empty: none.
        then: Verdicts that are expected of the next run, once the fault is taken back.
        live: Whether the version that was live has to be live still.
        landed: Whether March has landed before, so that there is something to do.
    """

    name: str
    how: str
    inject: "Injection"
    code: int
    verdicts: Sequence[str] = ()
    failed: str = ""
    names: Sequence[str] = ()
    hides: str = ""
    then: Sequence[str] = ("PUSHED", "KEPT")
    live: bool = True
    landed: bool = True


class Sandbox:
    """A folder with `clone` and `home`, each brought back to what it was before every fault.

    Attributes:
        folder: The folder; paths in it never change, since lineage holds paths.
        clone: The code.
        home: PERENNIAL_HOME.
    """

    def __init__(self, folder: Path) -> None:
        """Names the two folders."""
        self.folder = folder
        self.clone, self.home = folder / "clone", folder / "home"
        self._copy = CodeCopy(self.clone, self.home)

    @property
    def root(self) -> Path:
        """The folder of the use case."""
        return self.home / "flights"

    def unmount(self) -> None:
        """Unmounts what a fault, or a proof that was killed, left mounted in the folder."""
        for partition in reversed(psutil.disk_partitions(all=True)):
            if Path(partition.mountpoint).is_relative_to(self.folder):
                subprocess.run(["umount", partition.mountpoint], check=True)

    def prepare(self) -> None:
        """Runs two months once, and keeps what that gave."""
        if (self.folder / "prepared").is_dir():
            return
        aside = self.folder / "being-prepared"
        for left in (self.home, aside):
            shutil.rmtree(left, ignore_errors=True)
        self._copy.renew()
        for before, after in _QUICK.items():
            self.edit("pipeline/use_cases/flights.yaml", before, after)
        self.command("replay", "flights", "--through", "2013-02")
        result = self.run()
        if result.verdict != "PUSHED":
            raise StepFailed(f"The run of the two months is not PUSHED: {result.text}")
        aside.mkdir()
        for name in ("clone", "home"):
            _copy(self.folder / name, aside / name)
        aside.rename(self.folder / "prepared")

    def restore(self, *, landed: bool) -> None:
        """Makes clone and home what they were after the two months; with March landed or not."""
        self.unmount()
        for name in ("clone", "home"):
            shutil.rmtree(self.folder / name, ignore_errors=True)
            _copy(self.folder / "prepared" / name, self.folder / name)
        if landed:
            self.command("replay", "flights", "--through", LANDED)

    def command(self, *arguments: str, wrap: Sequence[str] = (), **others: Any) -> CommandResult:
        """Runs a command to its end.

        Args:
            *arguments: The command and its options.
            wrap: What stands before it, such as `faketime 2003-01-01`.
            **others: Of `subprocess.run`; `unset` names variables to leave out of the environment.
        """
        done = subprocess.run(
            [*wrap, *self._copy.line(*arguments)],
            **{"capture_output": True, "env": self._copy.environment(others.pop("unset", ())), **others},
            timeout=_PATIENCE,
            cwd="/",
        )
        return command_result(done.returncode, done.stdout or b"", done.stderr or b"")

    def run(self, **others: Any) -> CommandResult:
        """Runs the use case."""
        return self.command("run", "flights", "--json", **others)

    def start(self, *arguments: str) -> "subprocess.Popen[bytes]":
        """Starts a command and does not wait for it."""
        return self._copy.start(*arguments)

    def until(self, running: "subprocess.Popen[bytes]", node: str) -> bytes:
        """Reads the log of a started run until it is at a node; gives what it read."""
        output = b""
        while node.encode() not in output and running.stderr and (line := running.stderr.readline()):
            output += line
        return output

    def chain_process(self, running: "subprocess.Popen[bytes]") -> psutil.Process:
        """The chain's process of a started run.

        Raises:
            StepFailed: The run has none, or more than one.
        """
        processes = processes_of(running.pid, CHAIN_PROCESS)
        if len(processes) != 1:
            raise StepFailed(f"Expected one process of the chain, and the run has {len(processes)}.")
        return processes[0]

    def edit(self, name: str, before: str, after: str) -> None:
        """Replaces a text in one of the clone's files."""
        self._copy.edit(name, before, after)

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
        """How many of MLMD's executions are RUNNING."""
        with sqlite3.connect(self.root / "metadata.db") as database:
            cursor = database.execute("SELECT COUNT(*) FROM Execution WHERE last_known_state=2")
            return int(cursor.fetchone()[0])


Injection = Callable[[Sandbox], AbstractContextManager[CommandResult]]


def command_result(code: int, out: bytes, err: bytes) -> CommandResult:
    """The result of a command, from its exit code and its two streams."""
    errors = err.decode(errors="replace")
    text = "\n".join(line for line in errors.splitlines() if not line.lstrip()[:1].isdigit())
    try:
        answer = json.loads(out.splitlines()[-1]) if out.strip() else {}
    except ValueError:
        answer = {}
    if not isinstance(answer, dict):
        answer = {}
    if "verdict" in answer:
        text = f"{answer['verdict']}: {answer['reason']}\n{text}"
    return CommandResult(code, text, answer)


def _copy(source: Path, target: Path) -> None:
    """Copies a folder with its times, links and modes; files that are linked stay so among themselves."""
    subprocess.run(["cp", "-a", str(source), str(target)], check=True)
