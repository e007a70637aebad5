"""What carries a year out, part by part: exports, the home, what is seen of a run, what is killed."""

import gzip
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pandas as pd
import psutil
import pytest

from benchmarks.harness.code_copy import CodeCopy
from benchmarks.proofs.year.acts import Actor, ActReport
from benchmarks.proofs.year.exports import WHOLE_ROWS, YearExports, content_rows
from benchmarks.proofs.year.facts import read_lines
from benchmarks.proofs.year.faults import RunWatch, run_of, strike
from benchmarks.proofs.year.home import YearHome
from benchmarks.proofs.year.living import LivingActor, LivingLook
from benchmarks.proofs.year.plan import DAILY, FaultKind, Variant, YearEvent, YearMoment
from benchmarks.proofs.year.use_case import write_config
from pipeline.use_cases.flights import COLUMNS
from tests.small_disk import mounted

AT = datetime(2013, 1, 8, 1, 31, tzinfo=timezone.utc)
DAY = "2013-01-07"


@pytest.fixture(scope="module")
def rows() -> Any:
    """Two days of 300 flights."""
    numbers = range(600)
    columns: dict[str, Any] = {name: [str(number) for number in numbers] for name in COLUMNS}
    columns["sched_dep"] = [f"2013-01-0{6 + number // 300} 12:00:00" for number in numbers]
    return pd.DataFrame(columns)


@pytest.fixture
def exports(tmp_path: Path, rows: Any) -> YearExports:
    return YearExports("day", tmp_path / "exports" / "daily", rows)


def landed(exports: YearExports, event: YearEvent, before: dict[str, YearEvent]) -> list[str]:
    exports.apply(event, before, AT)
    return gzip.decompress((exports.folder / event.span / "part-00000.csv.gz").read_bytes()).decode().split()


@pytest.mark.parametrize(
    ("variant", "lines"),
    [("whole", 279), ("truncated", 83), ("empty", 0), ("oversized", 2232), ("unreadable", 279)],
)
def test_the_number_of_rows_says_which_content_it_is(
    exports: YearExports, variant: Variant, lines: int
) -> None:
    event = YearEvent("land", DAY, 2, variant)
    assert content_rows("day", event, {}) == lines
    exports.apply(event, {}, AT)
    text = gzip.decompress((exports.folder / DAY / "part-00000.csv.gz").read_bytes()).decode()
    assert len(text.splitlines()) == lines + 1


def test_a_duplicate_has_the_rows_of_the_other_span(exports: YearExports) -> None:
    other = YearEvent("land", "2013-01-06", 1)
    twin = YearEvent("land", DAY, 1, "duplicate", "2013-01-06")
    assert landed(exports, twin, {"2013-01-06": other}) == landed(exports, other, {})


def test_equal_contents_are_equal_bytes_and_others_differ(exports: YearExports) -> None:
    first = landed(exports, YearEvent("land", DAY, 1), {})
    assert landed(exports, YearEvent("land", DAY, 1), {}) == first
    assert landed(exports, YearEvent("land", DAY, 2), {}) != first


def test_completing_writes_the_marker_and_deleting_removes_the_span(exports: YearExports) -> None:
    event = YearEvent("land", DAY, 1, complete=False)
    exports.apply(event, {}, AT)
    assert not (exports.folder / DAY / "_SUCCESS").exists()
    exports.apply(YearEvent("complete", DAY), {DAY: event}, AT)
    manifest = json.loads((exports.folder / DAY / "_SUCCESS").read_text())
    assert manifest["files"][0]["rows"] == WHOLE_ROWS["day"]
    assert (exports.folder / DAY / "_SUCCESS").stat().st_mtime == AT.timestamp()
    exports.apply(YearEvent("delete", DAY), {DAY: event}, AT)
    assert list(exports.folder.iterdir()) == []


