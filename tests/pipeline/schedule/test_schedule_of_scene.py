"""The schedule over a real ledger and real exports: what is recorded, what is seen, what each run reads."""

import sqlite3
from contextlib import closing
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from perennial import clock
from perennial.errors import UsageError
from perennial.store.ledger import Ledger
from pipeline import config
from pipeline.run import lock, schedule_alerts
from pipeline.run.through import check_through
from pipeline.schedule.standing import schedule_standing
from pipeline.schedule.waiting_spans import spans_to_read_through
from pipeline.schedule.watched import ScheduleLook, Watched
from pipeline.triggers import Trigger
from tests.pipeline.run.scene import YAML, Scene, trained_scene
from tests.pipeline.run.scripted import Script

pytestmark = pytest.mark.usefixtures("one_digest_of_code")

NOW = datetime(2013, 4, 1, 12, tzinfo=timezone.utc)


class Time:
    """The clock of a test."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    made = Time()
    monkeypatch.setattr(clock, "now", made)
    return made


@pytest.fixture
def yaml(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of the use case's settings, in a folder of its own."""
    monkeypatch.setattr(config, "USE_CASES", tmp_path)
    monkeypatch.setenv("PERENNIAL_HOME", str(tmp_path / "home"))
    path = tmp_path / "flights.yaml"
    path.write_text(f"{YAML}\nschedule: {{cron: '30 5 * * *', on_new_export: 1m, retry: [5m]}}\n")
    return path


@pytest.fixture
def scene(tmp_path: Path, yaml: Path, time: Time) -> Scene:
    return trained_scene(tmp_path / "home")


def trigger(look: ScheduleLook) -> str | None:
    assert look.problem == ""
    return look.decision.trigger if look.decision else None


def standing(scene: Scene) -> dict[str, Any]:
    answer = schedule_standing(config.load("flights"))
    assert answer is not None
    return answer


def began(scene: Scene, run_id: str, trigger: Trigger) -> None:
    """A run begins, as the ledger has it."""
    with scene.ledger() as ledger:
        ledger.runs.begin(run_id, trigger)


def ended(scene: Scene, run_id: str, verdict: str = "NOTHING_NEW") -> None:
    with scene.ledger() as ledger:
        ledger.runs.end(run_id, verdict, 0, "It has ended.", "")


def test_new_exports_are_seen_once_the_interval_has_passed(scene: Scene, time: Time) -> None:
    watched = Watched("flights")
    first = watched.look()
    assert trigger(first) == "new_export"  # what lay there when a scheduled run began is not known
    began(scene, "1", "new_export")
    ended(scene, "1")
    watched.settle(first, 0)
    scene.land("4")
    assert trigger(watched.look()) is None
    time.now += timedelta(minutes=1)
    look = watched.look()
    assert trigger(look) == "new_export"
    watched.settle(look, 5)  # BUSY: another run was quicker, and nobody knows what it read
    time.now += timedelta(minutes=1)
    look = watched.look()
    assert trigger(look) == "new_export"
    began(scene, "2", "new_export")
    ended(scene, "2")
    watched.settle(look, 0)
    time.now += timedelta(minutes=1)
    assert trigger(watched.look()) is None


def test_what_a_run_read_that_was_killed_with_the_schedule_waits_for_the_retry(
    scene: Scene, time: Time
) -> None:
    watched = Watched("flights")
    watched.settle(watched.look(), 2)  # it never began
    time.now += timedelta(minutes=5)
    look = Watched("flights").look()
    assert trigger(look) == "new_export"  # so that it has read nothing
    began(scene, "1", "new_export")  # and all processes are killed
    time.now += timedelta(minutes=1)
    assert trigger(Watched("flights").look()) is None
    time.now += timedelta(minutes=4)
    assert trigger(Watched("flights").look()) == "retry"


def test_a_time_that_a_killed_run_settled_stays_so_once_another_run_is_recorded(
    scene: Scene, time: Time
) -> None:
    began(scene, "1", "new_export")
    ended(scene, "1")
    Watched("flights").look()  # the cron line is seen
    time.now = datetime(2013, 4, 2, 5, 30, tzinfo=timezone.utc)
    assert trigger(Watched("flights").look()) == "cron"
    began(scene, "2", "cron")  # and all processes are killed
    time.now += timedelta(minutes=6)
    watched = Watched("flights")
    look = watched.look()
    assert trigger(look) == "retry"
    began(scene, "3", "retry")
    ended(scene, "2", "FAILED")
    ended(scene, "3")
    watched.settle(look, 0)
    time.now += timedelta(minutes=6)
    assert trigger(Watched("flights").look()) is None


