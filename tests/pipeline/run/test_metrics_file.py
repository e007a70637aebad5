"""The metrics file: what it has of each use case, and that nothing about it is an error of a run."""

import fcntl
import os
import stat
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from perennial import clock
from perennial.store.ledger import Ledger
from pipeline import config
from pipeline.run import metrics_file
from pipeline.run.metric_families import FAMILIES
from pipeline.run.metrics_file import write_metrics
from pipeline.verdict import EXIT_CODES
from tests.calibration_records import calibration_record
from tests.pipeline.run import trains
from tests.pipeline.run.test_overdue import arrive

NOW = "2013-04-03T12:00:00Z"
DAYS = trains.YAML.replace("span: number", "span: day")
CRON = 'cron: "30 5 * * *", expect: {every: 1d, within: 6h}'
TRAINS = f"{DAYS}schedule: {{{CRON}}}\n"


@pytest.fixture
def yamls(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the use cases, with `trains` in it; the home is there."""
    folder = tmp_path / "use_cases"
    folder.mkdir()
    home.mkdir()
    monkeypatch.setattr(config, "USE_CASES", folder)
    set_clock(monkeypatch, NOW)
    (folder / "trains.yaml").write_text(TRAINS)
    return folder


def set_clock(monkeypatch: pytest.MonkeyPatch, moment: str) -> None:
    monkeypatch.setattr(clock, "now", lambda: clock.moment(moment))


@pytest.fixture
def ledger(yamls: Path) -> Iterator[Ledger]:
    with closing(Ledger(config.load("trains").make_root() / "ledger.db")) as opened:
        yield opened


def samples(path: Path, use_case: str = "trains") -> dict[str, float]:
    """Values of a use case by metric, `runs_total PUSHED` where there is another label; read by Prometheus'
    own client."""
    read = {}
    for family in text_string_to_metric_families(path.read_text()):
        assert family.documentation
        for sample in family.samples:
            others = [value for key, value in sample.labels.items() if key != "use_case"]
            if sample.labels["use_case"] == use_case:
                read[" ".join([sample.name.removeprefix("perennial_"), *others])] = sample.value
    return read


def at(moment: str) -> float:
    return clock.moment(moment).timestamp()


def test_all_figures_come_from_the_ledger(
    ledger: Ledger, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_clock(monkeypatch, "2013-04-02T05:30:00Z")
    ledger.runs.begin("r", "cron")
    ledger.runs.end("r", "PUSHED", 0, "It is better.", "")
    arrive(ledger, "2013-04-01")
    ledger.versions.publish(1, "r", "d", "2013-04-02T05:30:00Z", None, "better")
    set_clock(monkeypatch, "2013-04-03T05:30:00Z")
    ledger.runs.begin("r2", "cron")
    set_clock(monkeypatch, "2013-04-03T05:31:30Z")
    ledger.runs.end("r2", "FAILED", 1, "The disk is full.", "")
    alerts = {"FAILED": "The disk is full.", "CANDIDATE_WAITS": "Approve it."}
    ledger.alerts.set(alerts, list(alerts), "r2")
    ledger.calibrations.note(calibration_record(1, days=31, needed=29))
    set_clock(monkeypatch, NOW)
    assert write_metrics() == []
    verdicts = {f"runs_total {verdict}": 0 for verdict in EXIT_CODES if verdict != "BUSY"}
    assert samples(home / "metrics.prom") == {
        **verdicts,
        "runs_total PUSHED": 1,
        "runs_total FAILED": 1,
        "open_alerts FAILED": 1,
        "open_alerts CANDIDATE_WAITS": 1,
        "live_version": 1,
        "last_success_timestamp_seconds": at("2013-04-02T05:30:00Z"),
        "last_run_timestamp_seconds": at("2013-04-03T05:31:30Z"),
        "last_run_exit_code": 1,
        "last_run_duration_seconds": 90,
        "newest_span_end_timestamp_seconds": at("2013-04-02T00:00:00Z"),
        "overdue_state": 1,
        "rows": 7,
        "quarantined_rows": 1,
        "next_tick_timestamp_seconds": at("2013-04-04T05:30:00Z"),
        "schedule_paused": 0,
        "config_ok": 1,
        "candidate_waits": 1,
        "drift_calibrated": 0,
        "metrics_written_timestamp_seconds": at(NOW),
    }
    names = {name.split()[0] for name in samples(home / "metrics.prom")}
    assert names == {family.name.removeprefix("perennial_") for family in FAMILIES}


def test_the_newest_calibration_says_whether_drift_is_judged(ledger: Ledger, home: Path) -> None:
    for number, needed in ((1, 29), (2, 0)):
        ledger.calibrations.note(calibration_record(number, days=60 - needed, needed=needed))
    write_metrics()
    assert samples(home / "metrics.prom")["drift_calibrated"] == 1


def test_the_last_judged_span_is_that_of_the_last_run(
    ledger: Ledger, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An old span that is judged late is the last one; one that only arrived is not."""
    for run_id, span, rows in (("r1", "2013-04-02", 70), ("r2", "2013-01-01", 30)):
        ledger.runs.begin(run_id, "cron")
        version = ledger.spans.arrive(span, "a")
        ledger.spans.judge(version, "OK", [], rows=rows, quarantined=0, judged_with="w", run_id=run_id)
    ledger.spans.arrive("2013-04-03", "a")
    write_metrics()
    assert samples(home / "metrics.prom")["rows"] == 30


def test_a_use_case_that_never_ran_has_no_times(yamls: Path, home: Path) -> None:
    (yamls / "trains.yaml").write_text(DAYS)
    assert write_metrics() == []
    read = samples(home / "metrics.prom")
    assert read["live_version"] == 0
    assert read["config_ok"] == 1
    assert not [name for name in read if name.startswith(("last", "newest", "rows", "overdue", "next"))]
    assert not (home / "trains").exists()


def test_a_look_for_exports_before_the_next_time_of_cron_is_the_next_tick(
    ledger: Ledger, home: Path, yamls: Path
) -> None:
    (yamls / "trains.yaml").write_text(f"{DAYS}schedule: {{{CRON}, on_new_export: 1m}}\n")
    write_metrics()
    assert samples(home / "metrics.prom")["next_tick_timestamp_seconds"] == at("2013-04-03T12:01:00Z")


def test_a_pause_is_shown_and_has_no_next_tick(ledger: Ledger, home: Path) -> None:
    with closing(Ledger(home / "trains" / "ledger.db")) as other:
        other._connection.execute("INSERT INTO pauses (began, who, why) VALUES ('2013-04-01', 'me', 'x')")
    write_metrics()
    read = samples(home / "metrics.prom")
    assert read["schedule_paused"] == 1
    assert "next_tick_timestamp_seconds" not in read
    assert read["overdue_state"] == 3


def test_one_file_has_all_use_cases_that_name_it(
    ledger: Ledger, home: Path, yamls: Path, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    own = f"{DAYS}schedule: {{metrics_file: {elsewhere / 'x.prom'}}}\n"
    (yamls / "buses.yaml").write_text(own)
    (yamls / "trams.yaml").write_text(own)
    (yamls / "boats.yaml").write_text(DAYS)
    assert write_metrics() == []
    for path, names in (
        (home / "metrics.prom", {"trains", "boats"}),
        (elsewhere / "x.prom", {"buses", "trams"}),
    ):
        assert {name for name in ("trains", "boats", "buses", "trams") if samples(path, name)} == names


def test_only_the_file_that_is_asked_for_is_written(ledger: Ledger, home: Path, yamls: Path) -> None:
    (yamls / "buses.yaml").write_text(f"{DAYS}schedule: {{metrics_file: buses.prom}}\n")
    assert write_metrics(home / "buses.prom") == []
    assert (home / "buses.prom").exists()
    assert not (home / "metrics.prom").exists()


@pytest.mark.parametrize("key", ["metrics_file: other.prom", "'metrics_file': \"other.prom\" # there"])
def test_a_broken_config_is_shown_in_the_file_that_it_names(
    ledger: Ledger, home: Path, yamls: Path, key: str
) -> None:
    (yamls / "buses.yaml").write_text(f"{DAYS}schedule:\n  {key}\n  cron: never\n")
    (yamls / "boats.yaml").write_text("label: [late\n")
    assert write_metrics() == []
    assert samples(home / "other.prom", "buses") == {
        "config_ok": 0,
        "metrics_written_timestamp_seconds": at(NOW),
    }
    assert samples(home / "metrics.prom", "boats")["config_ok"] == 0
    assert samples(home / "metrics.prom")["config_ok"] == 1


def test_a_config_that_is_fixed_is_read_again(ledger: Ledger, home: Path, yamls: Path) -> None:
    for text, is_right in ((TRAINS, 1), (TRAINS.replace("label", "labels"), 0), (TRAINS, 1)):
        (yamls / "trains.yaml").write_text(text)
        write_metrics()
        assert samples(home / "metrics.prom")["config_ok"] == is_right


@pytest.mark.parametrize("damage", ["damaged", "locked", "of another format"])
def test_a_ledger_that_cannot_be_read_is_not_known_and_the_others_stay(
    ledger: Ledger, home: Path, yamls: Path, monkeypatch: pytest.MonkeyPatch, damage: str
) -> None:
    monkeypatch.setattr(metrics_file, "_PATIENCE", 0.01)
    (yamls / "buses.yaml").write_text(DAYS)
    if damage == "damaged":
        (home / "trains" / "ledger.db").write_bytes(b"no database at all" * 99)
    elif damage == "locked":
        ledger._connection.execute("BEGIN EXCLUSIVE")
    else:
        ledger._connection.execute("PRAGMA user_version=99")
    assert write_metrics() == []
    written = {"config_ok": 1, "metrics_written_timestamp_seconds": at(NOW)}
    assert samples(home / "metrics.prom") == {**written, "overdue_state": 3}
    assert samples(home / "metrics.prom", "buses")["live_version"] == 0


def test_anyone_can_read_the_file_whatever_the_umask(ledger: Ledger, home: Path) -> None:
    former = os.umask(0o077)
    try:
        write_metrics()
    finally:
        os.umask(former)
    assert stat.S_IMODE((home / "metrics.prom").stat().st_mode) == 0o644
    assert sorted(path.name for path in home.iterdir()) == ["metrics.prom", "trains"]


@pytest.mark.parametrize("place", ["missing/x.prom", "trains", "trains/ledger.db/x.prom"])
def test_a_file_that_cannot_be_written_is_a_sentence_and_leaves_nothing(
    ledger: Ledger, home: Path, yamls: Path, place: str
) -> None:
    (yamls / "trains.yaml").write_text(f"{DAYS}schedule: {{metrics_file: {place}}}\n")
    (yamls / "buses.yaml").write_text(DAYS)
    (problem,) = write_metrics()
    assert problem.startswith(
        f"The metrics file {home / place} (`schedule.metrics_file`) cannot be written: "
    )
    assert sorted(path.name for path in home.iterdir()) == ["metrics.prom", "trains"]


def test_what_a_killed_writer_left_is_removed_and_nothing_else(ledger: Ledger, home: Path) -> None:
    left = home / f".metrics.prom.{'a' * 32}"
    others = [home / f".other.prom.{'a' * 32}", home / ".metrics.prom.mine", home / "metrics.prom.old"]
    for path in (left, *others):
        path.touch()
    write_metrics()
    assert not left.exists()
    assert all(path.exists() for path in others)


def test_a_home_that_is_not_there_is_not_made(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(config, "USE_CASES", tmp_path)
    (tmp_path / "trains.yaml").write_text(TRAINS)
    assert write_metrics() == []
    assert not home.exists()


def test_two_writers_take_turns_and_one_that_hangs_is_not_waited_for(
    ledger: Ledger, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(metrics_file, "_PAUSE", 0.001)
    other = os.open(home, os.O_RDONLY)
    fcntl.flock(other, fcntl.LOCK_EX)
    (problem,) = write_metrics()
    assert problem.endswith("another process was writing for too long.")
    assert not (home / "metrics.prom").exists()
    monkeypatch.setattr(time, "sleep", lambda _: fcntl.flock(other, fcntl.LOCK_UN))
    assert write_metrics() == []
    os.close(other)
    assert (home / "metrics.prom").exists()


def test_a_home_that_cannot_be_locked_is_a_sentence(
    ledger: Ledger, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_locks(*_: object) -> None:
        raise OSError(37, "No locks available")

    monkeypatch.setattr(fcntl, "flock", no_locks)
    (problem,) = write_metrics()
    assert "cannot be written: No locks available." in problem
