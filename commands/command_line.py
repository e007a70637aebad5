"""The command line: which commands there are, how one is run, and how its answer or its error is printed."""

import argparse
import importlib
import io
import json
import os
import sqlite3
import sys
from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol, cast

from commands.command_output import CommandOutput
from perennial.errors import PerennialError

# Each command and its line in `--help`. Its module is commands/NAME/command.py, which is imported when the
# command is asked for, and imports what is slow when it is carried out.
COMMANDS: Final[Mapping[str, str]] = {
    "run": "ingest what is fresh, retrain, evaluate, push or not; one verdict",
    "new": "a use case from your own table: its files, its spans, and what to look at",
    "check": "read and judge an export as run would, and change nothing",
    "status": "live version, last runs, what waits, what is odd",
    "spans": "each span's state and why; accept or reject one",
    "replay": "write real exports of the past as they would have landed",
    "predict": "score a CSV or Parquet file with the live version",
    "rollback": "an older version live again, at once",
    "report": "the page of a run, and its path; without a name: of all last runs",
    "serve": "the server: REST and gRPC for the versions that are live",
    "doctor": "environment, disk, versions, locks, leftovers; what to do",
}


class Command(Protocol):
    """What the module of a command has."""

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        """Adds the command's own arguments."""

    def command(self, options: argparse.Namespace) -> CommandOutput:
        """Does the work."""


def main(arguments: list[str] | None = None) -> int:
    """Runs one command; gives the exit code of the design."""
    _mend_streams()
    options = _parser().parse_args(arguments)
    try:
        answer = options.command(options)
    except PerennialError as error:
        return _fail(options, error.problem, error.remedy, error.exit_code)
    except (OSError, sqlite3.Error) as error:
        # A full disk, a file that vanished: nothing of ours is at fault.
        where = f"{error.filename}: " if isinstance(error, OSError) and error.filename else ""
        problem = f"{where}{error.strerror if isinstance(error, OSError) else error}."
        return _fail(options, problem, "Mend that, and say the command again; `doctor` tells more.", 1)
    try:
        print(json.dumps(answer.content) if options.json else answer.text, flush=True)  # noqa: T201
    except OSError as error:
        # The command was carried out; who reads has enough, as `head` does, or there is no room.
        if not isinstance(error, BrokenPipeError):
            print(f"The answer could not be written: {error.strerror}.", file=sys.stderr)  # noqa: T201
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return answer.exit_code


def _fail(options: argparse.Namespace, problem: str, remedy: str, exit_code: int) -> int:
    if options.json:
        print(json.dumps({"error": problem, "remedy": remedy, "exit_code": exit_code}))  # noqa: T201
    print(f"{problem}\n  {remedy}", file=sys.stderr)  # noqa: T201
    return exit_code


def _mend_streams() -> None:
    """Opens the standard streams that are closed, and lets any name be printed in any encoding.

    A file opened later would otherwise get a closed one's number, and what a library prints.
    """
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    sys.stdout = sys.stdout or os.fdopen(1, "w", encoding="utf-8")
    sys.stderr = sys.stderr or os.fdopen(2, "w", encoding="utf-8")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


class _CommandParser(argparse.ArgumentParser):
    """The parser of one command, whose module it imports once that command is asked for."""

    def parse_known_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> tuple[argparse.Namespace, list[str]]:
        module = cast(Command, importlib.import_module(f"commands.{self.prog.split()[-1]}.command"))
        module.arguments(self)
        self.set_defaults(command=module.command)
        return super().parse_known_args(args, namespace)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="local_runner.py",
        description="Keeps a model fresh: checks exports, trains, compares with what is live, pushes.",
    )
    commands: Any = parser.add_subparsers(
        title="commands", metavar="COMMAND", required=True, parser_class=_CommandParser
    )
    for name, text in COMMANDS.items():
        added = commands.add_parser(name, help=text, description=text)
        added.add_argument("--json", action="store_true", help="answer one JSON object on standard output")
    return parser
