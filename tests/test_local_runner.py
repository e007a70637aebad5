"""The command line: what it answers, with which exit code, and how little it imports."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from commands.command_line import COMMANDS
from pipeline import config
from tests.commands.versions import let_wait, publish

# Says, after a command, which of the slow ones it imported.
IMPORTED = """
import sys
import local_runner
try:
    code = local_runner.main(sys.argv[1:])
except SystemExit as ended:
    code = ended.code
slow = {"tfx", "tensorflow", "apache_beam", "ml_metadata", "pandas", "pyarrow"}
print(code, sorted(slow & {name.split(".")[0] for name in sys.modules}))
"""


def _process(*arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, str(config.REPOSITORY / "local_runner.py"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd="/")


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["status", "flights"],
        ["status"],
        ["spans", "flights", "--json"],
        ["doctor"],
        ["report"],
        ["check-overdue"],
        ["rollback", "flights", "--why", "two is wrong"],
        ["approve", "flights"],
        ["backup", "HOME.tar"],
    ],
)
def test_what_runs_no_chain_imports_nothing_slow(home: Path, arguments: list[str]) -> None:
    for content in ("one", "two"):
        publish(config.load("flights"), content)
    let_wait(config.load("flights"), champion=2)
    done = subprocess.run(
        [sys.executable, "-c", IMPORTED, *(each.replace("HOME", str(home)) for each in arguments)],
        capture_output=True,
        text=True,
        check=False,
        cwd=config.REPOSITORY,
    )
    assert done.stdout.splitlines()[-1].split(maxsplit=1)[1] == "[]", done.stderr
    if arguments not in (["doctor"], ["check-overdue"]):
        assert done.stdout.splitlines()[-1].startswith("0 ")


def test_help_names_every_command() -> None:
    done = _process("--help")
    assert done.returncode == 0
    for command in COMMANDS:
        assert re.search(rf"\n    {command}\s", done.stdout)


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["fly"],
        ["run"],
        ["run", "fligths"],
        ["run", "../flights"],
        ["check", "flights"],
        ["status", "fligths", "--json"],
        ["status", "--verbose"],
        ["spans", "flights", "accept"],
        ["spans", "flights", "accept", "2013-01"],
        ["spans", "flights", "accept", "2013-01", "--why", "none came"],
        ["spans", "flights", "forget", "2013-01"],
        ["rollback", "flights"],
        ["approve"],
        ["approve", "flights"],
        ["rollback", "flights", "--why", "nothing is live"],
        ["rollback", "flights", "--to", "one", "--why", "it is no number"],
        ["replay", "flights"],
        ["report", "flights", "no such run"],
        ["schedule", "--print", "cron", "flights"],
        ["schedule", "--print", "cron", "fligths"],
        ["serve"],
        ["serve", "fligths"],
        ["serve", "flights", "--port", "http"],
        ["serve", "flights", "--workers", "0"],
        ["serve", "flights", "--model", "flights=/"],
        ["serve", "--model", "trains=/no/such/folder"],
    ],
)
def test_a_usage_error_exits_with_2_and_no_traceback(home: Path, arguments: list[str]) -> None:
    done = _process(*arguments)
    assert done.returncode == 2, done.stderr
    assert done.stderr
    assert "Traceback" not in done.stderr
