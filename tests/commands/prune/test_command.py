"""What `prune` answers on the command line."""

import re
from pathlib import Path

import pytest

from commands.command_line import main
from perennial.errors import ConfigError
from pipeline import config, files_lock
from pipeline.run import lock
from tests.commands.versions import Ask, publish
from tests.pipeline.run import trains


@pytest.fixture
def twelve(home: Path) -> None:
    """Twelve versions, of which the newest ten stay."""
    for number in range(12):
        publish(config.load("flights"), f"model {number}")


@pytest.mark.usefixtures("twelve")
def test_a_dry_run_says_what_would_go_and_why_the_rest_stays(home: Path, answer: Ask) -> None:
    code, content = answer("prune", "flights", "--dry-run")
    assert code == 0
    assert content["dry_run"] is True
    assert content["removed"]["versions"]["keys"] == ["1", "2"]
    assert content["bytes"] == content["removed"]["versions"]["bytes"] > 0
    assert {
        "kind": "versions",
        "key": "12",
        "why": ["it is live", "it is one of the newest 10 (`keep.models`)"],
    } in (content["kept"])
    assert (home / "flights" / "models" / "1").is_dir()


@pytest.mark.usefixtures("twelve")
def test_what_went_is_listed_and_the_second_time_nothing_goes(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["prune", "flights", "--dry-run"]) == 0
    dry = capsys.readouterr().out
    assert dry.startswith("flights: pruning would free ")
    assert "version 11                        `rollback` would restore it; it is one of the newest 10" in dry
    assert main(["prune"]) == 0
    text = capsys.readouterr().out
    assert "2 versions" in text
    assert "1, 2" in text
    assert "stays" not in text
    assert not (home / "flights" / "models" / "2").exists()
    assert main(["prune", "flights"]) == 0
    assert capsys.readouterr().out == "flights: nothing to prune.\n"


def test_a_use_case_that_never_ran_has_nothing_and_stays_untouched(home: Path, answer: Ask) -> None:
    code, content = answer("prune", "flights")
    assert (code, content["removed"], content["last"]) == (0, {}, None)
    assert not (home / "flights").exists()


@pytest.fixture
def root(home: Path) -> Path:
    publish(config.load("flights"))
    return home / "flights"


def test_beside_a_run_it_is_busy(root: Path, answer: Ask) -> None:
    with lock.held(root / "lock", "run-1"):
        code, content = answer("prune", "flights")
        assert code == content["exit_code"] == 5
        code, content = answer("prune")
    assert code == 5
    assert "run-1" in content["use_cases"][0]["error"]


def test_beside_a_backup_it_is_busy_and_a_dry_run_is_not(root: Path, answer: Ask) -> None:
    with files_lock.shared(root):
        assert answer("prune", "flights")[0] == 5
        assert answer("prune", "flights", "--dry-run")[0] == 0


def test_of_all_use_cases_one_with_a_damaged_file_is_named_with_what_is_wrong(
    root: Path, answer: Ask
) -> None:
    (root / "metadata.db").write_text("damaged" * 100)
    code, content = answer("prune")
    (only,) = content["use_cases"]
    assert (code, only["use_case"], only["error"]) == (1, "flights", "file is not a database.")


def test_an_unknown_use_case_is_a_usage_error(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["prune", "flihgts"]) == 2
    assert "flights" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        ("models: 0", "`keep.models`: expected an integer from 1, got a value out of range"),
        # Days are meant, and seconds would remove nearly everything.
        ("runs: 90", "`keep.runs`: expected a time from 1h to 36500d, such as 90d, got a value out of range"),
        ("spans: 99999999999d", "`keep.spans`: expected a time from 1h to 36500d, such as 90d, got a value"),
        ("alerts: forever", "`keep.alerts`: expected a time from 1h to 36500d, such as 90d, got a text"),
        ("run: 9d", "unknown key `keep.run` (did you mean `keep.runs`?)"),
    ],
)
def test_a_wrong_setting_is_named_with_its_line(wrong: str, problem: str) -> None:
    text = f"{trains.YAML}keep:\n  {wrong}\n"
    line = len(text.splitlines())
    with pytest.raises(ConfigError, match=re.escape(f"trains.yaml, line {line}: {problem}")):
        config.parse(text, name="trains", home=Path("/nowhere"), source="trains.yaml")
