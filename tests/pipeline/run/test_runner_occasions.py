"""Runs on rare occasions: a full disk, another run, a clock that was set, what is damaged, a late signal."""

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from perennial import clock, disk
from pipeline.config import REPOSITORY
from pipeline.execution.messages import Broken, Failure
from pipeline.run import lock
from pipeline.run.verdict_block import verdict_block
from pipeline.summary import Summary
from tests.pipeline.run.scene import Scene, trained_scene
from tests.pipeline.run.scripted import Happening, Script

pytestmark = pytest.mark.usefixtures("one_digest_of_code")

MIB = 1 << 20


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    """A root in which spans 1 and 2 have landed."""
    return _landed(tmp_path / "home")


def _landed(home: Path) -> Scene:
    made = Scene(home)
    made.metadata()
    for span in ("1", "2"):
        made.land(span)
    return made


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Scene]:
    """The same on a file system of 48 MiB."""
    home = tmp_path / "small"
    home.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=48m,mode=0700", "none", str(home)]
    if os.getuid() != 0 or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("only root may mount a file system")
    yield _landed(home)
    subprocess.run(["umount", str(home)], check=True)


def _fill(scene: Scene, leave: int = 0) -> None:
    """Takes all room but so many bytes."""
    with (scene.use_case.home / "filler").open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            file.truncate(file.tell() - leave)


def _written(scene: Scene, summary: Summary) -> Summary:
    """The summary, which stands in the run's folder and, in short, in the ledger."""
    folder = scene.root / "runs" / summary.run_id
    assert Summary.model_validate_json((folder / "summary.json").read_text()) == summary
    assert (folder / "report.txt").read_text().startswith(summary.verdict)
    run = scene.last_run()
    assert (run["run_id"], run["verdict"], run["reason"]) == (
        summary.run_id,
        summary.verdict,
        summary.reason,
    )
    assert not lock.is_held(scene.root / "lock")
    return summary


def test_a_run_without_room_starts_nothing_and_is_in_the_ledger(small: Scene) -> None:
    _fill(small, leave=2 * MIB)
    summary = _written(small, small.run())
    assert (summary.verdict, summary.exit_code, small.alerts()) == ("FAILED", 1, {"FAILED"})
    assert summary.reason.startswith("A run needs about 4.0 MiB, but only ")
    assert small.worker is not None
    assert not (small.root / "artifacts").exists()
    (small.use_case.home / "filler").unlink()
    assert _written(small, small.run()).verdict == "PUSHED"
    assert small.alerts() == set()


def test_a_warning_of_the_live_version_is_open_until_another_is_published(scene: Scene) -> None:
    summary = scene.run(Script(candidate="warned"))
    assert summary.verdict == "PUSHED"
    assert "Calibration is 0.4." in summary.reason
    assert scene.alerts() == {"CALIBRATION"}
    assert scene.run().verdict == "NOTHING_NEW"
    scene.land("3")
    assert scene.run(Script(candidate="bad")).verdict == "KEPT"
    assert scene.alerts() == {"CALIBRATION"}
    scene.land("4")
    assert scene.run().verdict == "PUSHED"
    assert scene.alerts() == set()


def test_a_run_that_would_not_fit_fails_before_it_reads(small: Scene) -> None:
    _fill(small, leave=8 * MIB)
    script = Script()
    summary = _written(small, small.run(script))
    assert (summary.verdict, script.passes, summary.spans) == ("FAILED", [], ())
    assert summary.reason.startswith("A run needs about 16.0 MiB, but only ")


@pytest.mark.parametrize("node", ["SpanStatistics", "Trainer", "AtomicPusher"])
def test_a_disk_that_fills_while_a_node_runs_fails_the_run_and_the_verdict_is_written(
    small: Scene, node: str
) -> None:
    def fill() -> Happening:
        _fill(small)
        return Failure(kind="node_failed", problem="It raised OSError.", remedy="See the log.")

    summary = _written(small, small.run(Script(at={node: fill})))
    assert (summary.verdict, summary.live_version) == ("FAILED", None)
    assert summary.reason.startswith(
        "The disk is full. Free disk space (`doctor` lists damaged and leftover files), then run again."
    )
    assert node in summary.reason
    (small.use_case.home / "filler").unlink()
    assert _written(small, small.run()).verdict == "PUSHED"
    assert disk.Reserve(small.root).is_kept


def test_a_disk_that_fills_once_the_model_is_published_leaves_it_live(small: Scene) -> None:
    summary = _written(small, small.run(Script(published=lambda: _fill(small))))
    assert (summary.verdict, summary.exit_code, summary.pushed_version) == ("PUSHED", 0, 1)
    assert summary.reason.startswith("Version 1 was published. Then: The disk is full.")


