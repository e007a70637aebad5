"""The command line: what it answers, with which exit code, and how little it imports."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

import local_runner
from commands.command_line import COMMANDS
from pipeline import config
from pipeline.execution.lineage import Lineage
from tests.commands.versions import let_wait, publish

# Runs commands, and says after each its exit code and which of the slow modules have been imported by then.
IMPORTED = """
import json, sys
import local_runner
slow = {"tfx", "tensorflow", "apache_beam", "ml_metadata", "pandas", "pyarrow"}
answers = []
for arguments in json.loads(sys.argv[1]):
    try:
        code = local_runner.main(arguments)
    except SystemExit as ended:
        code = ended.code
    answers.append([code, sorted(slow & {name.split(".")[0] for name in sys.modules})])
print(json.dumps(answers))
"""
# `approve` before `rollback`, which makes what waits void.
QUICK = (
    ["--help"],
    ["status", "flights"],
    ["status"],
    ["spans", "flights", "--json"],
    ["doctor"],
    ["report"],
    ["check-overdue"],
    ["approve", "flights"],
    ["rollback", "flights", "--why", "two is wrong"],
    ["forward", "flights", "--why", "two is right"],
    ["history"],
    ["history", "flights", "--at", "2013-05-01"],
    ["prune", "flights"],
    ["backup", "HOME.tar"],
)


def _process(*arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, str(config.REPOSITORY / "local_runner.py"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd="/")


def test_what_runs_no_chain_imports_nothing_slow(home: Path) -> None:
    for content in ("one", "two"):
        publish(config.load("flights"), content)
    let_wait(config.load("flights"), champion=2)
    Lineage(str(home / "flights" / "metadata.db"))
    done = subprocess.run(
        [sys.executable, "-c", IMPORTED, json.dumps(QUICK).replace("HOME", str(home))],
        capture_output=True,
        text=True,
        check=False,
        cwd=config.REPOSITORY,
    )
    answers = json.loads(done.stdout.splitlines()[-1])
    for arguments, (code, imported) in zip(QUICK, answers, strict=True):
        assert imported == [], arguments
        assert code == 0 or arguments in (["doctor"], ["check-overdue"]), (arguments, done.stderr)


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
        ["forward", "flights"],
        ["forward", "flights", "--why", "nothing is live"],
        ["history", "fligths"],
        ["history", "flights", "--at", "yesterday"],
        ["replay", "flights"],
        ["report", "flights", "no such run"],
        ["schedule", "--print", "cron", "flights"],
        ["schedule", "--print", "cron", "fligths"],
        ["serve"],
        ["serve", "fligths"],
        ["serve", "flights", "--port", "http"],
        ["serve", "flights", "--workers", "0"],
        ["serve", "flights", "--model", "flights=/"],
    ],
)
def test_a_usage_error_exits_with_2_and_no_traceback(
    home: Path, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    try:
        code: object = local_runner.main(arguments)
    except SystemExit as ended:  # by argparse
        code = ended.code
    assert code == 2
    errors = capsys.readouterr().err
    assert errors
    assert "Traceback" not in errors


# The last one is refused by the server, which takes the place of the process.
@pytest.mark.parametrize(
    "arguments", [["run", "fligths"], ["status", "--verbose"], ["serve", "--model", "trains=/no/such/folder"]]
)
def test_the_process_exits_with_2_as_well(home: Path, arguments: list[str]) -> None:
    done = _process(*arguments)
    assert done.returncode == 2, done.stderr
    assert done.stderr
    assert "Traceback" not in done.stderr
