"""Runs the commands of docs/guides/tutorial.md, and reports where their output is not the page's.

The repository is cloned and set up with empty caches, and each command's time is taken. With --linked it is a
copy with this one's environments instead; with --write the actual outputs replace those of the page.
"""

import argparse
import difflib
import os
import re
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.harness.page import Outcome, code_block
from benchmarks.harness.program import add_home
from benchmarks.harness.tree import copy_repository
from pipeline.config import REPOSITORY

PAGE: Final = REPOSITORY / "docs" / "guides" / "tutorial.md"
PROMPT: Final = "$ "
# Stands on the page for the address to clone.
ADDRESS: Final = "URL_OF_THIS_REPOSITORY"
# A line of the page that stands for any number of lines.
ANYTHING: Final = "..."
# How a comment above a block begins that takes too long for the tests.
UNTESTED: Final = "<!-- not in the tests"
TIMEOUT: Final = 900


@dataclass(frozen=True)
class PageCommand:
    """One command of the page.

    Attributes:
        command: What a person types, of one line or several.
        expected: What the page says it answers.
        line: Where its output begins on the page, from 0.
        in_tests: Whether the tests run it.
    """

    command: str
    expected: tuple[str, ...]
    line: int
    in_tests: bool = True

    @property
    def in_background(self) -> bool:
        """Whether it goes on while others run."""
        return self.command.endswith(" &")


def steps_of(page: str) -> list[PageCommand]:
    """The commands in the page's `console` blocks: a prompt, lines that go on, then what is answered."""
    steps: list[PageCommand] = []
    lines = page.splitlines()
    number = 0
    inside, in_tests = False, True
    while number < len(lines):
        line = lines[number]
        if line.startswith("```"):
            inside = line == "```console"
            in_tests = not lines[number - 1].startswith(UNTESTED)
        if inside and line.startswith(PROMPT):
            command = [line.removeprefix(PROMPT)]
            while _goes_on(command):
                number += 1
                command.append(lines[number].removeprefix("> "))
            first = number + 1
            while not lines[number + 1].startswith(("```", PROMPT)):
                number += 1
            steps.append(PageCommand("\n".join(command), tuple(lines[first : number + 1]), first, in_tests))
        number += 1
    return steps


def _goes_on(command: Sequence[str]) -> bool:
    """Whether a shell would ask for more: a line ends in a backslash, or a quote is open."""
    text = "\n".join(command)
    return text.endswith("\\") or text.count('"') % 2 == 1


def differences(expected: Sequence[str], actual: Sequence[str]) -> list[str]:
    """Where the output differs from the page, as lines of a diff; figures and line breaks may differ."""
    wanted = "".join(".*" if line == ANYTHING else re.escape(_stable(line)) for line in expected)
    if re.fullmatch(wanted, "".join(map(_stable, actual)), re.DOTALL):
        return []
    return list(difflib.unified_diff(expected, actual, "the page", "actual", lineterm="", n=1))


def _stable(line: str) -> str:
    """A line without what differs between machines and runs: folders, figures, blanks, more or less."""
    text = re.sub(r"[~/][\w./+-]*/(?=work\b|\.\./|\w+\.csv\b)", "", line)
    text = re.sub(r"[+-]?\d[\d,.:TZ]*%?", "#", text)
    text = re.sub(r"\b(above|below|equal to)\b", "~", text)
    return re.sub(r"\s+", "", text)


class Shell:
    """Runs the page's commands in a folder, one after another, and ends what they left running."""

    def __init__(self, folder: Path, ports: tuple[int, int] | None = None) -> None:
        """Begins.

        Args:
            folder: The clone.
            ports: Of REST and gRPC, where the page's own may be in use.
        """
        self._folder = folder
        self._ports = ports
        self._background: list[subprocess.Popen[bytes]] = []
        kept = {name: value for name, value in os.environ.items() if name != "PERENNIAL_HOME"}
        self._environment = {**kept, "PYTHONWARNINGS": "ignore"}

    def __enter__(self) -> "Shell":
        """Itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Ends what runs in the background."""
        for process in self._background:
            process.terminate()
            process.wait(60)

    def run(self, step: PageCommand) -> tuple[int, list[str]]:
        """Exit code and standard output's lines of a command; 0 and none of one in the background."""
        command = self._with_ports(step.command)
        if step.in_background:
            arguments = ["bash", "-c", f"exec {command.removesuffix('&')}"]
            quiet = subprocess.DEVNULL
            self._background.append(
                subprocess.Popen(
                    arguments, cwd=self._folder, env=self._environment, stdout=quiet, stderr=quiet
                )
            )
            return 0, []
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=self._folder,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
        )
        if done.returncode:
            print(done.stderr[-3000:], file=sys.stderr)
        return done.returncode, done.stdout.splitlines()

    def _with_ports(self, command: str) -> str:
        if self._ports is None:
            return command
        rest, grpc = self._ports
        command = command.replace("127.0.0.1:8501", f"127.0.0.1:{rest}")
        return re.sub(r"( serve \w+)", rf"\1 --port {rest} --grpc-port {grpc}", command)


