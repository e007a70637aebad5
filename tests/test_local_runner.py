"""The command line: what it answers, with which exit code, and how little it imports."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import local_runner
from perennial.store import registry
from pipeline import config
from pipeline.ledgers import opened

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


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PERENNIAL_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def _publish(content: str) -> None:
    use_case = config.load("flights")
    source = use_case.make_root() / "candidate"
    source.mkdir(exist_ok=True)
    (source / "saved_model.pb").write_text(content)
    live = registry.live(use_case.models_folder)
    champion = live.number if live else None
    with opened(use_case) as ledger:
        registry.publish(use_case.models_folder, ledger, source, {}, champion=champion, run_id="r", why="w")


def _answer(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, Any]:
    code = local_runner.main([*arguments, "--json"])
    return code, json.loads(capsys.readouterr().out)


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
        ["rollback", "flights", "--why", "two is wrong"],
    ],
)
def test_what_runs_no_chain_imports_nothing_slow(home: Path, arguments: list[str]) -> None:
    for content in ("one", "two"):
        _publish(content)
    told = subprocess.run(
        [sys.executable, "-c", IMPORTED, *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=config.REPOSITORY,
    )
    assert told.stdout.splitlines()[-1].split(maxsplit=1)[1] == "[]", told.stderr
    if arguments != ["doctor"]:
        assert told.stdout.splitlines()[-1].startswith("0 ")


def test_help_names_every_command() -> None:
    told = _process("--help")
    assert told.returncode == 0
    for command in (
        "run",
        "new",
        "check",
        "status",
        "spans",
        "replay",
        "rollback",
        "report",
        "serve",
        "doctor",
    ):
        assert f"\n    {command} " in told.stdout


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
        ["rollback", "flights", "--why", "nothing is live"],
        ["rollback", "flights", "--to", "one", "--why", "it is no number"],
        ["replay", "flights"],
        ["report", "flights", "no such run"],
        ["serve"],
        ["serve", "fligths"],
        ["serve", "flights", "--port", "http"],
        ["serve", "flights", "--workers", "0"],
        ["serve", "flights", "--model", "flights=/"],
        ["serve", "--model", "trains=/no/such/folder"],
    ],
)
def test_a_usage_error_exits_with_2_and_no_traceback(home: Path, arguments: list[str]) -> None:
    told = _process(*arguments)
    assert told.returncode == 2, told.stderr
    assert told.stderr
    assert "Traceback" not in told.stderr


def test_an_error_is_told_as_json_too(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, told = _answer(capsys, "status", "fligths")
    assert (code, told["exit_code"]) == (2, 2)
    assert told["error"].startswith("There is no use case of that name; there is: ")
    assert told["remedy"] == "Check the spelling."


def test_a_yaml_that_is_wrong_exits_with_2_and_says_where(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(config, "USE_CASES", tmp_path)
    (tmp_path / "trains.yaml").write_text("label: late\nwindow: {span: 3}\n")
    assert local_runner.main(["status", "trains"]) == 2
    assert (
        "trains.yaml, line 2: there is no key `window.span` (did you mean `window.spans`?)"
        in capsys.readouterr().err
    )


def test_status_answers_one_json_object(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _publish("one")
    code, told = _answer(capsys, "status", "flights")
    assert code == 0
    assert {"live_version", "trained_on", "last_runs", "spans", "alerts"} <= set(told)
    assert told["live_version"] == 1


def test_status_without_a_name_tells_of_every_use_case(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, told = _answer(capsys, "status")
    assert [each["use_case"] for each in told["use_cases"]] == config.use_case_names()
    assert local_runner.main(["status"]) == 0
    assert "flights: nothing is live\nNo export has come." in capsys.readouterr().out


def test_spans_are_told_with_their_reasons(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / "exports" / "flights" / "2013-01").mkdir(parents=True)
    (home / "exports" / "flights" / "backup").mkdir(parents=True)
    code, told = _answer(capsys, "spans", "flights")
    assert code == 0
    assert [(span["span"], span["state"]) for span in told["spans"]] == [
        ("2013-01", "WAITING"),
        ("backup", "ODD"),
    ]
    assert told["spans"][0]["reasons"] == ["No _SUCCESS file yet."]


def test_a_span_is_accepted_with_a_reason(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    use_case = config.load("flights")
    with opened(use_case) as ledger:
        version = ledger.arrive("2013-01", "A")
        ledger.judge(version, "BLOCK", ["Drift."], rows=7, quarantined=0, judged_with="", run_id="r")
    code, told = _answer(capsys, "spans", "flights", "accept", "2013-01", "--why", "a strike")
    assert (code, told["in_use"]) == (0, 1)
    assert told["decision"] == {"decision": "accept", "why": "a strike"}


def test_a_rollback_says_what_it_restored(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for content in ("one", "two", "three"):
        _publish(content)
    code, told = _answer(capsys, "rollback", "flights", "--why", "three is wrong")
    assert (code, told) == (0, {"use_case": "flights", "live_version": 4, "restores": 2})
    assert local_runner.main(["rollback", "flights", "--to", "1", "--why", "so is two"]) == 0
    assert capsys.readouterr().out == "Version 5 is live; it restores version 1.\n"
    models = config.load("flights").models_folder
    assert (models / "5" / "saved_model.pb").read_text() == "one"


def test_the_doctor_answers_1_as_long_as_something_is_wrong(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _publish("one")
    os.truncate(home / "flights" / "models" / "1" / "saved_model.pb", 0)
    code, told = _answer(capsys, "doctor")
    assert code == 1
    assert told["facts"]["home"] == str(home)
    assert any(finding["where"] == "flights" for finding in told["findings"])


@pytest.mark.parametrize("command", [["run", "flights"], ["replay", "flights", "--through", "2013-01"]])
def test_a_home_that_cannot_be_made_is_told_without_a_traceback(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    command: list[str],
) -> None:
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("PERENNIAL_HOME", str(tmp_path / "file" / "home"))
    assert local_runner.main(command) == 1
    assert "Not a directory" in capsys.readouterr().err
