"""What the doctor finds when it is there, and does not find when it is not."""

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from commands.doctor.doctor import doctor, doctor_block
from perennial import clock, disk
from perennial.store import registry
from perennial.store.ledger import Ledger
from perennial.store.tables import FORMAT
from pipeline import config, export_folders
from pipeline.config import UseCase
from pipeline.ledgers import opened
from pipeline.run import lock
from pipeline.run.outputs import Outputs


@pytest.fixture
def use_case(use_case: UseCase) -> UseCase:
    """The flights use case after a run that went well: a version, a span in use with its outputs, MLMD."""
    source = use_case.home / "candidate"
    source.mkdir()
    (source / "saved_model.pb").write_text("graph")
    ledger = Ledger(use_case.root / "ledger.db")
    for live in (None, 1):
        registry.publish(use_case.models_folder, ledger, source, {}, champion=live, run_id="r", why="w")
    uris = {}
    for node, key in (("ArrowExampleGen", "examples"), ("SpanStatistics", "statistics")):
        folder = use_case.root / "artifacts" / node / key / "1"
        folder.mkdir(parents=True)
        (folder / "data").write_text("rows")
        uris[key] = str(folder)
    Outputs(use_case.root / "artifacts", ledger).take_up(interrupted=False)
    version = ledger.spans.arrive("2013-01", "A")
    ledger.spans.judge(
        version,
        "OK",
        [],
        rows=7,
        quarantined=1,
        judged_with="j",
        run_id="r",
        examples=uris["examples"],
        statistics=uris["statistics"],
    )
    ledger.runs.begin("r", "manual")
    ledger.runs.end("r", "PUSHED", 0, "So it is.", "")
    ledger.close()
    with sqlite3.connect(use_case.root / "metadata.db") as metadata:
        metadata.execute("CREATE TABLE Execution (id INTEGER PRIMARY KEY, last_known_state INT)")
        metadata.execute("INSERT INTO Execution VALUES (1, 3)")
    metadata.close()
    (use_case.root / "lock").touch()
    assert disk.Reserve(use_case.root).keep()
    return use_case


def _problems() -> list[str]:
    return [finding["problem"] for finding in doctor()["findings"] if finding["where"] != "environment"]


def _execute(database: Path, statement: str) -> None:
    connection = sqlite3.connect(database)
    connection.execute(statement)
    connection.commit()
    connection.close()