def test_a_disk_that_is_full_at_the_end_costs_the_page_and_nothing_else(small: Scene) -> None:
    def page() -> bool:
        _fill(small)
        return False

    summary = small.run(page=page)
    assert (summary.verdict, small.last_run()["verdict"]) == ("PUSHED", "PUSHED")
    folder = small.root / "runs" / summary.run_id
    assert summary.report == str(folder / "report.txt")
    assert json.loads((folder / "summary.json").read_text())["verdict"] == "PUSHED"


def test_without_a_page_the_text_is_the_report(scene: Scene) -> None:
    summary = _written(scene, scene.run(page=lambda: False))
    assert (summary.verdict, Path(summary.report or "").name) == ("PUSHED", "report.txt")


def test_the_page_is_ordered_once_the_verdict_stands(scene: Scene) -> None:
    verdicts: list[str] = []

    def page() -> bool:
        verdicts.append(scene.last_run()["verdict"])
        return True

    summary = scene.run(page=page)
    assert verdicts == ["PUSHED"]
    assert scene.page.order is not None
    assert scene.page.order["summary"] == summary.as_json()
    assert {source["span"] for source in scene.page.order["spans"]} == {"1", "2"}
    assert set(scene.page.order["trained"]) == {"window", "model_run", "evaluation"}


def test_a_page_has_charts_once_the_chain_starts(scene: Scene) -> None:
    assert (scene.run().verdict, scene.page.has_charts) == ("PUSHED", True)
    assert (scene.run().verdict, scene.page.has_charts) == ("NOTHING_NEW", False)
    assert json.loads(json.dumps(scene.page.order)) == scene.page.order  # in this process as in another


def test_while_another_run_holds_the_lock_nothing_is_done_and_the_second_time_is_an_alert(
    scene: Scene,
) -> None:
    assert scene.run().verdict == "PUSHED"
    before = sorted(path.name for path in (scene.root / "runs").iterdir())
    with lock.held(scene.root / "lock", "other"):
        first, second = scene.run(), scene.run()
        assert scene.worker is None
    for summary in (first, second):
        assert (summary.verdict, summary.exit_code, summary.run_id) == ("BUSY", 5, "")
        assert "Run other (process " in summary.reason
        assert summary.live_version == 1
        assert scene.shown.closed
    assert second.reason.startswith("2 runs in a row could not start. ")
    assert scene.alerts() == {"BUSY"}
    assert sorted(path.name for path in (scene.root / "runs").iterdir()) == before
    assert scene.run().verdict == "NOTHING_NEW"
    assert scene.alerts() == set()


def test_a_clock_that_was_set_back_is_reported_and_changes_no_verdict(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    moment = datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc)
    monkeypatch.setattr(clock, "now", lambda: moment)
    assert scene.run().verdict == "PUSHED"
    monkeypatch.setattr(clock, "now", lambda: moment - timedelta(hours=1))
    scene.land("3")
    summary = _written(scene, scene.run(Script(model="a newer model")))
    assert (summary.verdict, summary.live_version) == ("PUSHED", 2)
    assert (
        "The clock shows 2026-01-02T02:04:05Z, but the last run ended 2026-01-02T03:04:05Z" in summary.reason
    )
    monkeypatch.setattr(clock, "now", lambda: moment - timedelta(seconds=3600 + 30))
    assert "The clock shows" not in scene.run().reason


@pytest.mark.parametrize("damage", ["gone", "cut"])
@pytest.mark.parametrize("candidate", ["good", "equal", "bad", "unservable"])
def test_a_ledger_that_is_damaged_is_rebuilt_and_the_run_goes_on(
    scene: Scene, damage: str, candidate: str
) -> None:
    first = scene.run()
    ledger = scene.root / "ledger.db"
    if damage == "gone":
        ledger.unlink()
    else:
        ledger.write_bytes(ledger.read_bytes()[:6000])
    summary = _written(scene, scene.run(Script(candidate=candidate, model="a newer model")))
    verdicts = {"good": "PUSHED", "equal": "KEPT", "bad": "KEPT", "unservable": "UNSERVABLE"}
    assert summary.verdict == verdicts[candidate]
    assert summary.reason.startswith(f"ledger.db is {'missing' if damage == 'gone' else 'damaged'}: ")
    assert summary.live_version == (2 if candidate == "good" else 1)
    with scene.ledger() as rebuilt:
        assert [run["run_id"] for run in rebuilt.runs.last(9)] == [summary.run_id, first.run_id]
        assert [version["version"] for version in rebuilt.versions.all()] == [1, 2][: summary.live_version]


