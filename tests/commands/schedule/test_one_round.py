"""One round, pause and resume by the command line; runs are scripted at the edge of the process."""

import signal
import sqlite3
from pathlib import Path
from typing import Any, ClassVar

import pytest

from commands.command_line import main
from commands.schedule import run_process, run_sequence
from commands.schedule.daemon import Daemon
from commands.schedule.run_process import RunEnd
from perennial import clock
from perennial.store.ledger import Ledger
from pipeline import config
from pipeline.run import lock
from pipeline.schedule.standing import lock_path
from pipeline.schedule.watched import ScheduleLook, Watched
from tests.commands.versions import Ask
from tests.small_config import TEXT


class ScriptedRun:
    """In the place of `RunProcess`: a run that ends at once, as the test says."""

    codes: ClassVar[dict[str, list[int]]] = {}
    started: ClassVar[list[tuple[str, str, str]]] = []

    def __init__(self, folder: Path, name: str, trigger: str, through: str) -> None:
        self.started.append((name, trigger, through))
        codes = self.codes.get(name, [])
        self._code = codes.pop(0) if codes else 0
        root = folder.parent / name
        ledger = Ledger(root / "ledger.db")
        run_id = f"run {len(self.started)}"
        ledger.runs.begin(run_id, trigger)
        verdict = "FAILED" if self._code == 1 else "KEPT"
        ledger.runs.end(run_id, verdict, self._code, "", "")
        ledger.close()
        self._end = RunEnd(run_id, verdict, self._code, "A reason.", 0.1)

    def end(self) -> RunEnd:
        return self._end

    def signal(self, number: signal.Signals) -> None:
        raise AssertionError(number)