def test_the_config_is_as_the_events_leave_it(tmp_path: Path) -> None:
    copy = CodeCopy(tmp_path, tmp_path / "home")
    (tmp_path / "pipeline" / "use_cases").mkdir(parents=True)
    asks = YearEvent("configure", push="ask", freeze=("2013-01-09",))
    write_config(copy, DAILY, (asks, YearEvent("break_config")))
    text = (tmp_path / "pipeline" / "use_cases" / "daily.yaml").read_text()
    assert "cronn" in text
    assert "push: ask" in text
    write_config(copy, DAILY, (asks, YearEvent("break_config"), YearEvent("fix_config")))
    assert "cronn" not in (tmp_path / "pipeline" / "use_cases" / "daily.yaml").read_text()


@pytest.fixture
def home(tmp_path: Path) -> YearHome:
    made = YearHome(tmp_path)
    made.folder.mkdir()
    assert made.restore() == 0
    (made.home / "daily" / "artifacts").mkdir(parents=True)
    (made.home / "daily" / "artifacts" / "model").write_text("1")
    (made.home / "daily" / "ledger.db").write_text("1")
    made.save(1)
    return made


def test_restoring_undoes_what_follows_the_last_save(home: YearHome) -> None:
    with (home.home / "daily" / "ledger.db").open("r+") as ledger:  # in place, as SQLite writes
        ledger.write("2")
    (home.home / "daily" / "artifacts" / "model").unlink()
    (home.home / "daily" / "artifacts" / "new").write_text("2")
    assert home.restore() == 1
    assert (home.home / "daily" / "ledger.db").read_text() == "1"
    assert [path.name for path in (home.home / "daily" / "artifacts").iterdir()] == ["model"]


def test_a_save_that_is_cut_off_leaves_the_one_before(home: YearHome) -> None:
    (home.folder / "saved").rename(home.folder / "saved.former")  # killed between the two renames
    (home.folder / "saved.new").mkdir()
    assert home.restore() == 1
    home.save(2)
    assert home.restore() == 2


def test_a_full_disk_takes_no_block_and_is_free_afterwards(tmp_path: Path) -> None:
    home = YearHome(tmp_path)
    home.folder.mkdir()
    with mounted(home.folder, 16):
        home.restore()
        with home.full(), pytest.raises(OSError, match="No space left"):
            (home.home / "file").write_bytes(bytes(4096))
        (home.home / "file").write_bytes(bytes(4096))


def test_a_line_that_was_cut_off_does_not_count(tmp_path: Path) -> None:
    assert read_lines(tmp_path / "none.jsonl") == []
    (tmp_path / "lines.jsonl").write_text('{"moment": 0}\n{"mom')
    assert read_lines(tmp_path / "lines.jsonl") == [{"moment": 0}]


def test_a_point_is_seen_in_new_lines_also_of_a_new_log(tmp_path: Path) -> None:
    log = tmp_path / "daily.log"
    log.write_text("  1.0 s  Trainer\n" * 3)
    watch = RunWatch(log, tmp_path)
    assert not watch.has_reached("Trainer")
    with log.open("a") as file:
        file.write("  1.0 s  Transform\n")
    assert not watch.has_reached("Trainer")
    assert watch.has_reached("ArrowExampleGen")  # a later node has begun
    log.rename(tmp_path / "daily.log.1")
    log.write_text("  2.0 s  Evaluator\n")
    assert watch.has_reached("Trainer")


def test_the_rename_is_seen_by_the_folder_of_a_new_version(tmp_path: Path) -> None:
    (tmp_path / "9").mkdir()
    watch = RunWatch(tmp_path / "log", tmp_path)
    (tmp_path / ".stage-10").mkdir()
    assert not watch.has_reached("rename")
    (tmp_path / "10").mkdir()
    assert watch.has_reached("rename")


# A schedule, its run (in a session of its own), and the chain's process of that.
FAMILY = """
import subprocess, sys, time
depth = int(sys.argv[1])
lines = {2: ["1", "local_runner.py", "run", "daily"], 1: ["0", "-m", "pipeline.execution.worker"]}
if depth:
    own = sys.argv[-1]
    subprocess.Popen([sys.executable, "-c", own, *lines[depth], own], start_new_session=True)
time.sleep(60)
"""