@pytest.mark.parametrize("cut", [True, False])
def test_an_mlmd_file_that_is_damaged_while_the_chain_runs_fails_the_run_with_a_verdict(
    scene: Scene, cut: bool
) -> None:
    database = scene.root / "metadata.db"

    def damage() -> Happening:
        content = database.read_bytes()
        database.write_bytes(content[: len(content) // 2] if cut else b"not a database" * 500)
        return Broken(problem="It raised InternalError.", remedy="See the traceback in the run's log.")

    summary = _written(scene, scene.run(Script(at={"Trainer": damage})))
    assert (summary.verdict, summary.exit_code) == ("FAILED", 1)
    assert "Trainer failed. It raised InternalError." in summary.reason
    assert f"The traceback is in {scene.root / 'runs' / summary.run_id / 'log.txt'}." in summary.reason
    following = _written(scene, scene.run())
    assert following.verdict == "PUSHED"
    assert following.reason.startswith("metadata.db is damaged: ")


def test_a_failed_node_and_an_unservable_candidate_give_the_path_of_the_log(scene: Scene) -> None:
    failure = Failure(kind="node_failed", problem="transforms/rain.py:48: KeyError.", remedy="Fix it.")
    failed = _written(scene, scene.run(Script(at={"Trainer": lambda: failure})))
    log = scene.root / "runs" / failed.run_id / "log.txt"
    assert failed.reason.endswith(f"transforms/rain.py:48: KeyError. Fix it. The traceback is in {log}.")
    unservable = _written(scene, scene.run(Script(candidate="unservable")))
    log = scene.root / "runs" / unservable.run_id / "log.txt"
    assert f"The log is {log}." in unservable.reason


def test_a_damaged_output_is_removed_and_its_span_read_again(scene: Scene) -> None:
    assert scene.run().verdict == "PUSHED"
    (scene.root / "artifacts" / "ArrowExampleGen" / "examples" / "1" / "summary.json").write_text("{}")
    script = Script()
    summary = _written(scene, scene.run(script))
    assert (summary.verdict, script.passes) == ("NOTHING_NEW", ["1", "2"])  # 2 is compared with 1
    assert summary.reason.startswith("Damaged outputs were removed and rebuilt: ")


def test_what_no_node_should_have_written_is_an_error_with_a_traceback_in_the_log(scene: Scene) -> None:
    def spoil() -> Happening:
        (scene.root / "artifacts" / "Evaluator" / "evaluation" / "1" / "judgement.json").write_text("{}")
        return None

    summary = _written(scene, scene.run(Script(published=spoil)))
    assert (summary.verdict, summary.pushed_version, summary.candidate) == ("PUSHED", 1, None)
    assert "Then: Unexpected error: ValidationError. The traceback is in " in summary.reason
    log = scene.root / "runs" / summary.run_id / "log.txt"
    assert log.read_text().startswith("The process began.\n")
    assert "Traceback" in log.read_text()


def test_a_signal_while_the_verdict_is_written_arrives_once_all_is_done(scene: Scene) -> None:
    arrived: list[int] = []
    former = signal.signal(signal.SIGTERM, lambda number, _frame: arrived.append(number))

    def page() -> bool:
        os.kill(os.getpid(), signal.SIGTERM)
        return True

    try:
        summary = _written(scene, scene.run(page=page))
    finally:
        signal.signal(signal.SIGTERM, former)
    assert (summary.verdict, arrived) == ("PUSHED", [signal.SIGTERM])


def test_the_display_shows_each_node_in_order(scene: Scene) -> None:
    scene.run()
    assert scene.shown.nodes[:5] == [
        ("1", "ArrowExampleGen"),
        ("1", "DaySummaries"),
        ("1", "SpanStatistics"),
        ("1", "DataGate"),
        ("2", "ArrowExampleGen"),
    ]
    assert scene.shown.nodes[-1] == ("", "AtomicPusher")


def test_an_output_is_known_by_its_digest_as_soon_as_the_next_node_begins(scene: Scene) -> None:
    noted: list[set[str]] = []

    def look() -> Happening:
        with sqlite3.connect(scene.root / "ledger.db") as ledger:
            noted.append({Path(uri).parts[-3] for (uri,) in ledger.execute("SELECT uri FROM outputs")})
        return None

    scene.run(Script(at={"Trainer": look}))
    before = {"ArrowExampleGen", "DaySummaries", "SpanStatistics", "DataGate"}
    before |= {"Window", "WindowGate", "Transform"}
    assert noted == [before]


def test_a_run_needs_neither_tfx_nor_tensorflow(tmp_path: Path) -> None:
    program = f"""
import sys
from pathlib import Path
from tests.pipeline.run.scene import Scene, trained_scene
scene = Scene(Path({str(tmp_path)!r}))
scene.metadata()
scene.land("1")
print(scene.run().verdict, sorted({{"tfx", "tensorflow", "apache_beam"}} & set(sys.modules)))
"""
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=REPOSITORY, capture_output=True, text=True, check=False
    )
    assert done.stdout == "PUSHED []\n", done.stderr


def test_an_exports_folder_that_is_gone_is_nothing_new_for_what_is_live(scene: Scene) -> None:
    assert scene.run().verdict == "PUSHED"
    shutil.rmtree(scene.use_case.exports_folder)
    assert _written(scene, scene.run()).verdict == "NOTHING_NEW"


def test_a_span_whose_labels_are_not_there_yet_waits_and_the_run_goes_on(scene: Scene) -> None:
    scene.land("3")
    first = scene.run(Script(gates={"3": "UNLABELLED"}))
    assert (first.verdict, [span.span for span in first.spans]) == ("PUSHED", ["1", "2"])
    assert "Span 3 waits. 9 of 9 rows have no label yet. Wait." in first.reason
    again = Script()
    second = scene.run(again)
    assert (second.verdict, again.passes) == ("NOTHING_NEW", [])
    assert "Span 3 waits." in second.reason
    step = "Run `land flights FILE --replace` once the labels of span 3 are there."
    assert (step in second.reason, second.unlabelled_spans) == (True, ("3",))
    assert f"Next: {step}" in " ".join(verdict_block(second).split())
    scene.land("3", "rows with labels")
    third = Script()
    assert scene.run(third).verdict == "PUSHED"
    assert third.passes == ["3", ""]


def test_a_blocked_span_is_reported_while_a_newer_one_waits(scene: Scene) -> None:
    scene.run()
    for span in ("3", "4"):
        scene.land(span)
    summary = scene.run(Script(gates={"3": "BLOCK", "4": "UNLABELLED"}))
    assert (summary.verdict, summary.exit_code) == ("DATA_BLOCKED", 3)
    assert "Span 3 is blocked: It is BLOCK." in summary.reason
    assert scene.alerts() == {"DATA_BLOCKED"}


def test_a_spans_rows_are_compared_with_those_in_use_that_arrived_before_it(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = Script(gates={"2": "BLOCK"})
    scene.run(script)
    assert script.others == {"1": [], "2": ["1"]}
    later = datetime.now(timezone.utc) + timedelta(hours=1)
    monkeypatch.setattr(clock, "now", lambda: later)
    scene.land("1", "corrected rows")
    scene.land("3")
    script = Script(gates={"2": "BLOCK"})
    scene.run(script)
    # What blocked span 2 may have been in the rows of span 1, so that it is judged again.
    assert script.others == {"1": [], "2": ["1"], "3": ["1"]}


def test_of_two_spans_with_the_same_rows_only_one_comes_into_use(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.run()
    scene.land("3")
    scene.run(Script(gates={"3": "BLOCK"}))
    later = datetime.now(timezone.utc) + timedelta(hours=1)
    monkeypatch.setattr(clock, "now", lambda: later)
    scene.land("2", "still the rows of span 3")
    script = Script(gates={"3": "BLOCK"})
    scene.run(script)
    assert script.others == {"2": ["1"], "3": ["1", "2"]}
    assert scene.run().verdict == "DATA_BLOCKED"
    with scene.ledger() as ledger:
        ledger.spans.decide("3", "accept", "the rows are right")
    scene.edit("span: number", "span: number, max_bad_share: 0.0005")
    script = Script()
    scene.run(script)
    # Once it is in use, it is compared with those that arrived before it.
    assert script.others == {"1": [], "2": ["1", "3"], "3": ["1"]}


def test_a_run_whose_exports_path_does_not_exist_fails_and_says_what_to_do(tmp_path: Path) -> None:
    scene = trained_scene(tmp_path / "home")
    share = tmp_path / "share"
    scene.edit("{span: number,", f"{{path: {share}, span: number,")
    summary = scene.run()
    assert (summary.verdict, summary.exit_code) == ("FAILED", 1)
    assert summary.reason == (
        f"The exports folder {share} (`exports.path`) does not exist. Mount its share, create it, or fix"
        " `exports.path`."
    )
    assert summary.live_version == 1
    share.mkdir()
    assert scene.run().verdict == "NOTHING_NEW"