@pytest.fixture(autouse=True)
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> type[ScriptedRun]:
    monkeypatch.setenv("PERENNIAL_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(config, "USE_CASES", tmp_path)
    monkeypatch.setattr(run_sequence, "RunProcess", ScriptedRun)
    ScriptedRun.codes = {}
    ScriptedRun.started = []
    return ScriptedRun


def use_case(folder: Path, name: str, schedule: str) -> None:
    (folder / f"{name}.yaml").write_text(f"{TEXT}\nschedule: {schedule}\n")


def test_each_that_is_due_runs_and_the_first_code_is_the_answer(
    tmp_path: Path, answer: Ask, runs: type[ScriptedRun]
) -> None:
    for name in ("a", "b", "c"):
        use_case(tmp_path, name, "{cron: '30 5 * * *'}")
    use_case(tmp_path, "manual", "{push: ask}")
    runs.codes = {"b": [3], "c": [1]}
    code, content = answer("schedule", "--once")
    assert code == content["exit_code"] == 3
    assert [each["use_case"] for each in content["use_cases"]] == ["a", "b", "c"]
    keys = ["use_case", "trigger", "why", "runs", "next", "paused", "error"]
    assert list(content["use_cases"][0]) == keys
    assert content["use_cases"][0]["runs"] == [{"run_id": "run 1", "verdict": "KEPT", "exit_code": 0}]
    code, content = answer("schedule", "--once", "c", "a")
    assert code == 0
    assert [each["use_case"] for each in content["use_cases"]] == ["c", "a"]
    assert [each["trigger"] for each in content["use_cases"]] == [None, None]


def test_a_broken_config_counts_as_its_code_and_the_others_run(
    tmp_path: Path, answer: Ask, runs: type[ScriptedRun]
) -> None:
    use_case(tmp_path, "a", "{cron: '30 25 * * *'}")
    use_case(tmp_path, "b", "{cron: '30 5 * * *'}")
    code, content = answer("schedule", "--once")
    assert code == 2
    assert "a.yaml" in content["use_cases"][0]["error"]
    assert runs.started == [("b", "cron", "")]


def test_with_all_each_span_gets_a_run_until_one_fails(
    tmp_path: Path, answer: Ask, runs: type[ScriptedRun], monkeypatch: pytest.MonkeyPatch
) -> None:
    use_case(tmp_path, "a", "{cron: '* * * * *', catch_up: all}")
    exports = tmp_path / "home" / "exports" / "a"
    answer("schedule", "--once")
    for span in ("2013-01", "2013-02", "2013-03", "2013-04"):
        (exports / span).mkdir(parents=True)
        (exports / span / "_SUCCESS").touch()
        (exports / span / "part.csv").write_text("a\n")
    now = clock.now()
    monkeypatch.setattr(clock, "now", lambda: now.replace(year=now.year + 1))
    runs.codes = {"a": [3, 0, 6]}
    code, content = answer("schedule", "--once", "a")
    assert code == 3
    assert [through for _, _, through in runs.started] == ["", "2013-01", "2013-02", "2013-03"]
    assert [run["exit_code"] for run in content["use_cases"][0]["runs"]] == [3, 0, 6]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--once"], "No use case has a schedule."),
        (["manual"], "manual has no schedule."),
        (["manul"], "Did you mean 'manual'?"),
        (["pause"], "needs one use case"),
        (["pause", "manual"], "needs a reason"),
        (["resume", "manual", "--why", "x"], "not paused"),
        (["pause", "manual", "--once", "--why", "x"], "takes NAME and --why only"),
        (["manual", "--why", "x"], "--why goes with"),
        (["--max-concurrent-runs", "0"], "expected a number from 1 on"),
        (["--once", "--max-concurrent-runs", "2"], "expected a number from 1 on"),
    ],
)
def test_wrong_arguments(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    use_case(tmp_path, "manual", "{push: ask}")
    assert main(["schedule", *arguments]) == 2
    assert words in capsys.readouterr().err


def test_a_fixed_clock_is_for_one_round_only(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    use_case(tmp_path, "a", "{cron: '30 5 * * *'}")
    monkeypatch.setattr(clock, "fixed", lambda: clock.moment("2013-04-01T06:00:00Z"))
    assert main(["schedule", "a"]) == 2
    assert "the time would never pass" in capsys.readouterr().err


def test_nothing_starts_if_all_are_broken(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    use_case(tmp_path, "a", "{cron: '30 5 * *'}")
    assert main(["schedule", "a"]) == 2
    assert "a.yaml" in capsys.readouterr().err


def test_a_second_schedule_is_busy(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    use_case(tmp_path, "a", "{cron: '30 5 * * *'}")
    (tmp_path / "home").mkdir()
    with lock.held(lock_path(tmp_path / "home"), "schedule"):
        for arguments in (["schedule"], ["schedule", "--once"]):
            assert main(arguments) == 5
    assert "Another `schedule` (process" in capsys.readouterr().err


def test_pause_and_resume(tmp_path: Path, answer: Ask, runs: type[ScriptedRun]) -> None:
    use_case(tmp_path, "a", "{cron: '30 5 * * *'}")
    code, content = answer("schedule", "pause", "a", "--why", "holidays")
    assert (code, content["schedule"]["paused"]["why"]) == (0, "holidays")
    code, content = answer("schedule", "--once")
    assert (code, runs.started) == (0, [])
    assert content["use_cases"][0]["paused"]["why"] == "holidays"
    assert content["use_cases"][0]["why"] == "The schedule is paused."
    answer("schedule", "resume", "a", "--why", "back")
    answer("schedule", "--once")
    assert runs.started == [("a", "cron", "")]


def test_resume_says_that_skip_makes_up_for_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    use_case(tmp_path, "a", "{cron: '30 5 * * *', catch_up: skip}")
    main(["schedule", "pause", "a", "--why", "holidays"])
    main(["schedule", "resume", "a", "--why", "back"])
    assert "is resumed: no run catches up the times of the pause" in capsys.readouterr().out


def test_no_more_runs_than_allowed_go_on_at_the_same_time(
    tmp_path: Path, runs: type[ScriptedRun], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a", "b", "c"):
        use_case(tmp_path, name, "{cron: '30 5 * * *'}")
    going: list[int] = []

    class Stopping:
        stops = 0

        def __enter__(self) -> "Stopping":
            return self

        def __exit__(self, *_: object) -> None: ...

        def wait(self, _: float) -> None:
            going.append(len(runs.started))
            self.stops = int(len(going) == 4)

    monkeypatch.setattr("commands.schedule.daemon.Wakeups", Stopping)
    Daemon((), 2, tmp_path / "home" / "schedule").run()
    assert going == [2, 3, 3, 3]


def test_a_signal_during_a_look_starts_no_run(
    tmp_path: Path, runs: type[ScriptedRun], monkeypatch: pytest.MonkeyPatch
) -> None:
    use_case(tmp_path, "a", "{cron: '30 5 * * *'}")
    look = Watched.look

    def stopped(watched: Watched) -> ScheduleLook:
        signal.raise_signal(signal.SIGTERM)
        return look(watched)

    monkeypatch.setattr(Watched, "look", stopped)
    Daemon((), 1, tmp_path / "home" / "schedule").run()
    assert runs.started == []


def test_a_run_that_cannot_start_is_a_line_and_an_exit_code(
    tmp_path: Path, answer: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device", "a.log")

    monkeypatch.setattr(run_sequence, "RunProcess", full)
    use_case(tmp_path, "a", "{cron: '30 5 * * *'}")
    code, content = answer("schedule", "--once")
    assert code == 1
    assert content["use_cases"][0]["runs"] == [{"run_id": None, "verdict": None, "exit_code": 1}]


def test_a_ledger_that_is_locked_after_a_run_does_not_end_the_round(
    tmp_path: Path, answer: Ask, runs: type[ScriptedRun], monkeypatch: pytest.MonkeyPatch
) -> None:
    def locked(_: object) -> None:
        raise sqlite3.OperationalError("database is locked")

    monkeypatch.setattr("commands.schedule.one_round.schedule_standing", locked)
    for name in ("a", "b"):
        use_case(tmp_path, name, "{cron: '30 5 * * *'}")
    code, content = answer("schedule", "--once")
    assert (code, [name for name, _, _ in runs.started]) == (0, ["a", "b"])
    assert [each["next"] for each in content["use_cases"]] == [None, None]


def test_the_log_of_runs_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_process, "REPOSITORY", tmp_path)
    (tmp_path / "local_runner.py").write_text(
        'import sys; print(\'text\', file=sys.stderr); print(\'{"verdict": "KEPT", "run_id": "r"}\')'
    )
    log = tmp_path / "a.log"
    log.write_bytes(b"x" * ((1 << 20) + 1))
    process = run_process.RunProcess(tmp_path, "a", "cron", "")
    while (end := process.end()) is None:
        pass
    assert (end.run_id, end.verdict, end.exit_code) == ("r", "KEPT", 0)
    assert log.read_text() == "text\n"
    assert (tmp_path / "a.log.1").stat().st_size > 1 << 20
    (tmp_path / "local_runner.py").write_text("raise KeyError")
    process = run_process.RunProcess(tmp_path, "a", "cron", "")
    while (end := process.end()) is None:
        pass
    assert (end.verdict, end.exit_code, end.reason) == (None, 1, f"It gave no answer; its log is {log}.")
    (tmp_path / "local_runner.py").write_text("import os; os.kill(os.getpid(), 9)")
    process = run_process.RunProcess(tmp_path, "a", "cron", "")
    while (end := process.end()) is None:
        pass
    assert (end.verdict, end.exit_code, end.reason) == (None, 1, "The run was killed by SIGKILL.")