@pytest.fixture
def family() -> Iterator[list[psutil.Process]]:
    """The three processes: schedule, run, chain."""
    with subprocess.Popen([sys.executable, "-c", FAMILY, "2", FAMILY]) as schedule:
        root = psutil.Process(schedule.pid)
        while len(root.children(recursive=True)) < 2:
            time.sleep(0.01)
        processes = [root, *root.children(recursive=True)]
        yield processes
        for process in processes:
            if process.is_running():
                process.kill()


@pytest.mark.parametrize(
    ("fault", "dead"), [("kill_daemon", [0]), ("kill_run", [1]), ("kill_chain", [2]), ("reboot", [0, 1, 2])]
)
def test_a_fault_kills_what_it_says(family: list[psutil.Process], fault: FaultKind, dead: list[int]) -> None:
    run = run_of(family[0].pid, "daily")
    while run is None:  # it has no command line yet
        run = run_of(family[0].pid, "daily")
    assert run == family[1]
    strike(fault, family[0].pid, run)
    psutil.wait_procs([family[number] for number in dead], timeout=0.2)
    alive = [_is_alive(process) for process in family]
    assert [number for number, lives in enumerate(alive) if not lives] == dead


def _is_alive(process: psutil.Process) -> bool:
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE


def test_a_living_look_is_over_once_the_schedule_waits_again(tmp_path: Path) -> None:
    done = tmp_path / "done"
    source = f"""
import os, pathlib, select, signal, subprocess
signal.signal(signal.SIGCHLD, lambda *_: None)
pipe = os.pipe()
os.set_blocking(pipe[1], False)
signal.set_wakeup_fd(pipe[1])
while True:
    select.select([pipe[0]], [], [])
    os.read(pipe[0], 512)
    if not pathlib.Path({str(done)!r}).exists():
        subprocess.run(["sleep", "0.5"])
        pathlib.Path({str(done)!r}).touch()
"""
    with subprocess.Popen([sys.executable, "-c", source]) as process:
        try:
            assert LivingLook(process).end() == (None, None, "")
            assert done.exists()
            assert _stops(process.pid)
        finally:
            process.kill()


def test_a_schedule_whose_last_thread_is_about_to_end_is_not_alive(tmp_path: Path) -> None:
    """As just after SIGKILL: the process is a zombie, but `wait` does not return yet."""
    exits = "import ctypes, threading, time; threading.Thread(target=time.sleep, args=(0.3,)).start()"
    actor = LivingActor(CodeCopy(tmp_path, tmp_path), YearHome(tmp_path), "daily")
    actor._daemon = subprocess.Popen([sys.executable, "-c", f"{exits}; ctypes.CDLL(None).pthread_exit(None)"])
    while psutil.Process(actor._daemon.pid).status() != psutil.STATUS_ZOMBIE:
        time.sleep(0.01)
    assert actor._daemon.poll() is None
    assert not actor.is_alive()


def test_what_looks_take_passes_on_the_living_clock_for_an_hour(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    actor = LivingActor(CodeCopy(tmp_path, tmp_path), YearHome(tmp_path), "daily")
    monkeypatch.setattr(Actor, "act", lambda _self, _moment: ActReport(seconds=40.0))
    assert actor.ahead(AT) == timedelta()
    for minutes in (0, 6, 37):
        actor.act(YearMoment((AT + timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")))
    assert actor.ahead(AT + timedelta(minutes=38)) == timedelta(seconds=120)
    assert actor.ahead(AT + timedelta(hours=2)) == timedelta()


def _stops(pid: int) -> bool:
    """Whether a process is stopped, at once or soon."""
    for _ in range(100):
        if psutil.Process(pid).status() == psutil.STATUS_STOPPED:
            return True
        time.sleep(0.01)
    return False
