"""Runs a benchmark or a proof by name: checks what it needs, measures, writes its page, judges.

`python -m benchmarks.FAMILY NAME [options]`; FAMILY is proofs, speed or quality.

Exit codes: 0 everything passed; 1 something failed, or could not be measured; 2 nothing was started.
"""

import argparse
import importlib
import os
import shutil
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol, cast

from benchmarks.harness.page import Outcome, commit_of, rendered, write
from benchmarks.harness.resume import StepFailed
from perennial.errors import nearest
from pipeline.config import REPOSITORY

WORK: Final = REPOSITORY / "work"

GOOD: Final = 0
WRONG: Final = 1
NOT_STARTED: Final = 2

# What a program may need of the machine -> what to do where it is not there.
_REMEDIES: Final[Mapping[str, str]] = {
    "chromium": "Install Chromium: apt-get install -y chromium",
    "wrk": "Install wrk: apt-get install -y wrk",
    "faketime": "Install faketime: apt-get install -y faketime",
    "systemd-analyze": "Install systemd: apt-get install -y systemd",
    "crontab": "Install cron: apt-get install -y cron",
    "unshare": "Install util-linux: apt-get install -y util-linux",
    "root": "Run this as root: it mounts file systems and changes users.",
}


class NotReady(Exception):
    """Something that a program needs is not there; the text says what to do."""


@dataclass(frozen=True)
class Program:
    """A benchmark or a proof, before its module is imported.

    Attributes:
        module: Its module, with `arguments` and `run` (see `Module`).
        title: Title of its page, and its line in `--help`.
        minutes: How long it takes on two cores, roughly.
        about: Files and folders of the code that it is about, its own among them. Where they change, its page
            is out of date, and results in its `--home` are measured again. `options.about` has it.
        page: Its page below `docs`; empty: it only prints.
        needs: What it needs of the machine, of `_REMEDIES`.
        command: What a person types to run it, where it is not the family's with its name.
    """

    module: str
    title: str
    minutes: int
    about: tuple[str, ...]
    page: str = ""
    needs: tuple[str, ...] = ()
    command: str = ""


@dataclass(frozen=True)
class ProgramFamily:
    """Programs that are run in one way.

    Attributes:
        name: The package's name below `benchmarks`.
        pattern: What a person types to run a program, with `NAME` in it.
        programs: By name.
    """

    name: str
    pattern: str
    programs: Mapping[str, Program]

    def command(self, name: str) -> str:
        """What a person types to run a program."""
        return self.programs[name].command or self.pattern.replace("NAME", name)


class Module(Protocol):
    """What the module of a program has."""

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        """Adds the program's own arguments."""

    def run(self, options: argparse.Namespace) -> Outcome:
        """Measures, or takes what was measured before, and gives what its page says."""


def main(family: ProgramFamily, arguments: Sequence[str] | None = None) -> int:
    """Runs one program of a family; gives the exit code."""
    name, *rest = list(sys.argv[1:] if arguments is None else arguments) or ["--help"]
    if name in ("-h", "--help"):
        print(_usage(family))
        return GOOD
    if name not in family.programs:
        near = nearest(name, family.programs)
        hint = f" Did you mean '{near}'?" if near else f" Choose one of: {', '.join(family.programs)}."
        print(f"benchmarks.{family.name} has no program '{name}'.{hint}", file=sys.stderr)
        return NOT_STARTED
    try:
        return _run(family, name, rest)
    except NotReady as problem:
        print(problem, file=sys.stderr)
        return NOT_STARTED
    except StepFailed as problem:
        print(f"{problem} The page is unchanged.", file=sys.stderr)
        return WRONG


def _run(family: ProgramFamily, name: str, arguments: list[str]) -> int:
    program = family.programs[name]
    if not {"-h", "--help"} & set(arguments):
        check_needs(program.needs)  # before the module imports TensorFlow
    module = cast(Module, importlib.import_module(program.module))
    options = _parser(family, name, module).parse_args(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(WRONG))  # so that what was started is ended as well
    commit = commit_of(REPOSITORY, program.about)  # of the start: a later one may have other code
    outcome = module.run(options)
    print(outcome.body.strip())
    if program.page:
        _write(family, name, options.out, outcome, commit)
    return GOOD if outcome.good else WRONG


def _write(family: ProgramFamily, name: str, out: Path | None, outcome: Outcome, commit: str) -> None:
    program = family.programs[name]
    if out is None and not outcome.whole:
        print(
            f"This is a partial run: docs/{program.page} is unchanged. Set --out FILE to write the page.",
            file=sys.stderr,
        )
        return
    page = out or REPOSITORY / "docs" / program.page
    write(page, rendered(program.title, family.command(name), commit, outcome), outcome.files)
    print(f"Page: {page}", file=sys.stderr)


def check_needs(needs: Sequence[str], there: Callable[[str], bool] | None = None) -> None:
    """Checks that the machine has what a program needs.

    Args:
        needs: What is needed, of `_REMEDIES`.
        there: Says whether a thing is there; None: looks on the `PATH` and at the user.

    Raises:
        NotReady: Something is missing; all that is missing is named.
    """
    missing = [need for need in needs if not (there or _is_there)(need)]
    if missing:
        raise NotReady("\n".join(_REMEDIES[need] for need in missing))


def _is_there(need: str) -> bool:
    return os.geteuid() == 0 if need == "root" else shutil.which(need) is not None


def _parser(family: ProgramFamily, name: str, module: Module) -> argparse.ArgumentParser:
    program = family.programs[name]
    parser = argparse.ArgumentParser(
        prog=f"python -m benchmarks.{family.name} {name}",
        description=f"{program.title} ({family.command(name)}; {program.minutes} minutes).",
        epilog=cast(Any, module).__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    if program.page:
        parser.add_argument(
            "--out",
            type=Path,
            help=f"file for the page; its pictures go into the same folder; default: docs/{program.page}",
        )
    parser.set_defaults(about=program.about)
    module.arguments(parser)
    return parser


def _usage(family: ProgramFamily) -> str:
    width = max(map(len, family.programs))
    lines = [
        f"  {name:{width}}  {program.title} ({program.minutes} minutes)"
        for name, program in family.programs.items()
    ]
    return "\n".join([f"usage: python -m benchmarks.{family.name} NAME [--help] [options]", "", *lines])


def add_home(parser: argparse.ArgumentParser, name: str, what: str = "folder for homes and results") -> None:
    """Adds `--home`, an absolute path; default: `work/NAME`."""
    parser.add_argument("--home", type=_absolute, default=WORK / name, help=f"{what}; default: work/{name}")


def add_fresh(parser: argparse.ArgumentParser) -> None:
    """Adds `--fresh`."""
    parser.add_argument("--fresh", action="store_true", help="remove earlier results and measure again")


def _absolute(text: str) -> Path:
    return Path(text).resolve()