def _truncate(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def test_nothing_is_reported_where_all_is_well(use_case: UseCase) -> None:
    assert _problems() == []


def test_it_lists_what_it_looked_at(use_case: UseCase) -> None:
    facts = doctor()["facts"]
    assert (facts["python"][:4], facts["tfx"], facts["home"]) == ("3.10", "1.16.0", str(use_case.home))
    assert "flights" in facts["use_cases"]


Harm = Callable[[UseCase], object]
FAULTS: dict[str, tuple[Harm, str]] = {
    "damaged ledger": (lambda u: _truncate(u.root / "ledger.db"), "ledger.db is damaged."),
    "empty ledger": (lambda u: os.truncate(u.root / "ledger.db", 0), "ledger.db is missing."),
    "missing ledger": (lambda u: (u.root / "ledger.db").unlink(), "ledger.db is missing."),
    "newer ledger": (
        lambda u: _execute(u.root / "ledger.db", f"PRAGMA user_version={FORMAT + 1}"),
        "The ledger has format",
    ),
    "damaged MLMD": (lambda u: _truncate(u.root / "metadata.db"), "metadata.db is damaged."),
    "missing MLMD": (lambda u: (u.root / "metadata.db").unlink(), "metadata.db is missing."),
    "altered output": (
        lambda u: (u.root / "artifacts/ArrowExampleGen/examples/1/data").write_text("ROWS"),
        "The output of span 2013-01 is damaged or missing.",
    ),
    "output that is gone": (
        lambda u: shutil.rmtree(u.root / "artifacts/SpanStatistics/statistics/1"),
        "The output of span 2013-01 is damaged or missing.",
    ),
    "damaged live version": (
        lambda u: (u.models_folder / "2" / "saved_model.pb").write_text(""),
        "Version 2 is damaged: its files have changed since it was published.",
    ),
    "empty live version": (
        lambda u: (u.models_folder / "3").mkdir(),
        "Version 3 is damaged: it has no readable model card",
    ),
    "former version without a card": (
        lambda u: (u.models_folder / "1" / "model_card.json").unlink(),
        "Version 1 is damaged: it has no readable model card",
    ),
    "half-published version": (
        lambda u: (u.models_folder / ".stage-1").mkdir(),
        "A version was only partly published.",
    ),
    "running execution": (
        lambda u: _execute(u.root / "metadata.db", "INSERT INTO Execution VALUES (2, 2)"),
        "1 execution is RUNNING in metadata.db",
    ),
    "run that never ended": (
        lambda u: _execute(u.root / "ledger.db", "UPDATE runs SET ended=NULL"),
        "Run r never ended, but no run is active.",
    ),
    "set-aside files": (
        lambda u: (u.root / "ledger.db.damaged-20130101T000000").write_bytes(bytes(3 << 20)),
        "3.0 MiB of damaged files are set aside",
    ),
    "parked rows": (
        lambda u: (u.root / "artifacts/ArrowExampleGen/examples/2/.parked").mkdir(parents=True),
        "Temporary rows of a span are left over",
    ),
    "interrupted replay": (
        lambda u: (u.exports_folder / ".replay-2013-01-x").mkdir(parents=True),
        "A `replay` was interrupted",
    ),
    "no reserve": (lambda u: disk.Reserve(u.root).release(), "No disk space is reserved"),
    "home that others can read": (lambda u: u.home.chmod(0o755), "Others can read"),
    "root that others can read": (lambda u: u.root.chmod(0o750), "Others can read"),
    "clock set back": (
        lambda u: _execute(
            u.root / "ledger.db",
            f"UPDATE runs SET ended='{clock.stamp(clock.now() + timedelta(minutes=2))}'",
        ),
        "The clock shows",
    ),
    "open alert": (
        lambda u: _execute(
            u.root / "ledger.db",
            "INSERT INTO alerts (at, kind, message, run_id) VALUES ('t', 'FAILED', 'Trainer failed.', 'r')",
        ),
        "FAILED since t: Trainer failed.",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_it_finds_what_is_wrong_and_nothing_else(use_case: UseCase, fault: str) -> None:
    harm, problem = FAULTS[fault]
    harm(use_case)
    findings = doctor()["findings"]
    assert [finding for finding in findings if problem in finding["problem"]], findings
    assert len(_problems()) == 1, _problems()
    assert all(finding["remedy"] for finding in findings)


@pytest.mark.parametrize(
    ("damaged", "remedy"),
    [
        ([2], "Run `rollback flights --to 1 --why ...`, or `run flights` to train a new one."),
        ([1, 2], "No other version is intact: run `run flights` to train a new one."),
    ],
)
def test_the_remedy_of_a_damaged_champion_names_only_what_works(
    use_case: UseCase, damaged: list[int], remedy: str
) -> None:
    for number in damaged:
        (use_case.models_folder / str(number) / "saved_model.pb").write_text("")
    (finding,) = (each for each in doctor()["findings"] if each["where"] == "flights")
    assert finding["problem"].endswith("It counts as absent.")
    assert finding["remedy"] == remedy


LEFT_BY_A_RUN = ["half-published version", "running execution", "run that never ended", "parked rows"]


@pytest.mark.parametrize("fault", LEFT_BY_A_RUN)
def test_what_a_run_has_in_hand_is_no_fault_while_it_runs(use_case: UseCase, fault: str) -> None:
    FAULTS[fault][0](use_case)
    with lock.held(use_case.root / "lock", "run-1"):
        assert _problems() == []


def test_a_run_that_holds_the_lock_is_shown_and_is_no_fault(use_case: UseCase) -> None:
    assert doctor()["facts"]["running"] == {}
    with lock.held(use_case.root / "lock", "run-1"):
        assert _problems() == []
        assert doctor()["facts"]["running"]["flights"].startswith(f"Run run-1 (process {os.getpid()})")


def test_a_run_past_its_deadline_is_reported(use_case: UseCase, monkeypatch: pytest.MonkeyPatch) -> None:
    with lock.held(use_case.root / "lock", "run-1"):
        late = clock.now() + timedelta(seconds=use_case.run.deadline + 61)
        monkeypatch.setattr(clock, "now", lambda: late)
        (problem,) = _problems()
    assert problem.startswith("Run run-1 ")
    assert problem.endswith("longer than `run.deadline` (7,200 s).")


@pytest.mark.skipif(os.getuid() != 0, reason="only root may give a folder away")
def test_a_root_of_another_user_is_reported(use_case: UseCase) -> None:
    os.chown(use_case.root, 12345, 12345)
    assert _problems() == [f"{use_case.root} belongs to another user."]


@pytest.mark.skipif(os.getuid() != 0, reason="only root may mount a file system")
def test_too_little_room_and_a_read_only_disk_are_reported(use_case: UseCase) -> None:
    inside = use_case.home / "aside"
    use_case.root.rename(inside)
    use_case.root.mkdir(mode=0o700)
    mount = ["mount", "-t", "tmpfs", "-o", "size=8m,mode=0700", "none", str(use_case.root)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("this machine lets nobody mount a file system")
    try:
        shutil.copytree(inside, use_case.root, dirs_exist_ok=True)
        assert disk.Reserve(use_case.root).keep()
        assert any("are free under" in problem for problem in _problems())
        subprocess.run(["mount", "-o", "remount,ro", str(use_case.root)], check=True)
        assert f"Cannot read and write {use_case.root}." in _problems()
    finally:
        subprocess.run(["umount", str(use_case.root)], check=True)


def test_the_same_problem_of_two_use_cases_is_reported_for_each(
    use_case: UseCase, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = use_case.model_copy(update={"name": "other"})
    for each in (use_case, other):
        each.make_root()
        (each.models_folder / ".stage-1").mkdir(parents=True)
    both = {"flights": use_case, "other": other}
    monkeypatch.setattr(config, "use_case_names", lambda: list(both))
    monkeypatch.setattr(config, "load", both.__getitem__)
    where = [each["where"] for each in doctor()["findings"] if "partly published" in each["problem"]]
    assert where == ["flights", "other"]


def test_an_exports_folder_behind_a_closed_one_is_a_finding_and_the_others_are_made(
    use_case: UseCase, monkeypatch: pytest.MonkeyPatch
) -> None:
    (use_case.models_folder / ".stage-1").mkdir(parents=True)

    def closed(*_: Any) -> Any:
        raise PermissionError(13, "Permission denied", "/closed/exports")

    monkeypatch.setattr(export_folders, "find_exports", closed)
    problems = _problems()
    assert any("Permission denied: '/closed/exports'" in problem for problem in problems)
    assert any("partly published" in problem for problem in problems)


def test_it_imports_nothing_slow(use_case: UseCase) -> None:
    code = (
        "import sys; from commands.doctor.doctor import doctor; doctor();"
        " print(sorted({'tfx', 'tensorflow', 'ml_metadata', 'apache_beam'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=config.REPOSITORY
    )
    assert done.stdout.strip() == "[]"


def test_a_use_case_that_never_ran_has_nothing_wrong(home: Path) -> None:
    assert _problems() == []
    with opened(config.load("flights")):
        pass
    assert _problems() == []


def test_a_doctor_that_finds_nothing_reports_no_problems() -> None:
    facts: dict[str, Any] = {"python": "3.10.1", "tfx": "1.16.0", "tensorflow": "2.16.2", "home": "/h"}
    facts |= {"use_cases": [], "running": {}, "migrated": []}
    assert doctor_block({"facts": facts, "findings": []}).endswith("\nNo problems found.")
    finding = {"where": "disk", "problem": "Others can read it.", "remedy": "Run chmod."}
    block = doctor_block({"facts": facts, "findings": [finding]})
    assert block.splitlines()[1:] == ["  disk: Others can read it. Run chmod."]
    facts["running"] = {"flights": "Run r has held the lock since t"}
    block = doctor_block({"facts": facts, "findings": []})
    assert block.splitlines()[1:] == ["  flights: Run r has held the lock since t.", "No problems found."]


def test_what_an_interrupted_restore_left_is_named(use_case: UseCase) -> None:
    aside = use_case.home / ".restore"
    aside.mkdir()
    assert _problems() == [f"A `restore` was interrupted, or is still running: {aside}."]
