"""The command line: which commands there are, what each of them imports, and how an error is answered."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from commands.command_line import COMMANDS, main, module_of
from pipeline import config
from tests.commands.versions import Ask

MODULES = {module_of(name) for name in COMMANDS}
# Prints, after a command, what it imported.
IMPORTS = """
import json, sys
from commands.command_line import main
try:
    main(sys.argv[1:])
except SystemExit:
    print(json.dumps(sorted(sys.modules)))
"""


def _imports(*arguments: str) -> set[str]:
    """All modules that a command line which ends in the parser imports."""
    command = [sys.executable, "-c", IMPORTS, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=config.REPOSITORY)
    return set(json.loads(done.stdout.splitlines()[-1]))


def _imported(*arguments: str) -> set[str]:
    """The modules of commands among them."""
    return MODULES & _imports(*arguments)


def test_help_names_every_command_and_what_it_does(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match=r"^0$"):
        main(["--help"])
    shown = " ".join(capsys.readouterr().out.split())
    for name, text in COMMANDS.items():
        assert f" {name} {text}" in shown


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(capsys: pytest.CaptureFixture[str], name: str) -> None:
    with pytest.raises(SystemExit, match=r"^0$"):
        main([name, "--help"])
    shown = " ".join(capsys.readouterr().out.split())
    assert shown.startswith(f"usage: local_runner.py {name} ")
    assert COMMANDS[name] in shown
    assert "--json" in shown


def test_help_imports_no_command() -> None:
    assert _imported("--help") == set()


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_imports_its_own_module_and_no_other_commands(name: str) -> None:
    assert _imported(name, "--help") == {module_of(name)}


@pytest.mark.parametrize("name", ["stats", "Status", "check_overdue"])
def test_a_typo_in_a_command_exits_with_2_and_names_the_commands(
    capsys: pytest.CaptureFixture[str], name: str
) -> None:
    with pytest.raises(SystemExit, match=r"^2$"):
        main([name, "flights"])
    shown = capsys.readouterr()
    assert shown.out == ""
    assert f"error: unknown command {name!r}." in shown.err
    assert all(command in shown.err for command in COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_help_of_a_command_reads_no_config_and_no_schema(name: str) -> None:
    """Reading them takes several times as long as all else."""
    assert not {"pydantic", "yaml", "google.protobuf"} & _imports(name, "--help")


def test_a_typo_in_a_command_is_answered_with_the_nearest_one(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match=r"^2$"):
        main(["stats"])
    assert "unknown command 'stats'. Did you mean 'status'? Commands: run, " in capsys.readouterr().err


def test_a_typo_imports_no_command() -> None:
    assert _imported("stats") == set()


def test_an_error_is_printed_as_json_too(home: Path, answer: Ask) -> None:
    code, reply = answer("status", "fligths")
    assert (code, reply["exit_code"]) == (2, 2)
    assert reply["error"] == "No use case 'fligths'."
    assert reply["remedy"] == "Did you mean 'flights'?"


def test_a_yaml_that_is_wrong_exits_with_2_and_its_line(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(config, "USE_CASES", tmp_path)
    (tmp_path / "trains.yaml").write_text("label: late\nwindow: {span: 3}\n")
    assert main(["status", "trains"]) == 2
    assert (
        "trains.yaml, line 2: unknown key `window.span` (did you mean `window.spans`?)"
        in capsys.readouterr().err
    )


@pytest.mark.parametrize("command", [["run", "flights"], ["replay", "flights", "--through", "2013-01"]])
def test_a_home_that_cannot_be_made_is_reported_without_a_traceback(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    command: list[str],
) -> None:
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("PERENNIAL_HOME", str(tmp_path / "file" / "home"))
    assert main(command) == 1
    assert "file is not a directory." in capsys.readouterr().err