def test_times_that_pass_during_a_run_of_the_schedule_are_skipped(scene: Scene, time: Time) -> None:
    began(scene, "1", "new_export")
    ended(scene, "1")
    Watched("flights").look()  # the cron line is seen
    time.now = datetime(2013, 4, 2, 5, 30, tzinfo=timezone.utc)
    watched = Watched("flights")
    look = watched.look()
    assert trigger(look) == "cron"
    began(scene, "2", "cron")
    time.now += timedelta(days=2, minutes=10)
    ended(scene, "2")
    watched.settle(look, 0)
    assert trigger(Watched("flights").look()) is None
    assert standing(scene)["skipped"] == 2
    assert standing(scene)["next"] == "2013-04-05T05:30:00Z"


def test_a_look_is_needed_only_if_something_may_have_changed(scene: Scene, yaml: Path, time: Time) -> None:
    watched = Watched("flights")
    assert watched.needs_look()
    watched.settle(watched.look(), 0)
    assert watched.needs_look()  # the ledger has changed
    watched.look()
    assert not watched.needs_look()
    time.now += timedelta(seconds=61)
    assert watched.needs_look()
    watched.look()
    time.now -= timedelta(days=1)
    assert watched.needs_look()
    watched.look()
    yaml.write_text(yaml.read_text() + "\n")
    assert watched.needs_look()
    watched.look()
    with lock.held(scene.root / "lock", "a run"):
        with closing(Ledger(scene.root / "ledger.db")) as ledger:
            ledger.runs.begin("a run", "manual")
        assert watched.needs_look()
        watched.look()
    assert watched.needs_look()  # a run that is killed leaves no trace


def test_a_broken_config_opens_an_alert_that_closes_when_it_loads(scene: Scene, yaml: Path) -> None:
    watched = Watched("flights")
    good = yaml.read_text()
    yaml.write_text(good.replace("30 5 * * *", "30 25 * * *"))
    look = watched.look()
    assert (look.exit_code, look.decision) == (2, None)
    assert "flights.yaml" in look.problem
    watched.look()
    assert scene.alerts() == {schedule_alerts.CONFIG_BROKEN}
    yaml.write_text(good)
    assert trigger(watched.look())
    assert not scene.alerts()


def test_a_run_by_hand_closes_the_alert_of_a_config_that_is_no_longer_scheduled(
    scene: Scene, yaml: Path
) -> None:
    yaml.write_text(f"{YAML}\nschedule: {{cron: '30 25 * * *'}}\n")
    Watched("flights").look()
    yaml.write_text(YAML)
    scene.run(Script())
    assert not scene.alerts()


