"""What `check-overdue` answers, with which code, whatever keeps it from an answer."""

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from commands.check_overdue import check
from commands.command_line import main
from perennial import clock
from perennial.store.ledger import Ledger
from perennial.store.tables import FORMAT
from pipeline import config
from pipeline.config import UseCase
from tests.commands.versions import Ask
from tests.pipeline.run import trains

EXPECT = "schedule: {expect: {every: 1d, within: 6h}}\n"
DAYS = trains.YAML.replace("span: number", "span: day")


@pytest.fixture
def yamls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the use cases: `trains` expects a day each day, `trams` expects nothing."""
    folder = tmp_path / "use_cases"
    folder.mkdir()
    monkeypatch.setattr(config, "USE_CASES", folder)
    monkeypatch.setattr(clock, "now", lambda: clock.moment("2013-04-03T12:00:00Z"))
    (folder / "trains.yaml").write_text(DAYS + EXPECT)
    (folder / "trams.yaml").write_text(DAYS)
    return folder


@pytest.fixture
def trains_case(home: Path, yamls: Path) -> UseCase:
    made = config.load("trains")
    made.make_root()
    return made


@pytest.fixture
def ledger(trains_case: UseCase) -> Iterator[Ledger]:
    with closing(Ledger(trains_case.root / "ledger.db")) as opened:
        yield opened


def accept(ledger: Ledger, span: str) -> None:
    version = ledger.spans.arrive(span, "a")
    ledger.spans.judge(version, "OK", [], rows=7, quarantined=0, judged_with="w", run_id="r")


@pytest.mark.parametrize(
    ("span", "code", "state", "since"),
    [
        ("2013-04-02", 0, "fresh", None),
        ("2013-04-01", 1, "warn", "2013-04-03T06:00:00Z"),
        ("2013-03-31", 2, "overdue", "2013-04-03T06:00:00Z"),
        ("2013-03-01", 2, "overdue", "2013-03-04T06:00:00Z"),
    ],
)
def test_the_code_follows_from_the_newest_accepted_span(
    ledger: Ledger, answer: Ask, span: str, code: int, state: str, since: str | None
) -> None:
    accept(ledger, span)
    got, reply = answer("check-overdue", "trains")
    assert (got, reply["exit_code"], reply["state"], reply["since"]) == (code, code, state, since)
    assert (reply["use_case"], reply["newest_span"]) == ("trains", span)


def test_the_line_for_a_person_names_state_use_case_and_since_when(
    ledger: Ledger, capsys: pytest.CaptureFixture[str]
) -> None:
    accept(ledger, "2013-03-31")
    ledger.runs.begin("r1", "manual")
    ledger.runs.end("r1", "FAILED", 1, "The disk is full.", "")
    assert main(["check-overdue", "trains"]) == 2
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("OVERDUE trains since 2013-04-03T06:00:00Z: Span 2013-04-01 was expected")
    assert second.strip().startswith("The last run FAILED at ")


def test_without_a_name_all_that_expect_are_checked_and_the_worst_is_the_code(
    ledger: Ledger, yamls: Path, answer: Ask, capsys: pytest.CaptureFixture[str]
) -> None:
    accept(ledger, "2013-04-02")
    assert answer("check-overdue")[0] == 0
    (yamls / "boats.yaml").write_text(DAYS.replace("label:", "labels:"))
    (yamls / "buses.yaml").write_text(DAYS + EXPECT)
    code, reply = answer("check-overdue")
    assert (code, reply["exit_code"]) == (3, 3)
    states = {each["use_case"]: each["state"] for each in reply["use_cases"]}
    assert states == {"boats": "unknown", "buses": "unknown", "trains": "fresh"}
    assert "boats.yaml, line 1: unknown key `labels`" in reply["use_cases"][0]["message"]
    with closing(Ledger(config.load("buses").make_root() / "ledger.db")) as late:
        accept(late, "2013-04-01")
    assert answer("check-overdue")[0] == 1
    accept(ledger, "2013-04-02")
    main(["check-overdue"])
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["WARN", "UNKNOWN", "FRESH"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("trians", "No use case 'trians'. Did you mean 'trains'?"),
        ("../trains", "No use case '../trains'."),
        ("trams", "trams.yaml expects no exports"),
        ("trains", "No span is accepted yet"),
    ],
)
def test_what_cannot_be_answered_exits_with_3_on_standard_output(
    trains_case: UseCase, capsys: pytest.CaptureFixture[str], name: str, text: str
) -> None:
    assert main(["check-overdue", name]) == 3
    assert capsys.readouterr().out.startswith(f"UNKNOWN {name}: {text}")


def test_no_use_case_that_expects_is_no_fresh_one(yamls: Path, home: Path, answer: Ask) -> None:
    (yamls / "trains.yaml").unlink()
    code, reply = answer("check-overdue")
    assert (code, reply["use_cases"], reply["exit_code"]) == (3, [], 3)


def test_a_damaged_ledger_exits_with_3(trains_case: UseCase, answer: Ask) -> None:
    (trains_case.root / "ledger.db").write_bytes(b"no database at all" * 99)
    code, reply = answer("check-overdue", "trains")
    assert (code, reply["state"]) == (3, "unknown")
    assert "ledger.db is damaged. Run `run trains`" in reply["message"]


@pytest.mark.parametrize("number", [FORMAT - 1, FORMAT + 1])
def test_a_ledger_of_another_release_exits_with_3(trains_case: UseCase, answer: Ask, number: int) -> None:
    with closing(sqlite3.connect(trains_case.root / "ledger.db")) as connection:
        connection.execute("CREATE TABLE spans (span TEXT)")
        connection.execute(f"PRAGMA user_version={number}")
    code, reply = answer("check-overdue", "trains")
    assert code == 3
    assert f"format {number}" in reply["message"]


def test_a_locked_ledger_exits_with_3_before_nagios_gives_up(
    ledger: Ledger, trains_case: UseCase, answer: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert check._PATIENCE <= 5
    monkeypatch.setattr(check, "_PATIENCE", 0.05)
    with closing(sqlite3.connect(trains_case.root / "ledger.db", isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        code, reply = answer("check-overdue", "trains")
    assert code == 3
    assert "locked" in reply["message"]


def test_an_unexpected_error_exits_with_3_too(
    ledger: Ledger, answer: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise KeyError("nobody expects it")

    monkeypatch.setattr(check, "freshness_of", broken)
    code, reply = answer("check-overdue", "trains")
    assert (code, reply["message"]) == (3, "Unexpected error: KeyError; see standard error.")


@pytest.mark.parametrize("options", [["--jsn"], ["flights", "trains"]])
def test_a_wrong_option_exits_with_3_as_2_means_overdue(options: list[str]) -> None:
    with pytest.raises(SystemExit, match=r"^3$"):
        main(["check-overdue", *options])


def test_a_wrong_clock_exits_with_3(home: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(config.REPOSITORY / "local_runner.py"), "check-overdue", "flights"],
        capture_output=True,
        text=True,
        check=False,
        env={"PERENNIAL_HOME": str(home), "PERENNIAL_NOW": "soon"},
    )
    assert done.returncode == 3
    assert "PERENNIAL_NOW" in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_a_user_who_may_not_read_the_ledger_is_helped(
    ledger: Ledger, answer: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Root, as whom tests may run, may read everything."""

    def forbidden(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied", "/srv/data/trains/ledger.db")

    monkeypatch.setattr(check, "opened", forbidden)
    code, reply = answer("check-overdue", "trains")
    assert code == 3
    assert reply["message"].startswith("This user cannot read /srv/data/trains/ledger.db: run the command as")
