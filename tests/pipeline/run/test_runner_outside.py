"""What is seen of a run from outside: its pings and the metrics file, whatever becomes of it."""

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from perennial.errors import ConfigError, SchemaError, UsageError
from pipeline import config
from pipeline.execution.messages import Failure
from pipeline.ping import Ping
from pipeline.run import lock, runner
from pipeline.run.context import Processes
from tests.pipeline.run.scene import YAML, ScriptedPage, Shown
from tests.pipeline.run.scripted import Script, ScriptedWorker
from tests.receiver import SECRET, Receiver, receiving

VARIABLE = "PERENNIAL_PING_FLIGHTS"
PINGED = f"{YAML}schedule: {{ping_url_env: {VARIABLE}}}\n"
# Runs the command line with the use cases of a folder.
PROGRAM = """
import sys
from pathlib import Path
from pipeline import config
from commands.command_line import main
config.USE_CASES = Path(sys.argv.pop(1))
sys.exit(main(sys.argv[1:]))
"""


class Outside:
    """A use case with a receiver of its pings, and what `run` makes of it with a scripted chain."""

    def __init__(self, home: Path, yaml: Path, receiver: Receiver, finish: Callable[[], None]) -> None:
        self.home = home
        self.yaml = yaml
        self.receiver = receiver
        self.shown = Shown()
        self.finish = finish

    def run(self) -> str:
        """One run, with its pings made; gives its verdict."""
        try:
            return runner.run("flights", self.shown).verdict
        finally:
            self.finish()

    def calls(self) -> list[str]:
        """Paths of the calls, and the first word of each body."""
        return [f"{path} {body.split(' ')[0]}".strip() for path, body in self.receiver.calls]

    def metrics(self) -> str:
        return (self.home / "metrics.prom").read_text()


@pytest.fixture
def script() -> Script:
    return Script()


@pytest.fixture
def outside(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch, script: Script) -> Iterator[Outside]:
    made: list[Ping] = []

    class Remembered(Ping):
        def __init__(self, *arguments: object) -> None:
            super().__init__(*arguments)  # type: ignore[arg-type]
            made.append(self)

    def finish() -> None:
        while made:
            made.pop().finish()

    processes = Processes(
        worker=lambda use_case, log, _: ScriptedWorker(script, use_case, log),
        page=lambda _: ScriptedPage(lambda: True),
    )
    folder = tmp_path / "use_cases"
    folder.mkdir()
    (folder / "flights.yaml").write_text(PINGED)
    monkeypatch.setattr(config, "USE_CASES", folder)
    monkeypatch.setattr(runner, "_PROCESSES", processes)
    monkeypatch.setattr(runner, "Ping", Remembered)
    export = home / "exports" / "flights" / "1"
    export.mkdir(parents=True)
    (export / "part.csv").write_text("rows\n")
    (export / "_SUCCESS").touch()
    with receiving() as receiver:
        monkeypatch.setenv(VARIABLE, receiver.url)
        yield Outside(home, folder / "flights.yaml", receiver, finish)


def test_a_run_that_pushes_calls_start_and_success_and_writes_metrics(outside: Outside) -> None:
    assert outside.run() == "PUSHED"
    assert outside.calls() == ["/URL/start", "/URL PUSHED:"]
    assert 'perennial_runs_total{use_case="flights",verdict="PUSHED"} 1' in outside.metrics()
    assert outside.shown.warnings == []


def test_a_run_that_fails_calls_fail_and_writes_metrics(outside: Outside, script: Script) -> None:
    script.at = {"Trainer": lambda: Failure(kind="node_failed", problem="Broken.", remedy="Fix it.")}
    assert outside.run() == "FAILED"
    start, end = outside.receiver.calls
    assert start == ("/URL/start", "")
    assert end[0] == "/URL/fail"
    assert end[1].startswith("FAILED: Trainer failed on span 1. Broken. Fix it.")
    assert 'perennial_last_run_exit_code{use_case="flights"} 1' in outside.metrics()


def test_a_run_beside_another_one_is_silent(outside: Outside) -> None:
    outside.run()
    before = outside.metrics()
    outside.receiver.calls.clear()
    with lock.held(outside.home / "flights" / "lock", "other"):
        assert outside.run() == "BUSY"
    assert outside.calls() == []
    assert outside.metrics() == before


def test_a_wrong_url_starts_nothing(outside: Outside, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, f"ftp://example.org/{SECRET}")
    with pytest.raises(UsageError, match=VARIABLE):
        outside.run()
    assert not (outside.home / "flights").exists()


def test_a_variable_that_is_not_set_is_warned_of_and_the_run_goes_on(
    outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(VARIABLE)
    assert outside.run() == "PUSHED"
    assert [VARIABLE in warning for warning in outside.shown.warnings] == [True]


def test_a_run_that_cannot_start_calls_fail(outside: Outside, monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(_: object) -> None:
        raise SchemaError("It is wrong.", "Fix it.")

    monkeypatch.setattr(runner, "import_schema", wrong)
    with pytest.raises(SchemaError):
        outside.run()
    assert outside.receiver.calls[-1] == ("/URL/fail", "NOT STARTED: It is wrong. Fix it.")


def test_a_broken_config_is_shown_by_the_metrics(outside: Outside) -> None:
    outside.run()
    outside.yaml.write_text(f"{PINGED}labels: late\n")
    with pytest.raises(ConfigError):
        outside.run()
    assert 'perennial_config_ok{use_case="flights"} 0' in outside.metrics()


@pytest.mark.parametrize("status", [500, 302])
def test_an_answer_of_the_receiver_changes_nothing_of_the_run(outside: Outside, status: int) -> None:
    outside.receiver.status = status
    assert outside.run() == "PUSHED"
    (warning,) = outside.shown.warnings
    assert SECRET not in warning


def test_a_metrics_file_that_cannot_be_written_changes_nothing_of_the_run(outside: Outside) -> None:
    outside.yaml.write_text(f"{YAML}schedule: {{metrics_file: /no/such/folder/x.prom}}\n")
    assert outside.run() == "PUSHED"
    (warning,) = outside.shown.warnings
    assert "/no/such/folder/x.prom" in warning


def test_the_command_prints_its_verdict_then_waits_for_the_last_ping_and_shows_the_url_nowhere(
    outside: Outside,
) -> None:
    shutil.rmtree(outside.home / "exports")
    outside.receiver.seconds = {"/fail": 0.5}
    outside.receiver.status = 500
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(outside.yaml.parent), "run", "flights", "--json"],
        capture_output=True,
        text=True,
        check=False,
        cwd=config.REPOSITORY,
    )
    assert done.returncode == 6, done.stderr
    assert outside.calls() == ["/URL/start", "/URL/fail NO_MODEL:"]
    assert "it answered 500" in done.stderr
    assert "Traceback" not in done.stderr
    written = [path.read_bytes() for path in outside.home.rglob("*") if path.is_file()]
    for text in (done.stdout, done.stderr, *written):
        assert SECRET not in str(text)