def arguments(parser: argparse.ArgumentParser) -> None:
    """What is cloned, and how it is set up."""
    add_home(parser, "proof-tutorial", "folder for clone and caches; emptied first, removed at the end")
    parser.add_argument("--from", dest="source", default=str(REPOSITORY), help="repository to clone")
    parser.add_argument("--linked", action="store_true", help="a copy with this repository's environments")
    parser.add_argument("--write", action="store_true", help="write the actual outputs into the page")


def run(options: argparse.Namespace) -> Outcome:
    """Times the page on a clean clone, command by command; good where each output is the page's."""
    folder: Path = options.home
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    clone = folder / "perennial"
    os.environ |= {"UV_CACHE_DIR": str(folder / "cache"), "PIP_CACHE_DIR": str(folder / "cache-pip")}
    page = PAGE.read_text(encoding="utf-8")
    set_up = [step for step in steps_of(page) if sets_up(step)]
    steps = [step for step in steps_of(page) if not sets_up(step)]
    if options.linked:
        copy_repository(clone)
    else:
        steps = [*cloned(set_up, options.source, folder), *steps]
    load = os.getloadavg()[0]
    took: list[tuple[str, float, float]] = []
    outputs: dict[int, list[str]] = {}
    wrong: list[str] = []
    with Shell(clone) as shell:
        for step in steps:
            began, spent = time.monotonic(), _cpu()
            problem = _timed_step(shell, step, outputs)
            took.append((step.command, time.monotonic() - began, _cpu() - spent))
            if problem:
                wrong.append(problem)
                print(problem, file=sys.stderr)
    if options.write:
        PAGE.write_text(written(page, outputs).replace(str(folder), "~"), encoding="utf-8")
    shutil.rmtree(folder)
    parts = ["Package caches were empty.", _timed(took, load), *(code_block(each) for each in wrong)]
    text = (
        "\n\n".join(parts)
        .replace(f"{folder}/", "")
        .replace(str(folder), "~")
        .replace(options.source, ADDRESS)
    )
    return Outcome(text, good=not wrong, whole=not options.linked)


def _timed_step(shell: Shell, step: PageCommand, outputs: dict[int, list[str]]) -> str:
    """Runs a command; gives how it differs from the page, or nothing."""
    if step.line < 0:
        subprocess.run(["bash", "-c", step.command], check=True, stdout=subprocess.DEVNULL)
        return ""
    code, lines = shell.run(step)
    outputs[step.line] = lines
    problems = differences(step.expected, lines)
    return "\n    ".join([f"! {step.command}: exit code {code}", *problems]) if code or problems else ""


def cloned(steps: Sequence[PageCommand], source: str, folder: Path) -> Iterator[PageCommand]:
    """The page's first steps with an address to clone, each in the folder that the former ones lead to."""
    for step in steps:
        if step.command.startswith("cd "):
            folder = folder / step.command.removeprefix("cd ")
        else:
            yield PageCommand(f"cd {folder} && {step.command.replace(ADDRESS, source)}", (), -1)


def sets_up(step: PageCommand) -> bool:
    """Whether it belongs to the clone and its environments, and not to the work in it."""
    return step.command.startswith(("git clone", "cd ", "make setup"))


def written(page: str, actual: dict[int, list[str]]) -> str:
    """The page with the actual outputs; what it shortens stays short."""
    lines = page.splitlines()
    for step in reversed(steps_of(page)):
        if step.line in actual:
            lines[step.line : step.line + len(step.expected)] = _shortened(step.expected, actual[step.line])
    return "\n".join(lines) + "\n"


def _shortened(expected: Sequence[str], actual: list[str]) -> list[str]:
    if ANYTHING not in expected:
        return actual
    before = expected.index(ANYTHING)
    after = len(expected) - before - 1
    return [*actual[:before], ANYTHING, *actual[len(actual) - after :]]


def _cpu() -> float:
    """Seconds of user and system time of all that was begun here and has ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _timed(took: Sequence[tuple[str, float, float]], load: float) -> str:
    """The table of commands; a loaded machine shows in the seconds, and hardly in those of the CPU."""
    lines = [
        "| command | seconds | CPU seconds | since the start | CPU since the start |",
        "|---|---:|---:|---:|---:|",
    ]
    total = spent = 0.0
    summary = ""
    for command, seconds, cpu in took:
        total, spent = total + seconds, spent + cpu
        if " predict " in command:
            summary = (
                f"From `git clone` to the first prediction: {total / 60:.1f} minutes "
                f"({spent / 60:.1f} of CPU time). "
                f"The machine has {os.cpu_count()} cores; its load was {load:.1f} at the start."
            )
        first = command.splitlines()[0].replace("|", "\\|")
        shown = first if len(first) <= 90 else f"{first[:89]}…"
        lines.append(f"| `{shown}` | {seconds:.1f} | {cpu:.1f} | {total:.0f} | {spent:.0f} |")
    return "\n".join([summary, "", *lines])
