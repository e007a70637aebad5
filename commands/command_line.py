"""The command line: the list of commands; runs one, and prints its output or its error."""

import argparse
import importlib
import io
import json
import os
import sqlite3
import sys
from collections.abc import Mapping, Sequence
from typing import Any, Final, NoReturn, Protocol, cast

from commands.command_output import CommandOutput
from perennial.errors import PerennialError, nearest

# Each command and its line in `--help`. Its module (`module_of`) is imported when the command is used, and
# imports slow modules when it runs.
COMMANDS: Final[Mapping[str, str]] = {
    "run": "read new exports, retrain, evaluate, publish if better; ends in one verdict",
    "backfill": "run for the spans of a range that were missed or failed, after a plan",
    "new": "create a use case from your own table, and list what to review",
    "land": "hand in the next file of a use case; it is cut into spans",
    "evolve": "follow a table whose columns change: propose the edit of the use case, apply it",
    "check": "check an export as `run` would; changes nothing",
    "status": "show the live version, the last runs, waiting spans and open alerts",
    "spans": "list each span's state and reason; accept or reject one, or give up one that never came",
    "replay": "write past exports of real data, as if they had just arrived",
    "predict": "score a CSV or Parquet file with the live version",
    "approve": "push the candidate that waits for a person or for the end of a freeze",
    "rollback": "make an older version live again, at once",
    "forward": "undo the last rollback: what was live before it is live again",
    "history": "show what was live when, trained on what, by which code, why, and what was rolled back",
    "backtest": "how often to retrain, and on how much: models of the past, judged on what came after",
    "calibrate": "thresholds of drift from the accepted past, at a stated rate of false alarms",
    "prune": "remove what nothing needs any more; with --dry-run: say what would go, and why the rest stays",
    "report": "make the page of a run and print its path; without NAME: of each use case's last run",
    "serve": "serve live versions over REST and gRPC",
    "schedule": "run use cases at their times and on new exports; pause, resume; print for other schedulers",
    "check-overdue": "whether exports come as expected: 0 fresh, 1 warn, 2 overdue, 3 cannot answer",
    "backup": "copy the home, or some use cases, into one file, while runs go on",
    "restore": "bring back the use cases of a backup, also under another path",
    "doctor": "check environment, disk, versions, locks and leftovers; list what to fix",
}
# Commands whose codes 1 and 2 are answers: the code of every error of theirs, a wrong option too.
_ERROR_CODES: Final[Mapping[str, int]] = {"check-overdue": 3}


class Command(Protocol):
    """The module of a command."""

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        """Adds the command's own arguments."""

    def command(self, options: argparse.Namespace) -> CommandOutput:
        """Does the work."""


def main(arguments: list[str] | None = None) -> int:
    """Runs one command; returns its exit code."""
    _open_streams()
    parser = _parser()
    _expect_command(parser, sys.argv[1:] if arguments is None else arguments)
    options = parser.parse_args(arguments)
    try:
        answer = options.command(options)
    except PerennialError as error:
        return _fail(options, error.problem, error.remedy, options.error_code or error.exit_code)
    except (OSError, sqlite3.Error) as error:
        # For example a full disk, or a file that disappeared: not a bug of this program.
        where = f"{error.filename}: " if isinstance(error, OSError) and error.filename else ""
        problem = f"{where}{error.strerror if isinstance(error, OSError) else error}."
        return _fail(
            options,
            problem,
            "Fix this, then run the command again; `doctor` shows more.",
            options.error_code or 1,
        )
    try:
        print(json.dumps(answer.content) if options.json else answer.text, flush=True)  # noqa: T201
    except OSError as error:
        # The command has run; the reader has closed the pipe, as `head` does, or the disk is full.
        if not isinstance(error, BrokenPipeError):
            print(f"Cannot write the output: {error.strerror}.", file=sys.stderr)  # noqa: T201
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return answer.exit_code


def _fail(options: argparse.Namespace, problem: str, remedy: str, exit_code: int) -> int:
    if options.json:
        print(json.dumps({"error": problem, "remedy": remedy, "exit_code": exit_code}))  # noqa: T201
    print(f"{problem}\n  {remedy}", file=sys.stderr)  # noqa: T201
    return exit_code


def _open_streams() -> None:
    """Opens the standard streams that are closed, and lets any name be printed in any encoding.

    Otherwise a file that is opened later gets the number of a closed stream, and the output of libraries.
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


def module_of(name: str) -> str:
    """The module of a command: `commands.check_overdue.command` of `check-overdue`."""
    return f"commands.{name.replace('-', '_')}.command"


class _CommandParser(argparse.ArgumentParser):
    """The parser of one command; it imports the module only if the command is used."""

    @property
    def _error_code(self) -> int | None:
        return _ERROR_CODES.get(self.prog.split()[-1])

    def parse_known_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> tuple[argparse.Namespace, list[str]]:
        module = cast(Command, importlib.import_module(module_of(self.prog.split()[-1])))
        module.arguments(self)
        self.set_defaults(command=module.command, error_code=self._error_code)
        options, unknown = super().parse_known_args(args, namespace)
        if unknown:
            self.error(f"unrecognized arguments: {' '.join(unknown)}")
        return options, unknown

    def error(self, message: str) -> NoReturn:
        """Prints the usage and what is wrong; exits with 2, or with the command's own code of errors."""
        self.print_usage(sys.stderr)
        self.exit(self._error_code or 2, f"{self.prog}: error: {message}\n")


def _expect_command(parser: argparse.ArgumentParser, arguments: list[str]) -> None:
    """Exits with 2 if the first argument is neither an option nor a command."""
    name = arguments[0] if arguments else "-"
    if not name.startswith("-") and name not in COMMANDS:
        near = nearest(name, COMMANDS)
        hint = f"Did you mean {near!r}? " if near else ""
        parser.error(f"unknown command {name!r}. {hint}Commands: {', '.join(COMMANDS)}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="local_runner.py",
        description="Keeps a model fresh: checks exports, trains, compares with the live model, publishes.",
    )
    commands: Any = parser.add_subparsers(
        title="commands", metavar="COMMAND", required=True, parser_class=_CommandParser
    )
    for name, text in COMMANDS.items():
        added = commands.add_parser(name, help=text, description=text)
        added.add_argument("--json", action="store_true", help="print one JSON object on standard output")
    return parser
