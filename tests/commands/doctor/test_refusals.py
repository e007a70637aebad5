"""What `run` refuses, `doctor` reports in the same words."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from commands.doctor.doctor import doctor
from perennial.errors import PerennialError
from pipeline import config
from pipeline.execution.process import ChainProcess
from pipeline.run import runner
from pipeline.run.context import Processes
from tests.pipeline.run.scene import ScriptedPage, Shown

YAML: Final = """\
label: late
exports: {span: number, time_column: day}
training:
  hyperparameters:
    {steps_per_epoch: 1, epochs: 1, batch_size: 8, learning_rate: 0.1, ema_momentum: 0.5,
     early_stopping: {days: 1, patience: 1}}
evaluation: {bounds: {auc: {min: 0.6}}}
"""
SCHEMA: Final = 'feature { name: "day" type: BYTES }\nfeature { name: "late" type: INT }\n'
# The chain's process is started by the first pass, which no run here comes to.
PROCESSES: Final = Processes(ChainProcess, lambda _log: ScriptedPage(lambda: True))


class Place:
    """A home, and a repository whose only use case has the name, and so the code, of flights."""

    def __init__(self, folder: Path) -> None:
        self.home = folder / "home"
        self.root = self.home / "flights"
        self.exports = self.home / "exports" / "flights"
        self.yaml = folder / "use_cases" / "flights.yaml"
        self.schema = folder / "repository" / "schemas" / "flights.pbtxt"
        for file, text in ((self.yaml, YAML), (self.schema, SCHEMA)):
            file.parent.mkdir(parents=True)
            file.write_text(text)

    def without_code(self) -> None:
        """Another use case, of which there is no code."""
        self.yaml.rename(self.yaml.with_name("trains.yaml"))
        self.schema.rename(self.schema.with_name("trains.pbtxt"))


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    made = Place(tmp_path)
    monkeypatch.setenv("PERENNIAL_HOME", str(made.home))
    monkeypatch.setattr(config, "USE_CASES", made.yaml.parent)
    monkeypatch.setattr(config, "REPOSITORY", made.schema.parent.parent)
    monkeypatch.setattr(runner, "_PROCESSES", PROCESSES)
    return made


def _refused() -> str:
    """What `run` says where it ends without a verdict on any data; else empty."""
    (name,) = config.use_case_names()
    try:
        summary = runner.run(name, Shown())
    except PerennialError as error:
        return str(error)
    return summary.reason if summary.verdict == "FAILED" else ""


def _problems() -> list[str]:
    findings = [finding for finding in doctor()["findings"] if finding["where"] != "environment"]
    return [f"{finding['problem']} {finding['remedy']}" for finding in findings]


def _file(path: Path, _monkeypatch: pytest.MonkeyPatch) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.write_text("in the way")


def _deny(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody may write into a folder; root, as whom tests may run, may do everything."""
    path.mkdir(parents=True, mode=0o700)
    access = os.access
    monkeypatch.setattr(os, "access", lambda asked, mode: Path(asked) != path and access(asked, mode))


def _deny_listing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path.mkdir(parents=True, mode=0o700)
    iterdir = Path.iterdir

    def refuse(folder: Path) -> object:
        if folder == path:
            raise PermissionError(13, "Permission denied")
        return iterdir(folder)

    monkeypatch.setattr(Path, "iterdir", refuse)


def _deeper(
    harm: Callable[[Path, pytest.MonkeyPatch], None], place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Harms the folder that the home would be made in."""
    harm(place.home, monkeypatch)
    monkeypatch.setenv("PERENNIAL_HOME", str(place.home / "deeper"))


Harm = Callable[[Place, pytest.MonkeyPatch], object]
REFUSALS: dict[str, tuple[Harm, str]] = {
    "home is a file": (lambda p, m: _file(p.home, m), "home is not a directory"),
    "home below a file": (
        lambda p, m: _deeper(_file, p, m),
        "home is not a directory",
    ),
    "home is read-only": (lambda p, m: _deny(p.home, m), "no write permission"),
    "folder above home is read-only": (
        lambda p, m: _deeper(_deny, p, m),
        "no write permission",
    ),
    "home where no folder can be made": (
        lambda _, m: m.setenv("PERENNIAL_HOME", "/proc/home"),
        "no folder can be made in /proc" if os.getuid() == 0 else "no write permission on /proc",
    ),
    "file in the place of all exports": (
        lambda p, m: _file(p.exports.parent, m),
        "exports is not a folder",
    ),
    "root is a file": (lambda p, m: _file(p.root, m), "flights is not a directory"),
    "root is read-only": (lambda p, m: _deny(p.root, m), "no write permission"),
    "runs is a file": (lambda p, m: _file(p.root / "runs", m), "runs is not a folder"),
    "lock is a folder": (lambda p, _: (p.root / "lock").mkdir(parents=True), "lock is not a file"),
    "exports is a file": (lambda p, m: _file(p.exports, m), "Not a directory"),
    "exports cannot be listed": (lambda p, m: _deny_listing(p.exports, m), "Permission denied"),
    "YAML does not parse": (lambda p, _: p.yaml.write_text("a: ["), "not valid YAML"),
    "YAML with a typo": (lambda p, _: p.yaml.write_text(YAML + "windw: {}\n"), "did you mean `window`?"),
    "no schema": (lambda p, _: p.schema.unlink(), "schemas/flights.pbtxt"),
    "schema does not parse": (lambda p, _: p.schema.write_text("feature {"), "schemas/flights.pbtxt"),
    "schema without the label": (
        lambda p, _: p.schema.write_text(SCHEMA.splitlines()[0]),
        "has no feature `late`",
    ),
    "column that the schema lacks": (
        lambda p, _: p.yaml.write_text(YAML + "serving: {private: {lat: hash}}\n"),
        "has no column `lat`",
    ),
    "no code": (lambda p, _: p.without_code(), "s/trains.py"),
}


@pytest.mark.parametrize("refusal", REFUSALS)
def test_what_a_run_refuses_the_doctor_reports(
    place: Place, monkeypatch: pytest.MonkeyPatch, refusal: str
) -> None:
    harm, problem = REFUSALS[refusal]
    harm(place, monkeypatch)
    problems = _problems()  # before the run, which may make the home and open an alert
    refused = _refused()
    assert problem in refused
    assert problems.count(refused) == 1


def test_where_a_run_refuses_nothing_the_doctor_reports_nothing(place: Place) -> None:
    assert _problems() == []
    assert _refused() == ""


def test_an_exports_folder_that_is_set_and_does_not_exist_is_reported(place: Place) -> None:
    place.yaml.write_text(YAML.replace("span: number", "span: number, path: /nowhere/at/all"))
    (problem,) = _problems()
    assert problem.startswith("The exports folder /nowhere/at/all (`exports.path`) does not exist.")