@pytest.mark.parametrize("what", ["damaged", "locked", "exports"])
def test_what_cannot_be_read_is_a_problem_and_the_next_look_goes_on(
    scene: Scene, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    watched = Watched("flights")
    path = scene.root / "ledger.db"
    content = path.read_bytes()
    exports = scene.use_case.exports_folder
    if what == "damaged":
        path.write_bytes(b"no database" * 1000)
    elif what == "exports":
        exports.rename(exports.with_name("aside"))
        exports.write_text("a file")
    else:

        def locked(*_: Any, **__: Any) -> None:
            raise sqlite3.OperationalError("database is locked")

        monkeypatch.setattr("pipeline.schedule.watched.opened", locked)
    look = watched.look()
    assert look.problem
    assert look.exit_code == 1
    assert watched.needs_look()
    monkeypatch.undo()
    monkeypatch.setattr(config, "USE_CASES", path.parents[2])
    monkeypatch.setenv("PERENNIAL_HOME", str(scene.use_case.home))
    if what == "exports":
        exports.unlink()
        exports.with_name("aside").rename(exports)
    path.write_bytes(content)
    assert not watched.look().problem


def test_a_killed_run_is_retried_after_its_lock_is_free(scene: Scene, time: Time) -> None:
    watched = Watched("flights")
    watched.settle(watched.look(), 0)
    with lock.held(scene.root / "lock", "killed"):
        with closing(Ledger(scene.root / "ledger.db")) as ledger:
            ledger.runs.begin("killed", "cron")
        time.now += timedelta(hours=2)
        assert trigger(watched.look()) is None
    assert trigger(watched.look()) == "retry"


def test_a_run_that_could_not_start_settles_nothing_and_is_tried_again(scene: Scene, time: Time) -> None:
    watched = Watched("flights")
    watched.settle(watched.look(), 0)
    scene.land("4")
    time.now += timedelta(minutes=1)
    for wait in (5, 5):
        look = watched.look()
        assert trigger(look) == "new_export"
        watched.settle(look, 2, 1, "The schema is broken.")
        assert scene.alerts() == {"FAILED"}
        assert watched.needs_look()
        assert trigger(watched.look()) is None
        assert watched.wakes_at() == time.now + timedelta(minutes=1)  # the exports
        time.now += timedelta(minutes=wait)
        assert watched.needs_look()
    look = watched.look()
    with scene.ledger() as ledger:
        ledger.runs.begin("killed", "new_export")
    watched.settle(look, 1, 1, "The run was killed by SIGKILL.")
    time.now += timedelta(minutes=5)
    assert trigger(watched.look()) == "retry"


def test_a_run_that_may_not_start_any_more_is_decided_anew(scene: Scene, yaml: Path) -> None:
    watched = Watched("flights")
    good = yaml.read_text()
    assert trigger(watched.look()) == "new_export"
    with lock.held(scene.root / "lock", "approve"):
        assert not watched.may_start()
    assert watched.needs_look()
    watched.look()
    yaml.write_text(good.replace("30 5 * * *", "30 25 * * *"))  # while others run
    assert not watched.may_start()
    assert watched.needs_look()
    yaml.write_text(good)
    watched.look()
    assert watched.may_start()


def test_ticks_pauses_and_counts_are_in_the_standing(scene: Scene, time: Time) -> None:
    watched = Watched("flights")
    watched.settle(watched.look(), 0)
    assert standing(scene)["next"] == "2013-04-02T05:30:00Z"
    time.now += timedelta(days=3)
    look = watched.look()
    assert trigger(look) == "catch_up"
    watched.settle(look, 0)
    with scene.ledger() as ledger:
        ledger.ticks.pause("holidays")
        with pytest.raises(UsageError, match="paused already: since"):
            ledger.ticks.pause("again")
        assert [outcome for outcome in ledger.ticks.outcomes(None).values()] == [
            "missed",
            "missed",
            "catch_up",
        ]
    paused = standing(scene)
    assert (paused["missed"], paused["next"], paused["daemon"]) == (2, None, None)
    assert paused["paused"]["why"] == "holidays"
    time.now += timedelta(days=2)
    assert trigger(watched.look()) is None
    with scene.ledger() as ledger:
        ledger.ticks.resume("back")
        with pytest.raises(UsageError, match="not paused"):
            ledger.ticks.resume("again")
    look = watched.look()
    assert trigger(look) == "catch_up"
    watched.settle(look, 1)
    assert trigger(watched.look()) is None


def test_no_more_than_a_thousand_ticks_are_kept(scene: Scene) -> None:
    with scene.ledger() as ledger:
        ledger.ticks.record({NOW + timedelta(hours=n): "missed" for n in range(1200)})
        assert ledger.ticks.counts() == {"missed": 1000}
        assert min(ledger.ticks.outcomes(None)) == NOW + timedelta(hours=200)


def test_an_edited_cron_line_counts_from_its_first_look_on(scene: Scene, yaml: Path, time: Time) -> None:
    watched = Watched("flights")
    look = watched.look()
    began(scene, "1", "new_export")
    ended(scene, "1")
    watched.settle(look, 0)
    time.now += timedelta(hours=6)
    yaml.write_text(yaml.read_text().replace("30 5 * * *", "0 13 * * *"))
    assert trigger(watched.look()) is None
    assert standing(scene)["next"] == "2013-04-02T13:00:00Z"


def through(scene: Scene) -> list[str]:
    with scene.ledger() as ledger:
        return spans_to_read_through(scene.use_case, ledger)


def test_each_new_span_gets_a_run_oldest_first_and_never_less_than_is_in_use(scene: Scene) -> None:
    assert through(scene) == []
    scene.land("5")
    assert through(scene) == []  # one run of all is the same
    scene.land("4")
    assert through(scene) == ["4", "5"]
    scene.land("1", "corrected")
    assert through(scene) == ["3", "4", "5"]
    script = Script()
    assert scene.run(script, through="3").verdict == "PUSHED"
    assert script.passes[0] == "1"
    assert "4" not in script.passes
    script = Script()
    summary = scene.run(script, through="4")
    assert script.passes == ["4", ""]
    assert [span.span for span in summary.spans] == ["4"]
    assert through(scene) == []
    script = Script()
    scene.run(script)
    assert script.passes == ["5", ""]


def test_a_run_up_to_a_span_trains_on_nothing_after_it(scene: Scene) -> None:
    scene.land("4")
    scene.run()
    scene.land("2", "corrected")
    script = Script()
    summary = scene.run(script, fewer_rows_accepted="A test.", through="2")
    assert script.passes == ["1", "2", ""]  # the rows of 1 were pruned when 4 was in the window
    assert summary.trained_on is not None
    assert list(summary.trained_on.spans) == ["1", "2"]


@pytest.mark.parametrize(("span", "words"), [("x1", "expected a span such as 7"), ("9", "has no span '9'")])
def test_an_unknown_span_is_a_usage_error(scene: Scene, span: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        check_through(scene.use_case, span)
    check_through(scene.use_case, "2")
