"""A candidate that waits: who pushes it, when it is void, and what is left where a process is killed."""

import errno
import os
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from commands.approve.approve import approve
from commands.rollback.roll_back import roll_back
from commands.spans.decide import decide
from commands.status.status import status
from commands.status.text import status_block
from perennial import clock
from perennial.errors import Busy, CandidateVoid, LedgerDamaged, UsageError
from perennial.store import registry
from perennial.store.alerts import AlertTable
from perennial.store.candidates import CandidateTable
from perennial.store.runs import RunTable
from perennial.store.versions import VersionTable
from pipeline.run import lock, waiting
from pipeline.run.verdict_block import verdict_block
from tests.pipeline.run.scene import Scene, trained_scene
from tests.pipeline.run.scripted import Script

pytestmark = pytest.mark.usefixtures("one_digest_of_code")

FRIDAY = datetime(2030, 4, 5, 12, tzinfo=timezone.utc)
SATURDAY = FRIDAY + timedelta(days=1)
MONDAY = FRIDAY + timedelta(days=3)
NEW = "another model"


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    """Version 1 is live, a person decides about each push, and span 4 has landed."""
    made = trained_scene(tmp_path / "home")
    made.edit("label: late\n", "label: late\nschedule: {push: ask}\n")
    made.land("4")
    return made


@pytest.fixture
def frozen(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> Scene:
    """The same, but it is Saturday, on which nothing is pushed, and a candidate waits."""
    scene.edit("{push: ask}", "{freeze: [sat, sun]}")
    now(monkeypatch, SATURDAY)
    assert scene.run(Script(model=NEW)).verdict == "KEPT"
    return scene


def now(monkeypatch: pytest.MonkeyPatch, moment: datetime) -> None:
    monkeypatch.setattr(clock, "now", lambda: moment)


def live(scene: Scene) -> tuple[int, str]:
    """The live version, and its model; it is whole."""
    version = scene.live()
    if version is None:
        return 0, ""
    assert version.damage() == ""
    return version.number, (version.folder / "saved_model.pb").read_text().strip('"')


def states(scene: Scene) -> list[str]:
    """What became of each candidate that ever waited."""
    with scene.ledger() as ledger:
        rows = ledger.candidates._rows("SELECT state FROM candidates ORDER BY rowid")
        return [row["state"] for row in rows]


def unchanged(scene: Scene) -> None:
    """The next run finds nothing new, and trains nothing."""
    script = Script()
    assert scene.run(script).verdict == "NOTHING_NEW"
    assert script.passes == []


def test_a_candidate_waits_for_a_person_and_every_place_says_so(scene: Scene) -> None:
    summary = scene.run(Script(model=NEW))
    assert (summary.verdict, summary.exit_code, summary.pushed_version) == ("KEPT", 0, None)
    assert summary.reason.startswith("The candidate waits for `approve flights`: `schedule.push` is ask.")
    assert summary.candidate is not None
    assert summary.candidate.waits is True
    assert "approve flights --why" in verdict_block(summary)
    assert live(scene) == (1, "a model")
    assert "CANDIDATE_WAITS" in scene.alerts()
    content = status(scene.use_case)
    assert content["candidate_waits"]["run_id"] == summary.run_id
    assert content["candidate_waits"]["champion"] == 1
    assert status_block(content).count("ALERT CANDIDATE_WAITS") == 1
    assert status_block(content).count("passed and has waited since") == 1
    with scene.ledger() as ledger:  # as if the run had been killed before it set its alerts
        ledger.alerts.set({}, among=["CANDIDATE_WAITS"], run_id="")
    assert status_block(status(scene.use_case)).count("passed and has waited since") == 1


def test_a_candidate_that_does_not_pass_does_not_wait(scene: Scene) -> None:
    summary = scene.run(Script(candidate="bad"))
    assert summary.verdict == "KEPT"
    assert summary.candidate is not None
    assert summary.candidate.waits is False
    assert (states(scene), scene.alerts()) == ([], set())


def test_the_first_model_waits_too_and_that_is_no_failure(tmp_path: Path) -> None:
    scene = Scene(tmp_path / "home")
    scene.metadata()
    scene.edit("label: late\n", "label: late\nschedule: {push: ask}\n")
    scene.land("1")
    summary = scene.run()
    assert (summary.verdict, summary.exit_code, summary.live_version) == ("KEPT", 0, None)
    content = approve(scene.use_case, "")
    assert (content["live_version"], content["replaced_version"]) == (1, None)
    unchanged(scene)


def test_what_a_person_approves_is_live_and_the_next_run_finds_nothing_new(scene: Scene) -> None:
    run_id = scene.run(Script(model=NEW)).run_id
    content = approve(scene.use_case, "The figures are fine.")
    assert content == {
        "use_case": "flights",
        "live_version": 2,
        "replaced_version": 1,
        "run_id": run_id,
        "trained_on": ["2", "3", "4"],
    }
    assert live(scene) == (2, NEW)
    version = scene.live()
    assert version is not None
    card: Any = version.card
    assert (card["candidate_run"], card["why"], card["run_id"]) == (run_id, "The figures are fine.", "")
    assert card["approved_by"]
    with scene.ledger() as ledger:
        assert ledger.versions.all()[-1]["why"] == "The figures are fine."
    assert (states(scene), scene.alerts()) == (["pushed"], set())
    unchanged(scene)


def test_while_one_waits_a_run_with_nothing_new_trains_nothing_and_says_so(scene: Scene) -> None:
    scene.run(Script(model=NEW))
    script = Script()
    summary = scene.run(script)
    assert (summary.verdict, script.passes) == ("NOTHING_NEW", [])
    assert summary.reason.endswith(" waits for `approve flights`.")
    assert [each.kind for each in summary.warnings] == ["CANDIDATE_WAITS"]
    approve(scene.use_case, "")
    unchanged(scene)


def test_a_freeze_is_no_reason_to_train(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    scene.run(Script(model=NEW))
    approve(scene.use_case, "")
    scene.edit("{push: ask}", "{freeze: [sat, sun, 2030-12-24], timezone: Europe/Berlin}")
    now(monkeypatch, SATURDAY)
    unchanged(scene)


def test_a_newer_candidate_replaces_the_one_that_waits(scene: Scene) -> None:
    scene.run(Script(model=NEW))
    scene.land("5")
    scene.run(Script(model="a third"))
    assert states(scene) == ["replaced", "waits"]
    approve(scene.use_case, "")
    assert live(scene) == (2, "a third")


def test_a_newer_candidate_that_is_no_better_replaces_nothing(scene: Scene) -> None:
    scene.run(Script(model=NEW))
    scene.land("5")
    assert scene.run(Script(candidate="bad")).verdict == "KEPT"
    approve(scene.use_case, "")
    assert live(scene) == (2, NEW)
    unchanged(scene)


def test_a_version_that_a_run_pushes_takes_the_place_of_the_one_that_waits(scene: Scene) -> None:
    scene.run(Script(model=NEW))
    scene.edit("{push: ask}", "{push: auto}")
    scene.land("5")
    assert scene.run(Script(model="a third")).verdict == "PUSHED"
    assert (states(scene), scene.alerts()) == (["replaced"], set())


def test_a_rollback_makes_the_one_that_waits_void(scene: Scene) -> None:
    scene.publish()
    scene.run(Script(model=NEW))
    content = roll_back(scene.use_case, None, "It is wrong.")
    assert "Version 3 is live now, but the candidate was compared with version 2" in content["candidate_void"]
    assert (states(scene), scene.alerts()) == (["void"], set())
    with pytest.raises(UsageError, match=r"No candidate of flights waits.*void since.*Version 3 is live"):
        approve(scene.use_case, "")
    assert live(scene) == (3, "a model")


def test_what_waits_is_void_where_another_version_became_live(scene: Scene) -> None:
    scene.run(Script(model=NEW))
    scene.publish()
    with pytest.raises(CandidateVoid, match=r"Version 2 is live now.*Run `run flights`"):
        approve(scene.use_case, "")
    assert live(scene) == (2, "a model by hand")
    assert scene.alerts() == set()
    summary = scene.run(Script(model=NEW))
    assert (summary.verdict, states(scene)) == ("KEPT", ["void", "waits"])
    approve(scene.use_case, "")
    assert live(scene) == (3, NEW)


def test_a_run_says_that_what_waited_is_void(scene: Scene) -> None:
    run_id = scene.run(Script(model=NEW)).run_id
    scene.publish()
    assert f"The candidate of run {run_id}, which waited, is void. Version 2" in scene.run().reason


def test_what_waits_is_void_once_a_span_of_it_is_rejected(scene: Scene) -> None:
    scene.run(Script(model=NEW))
    state = decide(scene.use_case, "reject", "4", "It is wrong.")
    assert "trained on span 4, which is rejected" in state["candidate_void"]
    assert states(scene) == ["void"]


@pytest.mark.parametrize("damage", ["changed", "missing"])
@pytest.mark.parametrize("first", ["approve", "run"])
def test_a_candidate_whose_files_are_not_as_they_were_is_void_and_trained_again(
    scene: Scene, damage: str, first: str
) -> None:
    scene.run(Script(model=NEW))
    with scene.ledger() as ledger:
        candidate = ledger.candidates.waiting()
    assert candidate is not None
    file = candidate.model / "saved_model.pb"
    if damage == "changed":
        file.write_text("damaged")
    else:
        file.unlink()
        candidate.model.rmdir()
    if first == "approve":
        with pytest.raises(CandidateVoid, match=f"files .* {damage}"):
            approve(scene.use_case, "")
    script = Script(model=NEW)
    summary = scene.run(script)
    assert (summary.verdict, script.passes) == ("KEPT", [""])
    assert states(scene) == ["void", "waits"]
    approve(scene.use_case, "")
    assert live(scene) == (2, NEW)


def test_a_candidate_that_was_damaged_after_a_run_with_nothing_new_is_trained_again(scene: Scene) -> None:
    scene.run(Script(model=NEW))
    unchanged(scene)
    with scene.ledger() as ledger:
        candidate = ledger.candidates.waiting()
    assert candidate is not None
    (candidate.model / "saved_model.pb").write_text("damaged")
    assert (scene.run(Script(model=NEW)).verdict, states(scene)) == ("KEPT", ["void", "waits"])


def test_a_candidate_that_a_rejection_made_void_is_trained_again_once_that_is_taken_back(
    scene: Scene,
) -> None:
    scene.run(Script(model=NEW))
    decide(scene.use_case, "reject", "4", "It is wrong.")
    decide(scene.use_case, "accept", "4", "It is right.")
    assert (scene.run(Script(model=NEW)).verdict, states(scene)) == ("KEPT", ["void", "waits"])


def test_without_a_candidate_there_is_nothing_to_approve(tmp_path: Path) -> None:
    scene = Scene(tmp_path / "home")
    with pytest.raises(UsageError, match="No candidate of flights waits"):
        approve(scene.use_case, "")
    made = trained_scene(tmp_path / "other")
    with pytest.raises(UsageError, match="No candidate of flights waits"):
        approve(made.use_case, "")


def test_what_was_approved_cannot_be_approved_again(scene: Scene) -> None:
    scene.run(Script(model=NEW))
    approve(scene.use_case, "")
    with pytest.raises(UsageError, match="was pushed as version 2 by"):
        approve(scene.use_case, "")


def test_nothing_is_approved_while_a_run_holds_the_lock(scene: Scene) -> None:
    scene.run(Script(model=NEW))
    with lock.held(scene.root / "lock", "a run"), pytest.raises(Busy):
        approve(scene.use_case, "")
    assert (live(scene), states(scene)) == ((1, "a model"), ["waits"])


def test_on_a_day_of_the_freeze_a_candidate_waits(frozen: Scene) -> None:
    assert frozen.last_run()["reason"].startswith("The candidate waits: `schedule.freeze` has sat.")
    assert live(frozen) == (1, "a model")
    approve(frozen.use_case, "It cannot wait.")
    assert live(frozen) == (2, NEW)
    unchanged(frozen)


def test_the_first_run_after_the_freeze_pushes_it(frozen: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    unchanged(frozen)
    now(monkeypatch, MONDAY)
    script = Script()
    summary = frozen.run(script)
    assert (summary.verdict, summary.pushed_version, script.passes) == ("PUSHED", 2, [])
    assert "waited for the end of a freeze" in summary.reason
    assert (live(frozen), frozen.alerts(), states(frozen)) == ((2, NEW), set(), ["pushed"])
    unchanged(frozen)


def test_after_the_freeze_what_is_newer_goes_first(frozen: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    now(monkeypatch, MONDAY)
    frozen.land("5")
    assert frozen.run(Script(candidate="bad")).verdict == "KEPT"
    assert frozen.run().verdict == "PUSHED"
    assert live(frozen) == (2, NEW)
    unchanged(frozen)


def test_after_the_freeze_it_is_pushed_also_where_the_newest_span_is_blocked(
    frozen: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    now(monkeypatch, MONDAY)
    frozen.land("5")
    summary = frozen.run(Script(gates={"5": "BLOCK"}))
    assert (summary.verdict, summary.pushed_version) == ("DATA_BLOCKED", 2)
    assert live(frozen) == (2, NEW)


def test_what_waited_for_a_person_is_left_to_a_person(scene: Scene) -> None:
    scene.run(Script(model=NEW))
    scene.edit("{push: ask}", "{push: auto}")
    summary = scene.run()
    assert summary.verdict == "NOTHING_NEW"
    assert "`schedule.push` was ask then" in summary.warnings[0].message
    approve(scene.use_case, "")
    assert live(scene) == (2, NEW)


def test_what_waited_for_a_freeze_waits_for_a_person_once_push_is_ask(
    frozen: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    frozen.edit("{freeze: [sat, sun]}", "{freeze: [sat, sun], push: ask}")
    now(monkeypatch, MONDAY)
    summary = frozen.run()
    assert summary.verdict == "NOTHING_NEW"
    assert summary.warnings[0].message.endswith("for `approve flights`: `schedule.push` is ask.")


def test_the_schedule_starts_one_run_after_a_freeze(frozen: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    def pushable(moment: datetime) -> bool:
        with frozen.ledger() as ledger:
            start = waiting.pushable_from(frozen.use_case, ledger, moment)
            return start is not None and start <= moment

    assert not pushable(SATURDAY)
    assert pushable(MONDAY)
    unchanged(frozen)
    assert pushable(MONDAY)
    now(monkeypatch, MONDAY)
    frozen.land("5")
    assert frozen.run(Script(candidate="bad")).verdict == "KEPT"
    assert not pushable(MONDAY + timedelta(hours=1))  # a run was there, and did not push it
    frozen.publish()
    assert not pushable(MONDAY)


def test_the_days_of_the_freeze_are_those_of_its_zone(frozen: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    frozen.edit("{freeze: [sat, sun]}", "{freeze: [sat, 2030-04-07], timezone: Asia/Tokyo}")
    with frozen.ledger() as ledger:
        midnight = datetime(2030, 4, 7, 15, tzinfo=timezone.utc)  # of Monday in Tokyo
        for moment in (SATURDAY, midnight - timedelta(seconds=1), midnight):
            assert waiting.pushable_from(frozen.use_case, ledger, moment) == midnight


# Each is called at another place on the way from the candidate to the live version.
PLACES = {
    "it is staged": (registry, "sync_tree"),
    "it is renamed": (registry, "sync"),
    "the ledger has it": (VersionTable, "publish"),
    "the last run is settled": (RunTable, "settle_again"),
    "the candidate's row is settled": (CandidateTable, "note_pushed"),
    "alerts are set": (AlertTable, "set"),
}


def killed(action: Callable[[], object], place: tuple[Any, str]) -> None:
    """Does something in a child process, which is gone as a certain function is called."""
    child = os.fork()
    if not child:
        with suppress(BaseException):
            setattr(*place, lambda *_, **__: os._exit(9))
            action()
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
@pytest.mark.parametrize("after", ["run", "approve"])
def test_an_approve_that_is_killed_is_finished_or_done_again(
    scene: Scene, place: tuple[Any, str], after: str
) -> None:
    scene.run(Script(model=NEW))
    killed(lambda: approve(scene.use_case, "It is fine."), place)
    published = place[1] != "sync_tree"
    assert live(scene) == ((2, NEW) if published else (1, "a model"))
    if after == "approve":
        with suppress(UsageError):
            assert approve(scene.use_case, "It is fine.")["live_version"] == 2
        published = True
    unchanged(scene)
    assert live(scene) == ((2, NEW) if published else (1, "a model"))
    assert states(scene) == ["pushed" if published else "waits"]
    assert scene.alerts() == (set() if published else {"CANDIDATE_WAITS"})
    with scene.ledger() as ledger:
        rows = ledger.versions.all()
    assert [row["version"] for row in rows] == ([1, 2] if published else [1])
    assert not published or rows[-1]["why"] == "It is fine."


@pytest.mark.parametrize("place", [*PLACES.values(), (RunTable, "end")], ids=[*PLACES, "the run ends"])
def test_a_run_that_is_killed_as_it_pushes_after_a_freeze_is_finished_or_done_again(
    frozen: Scene, monkeypatch: pytest.MonkeyPatch, place: tuple[Any, str]
) -> None:
    now(monkeypatch, MONDAY)
    killed(frozen.run, place)
    summary = frozen.run()
    assert summary.verdict == ("PUSHED" if place[1] == "sync_tree" else "NOTHING_NEW")
    assert (live(frozen), states(frozen), frozen.alerts()) == ((2, NEW), ["pushed"], set())
    unchanged(frozen)


def test_a_damaged_live_version_does_not_train_again_what_waits_to_replace_it(frozen: Scene) -> None:
    frozen.damage()
    script = Script()
    assert (frozen.run(script).verdict, script.passes) == ("NOTHING_NEW", [])
    assert frozen.alerts() == {"CANDIDATE_WAITS", "CHAMPION_DAMAGED"}
    approve(frozen.use_case, "")
    assert (live(frozen), frozen.alerts()) == ((2, NEW), set())


def test_a_full_disk_pushes_nothing_and_the_next_try_does(
    frozen: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_folder: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    now(monkeypatch, MONDAY)
    with monkeypatch.context() as patched:
        patched.setattr(registry, "sync_tree", full)
        with pytest.raises(OSError, match="No space"):
            approve(frozen.use_case, "")
        assert frozen.run().verdict == "FAILED"
    assert (live(frozen), states(frozen)) == ((1, "a model"), ["waits"])
    assert frozen.run().verdict == "PUSHED"
    assert live(frozen) == (2, NEW)


def test_a_ledger_that_is_lost_loses_what_waits_and_the_next_run_makes_it_again(scene: Scene) -> None:
    scene.run(Script(model=NEW))
    (scene.root / "ledger.db").unlink()
    with pytest.raises(LedgerDamaged):
        approve(scene.use_case, "")
    assert scene.run(Script(model=NEW)).verdict == "KEPT"
    approve(scene.use_case, "")
    assert live(scene) == (2, NEW)
    unchanged(scene)


def test_outputs_that_were_set_aside_with_lost_metadata_are_made_again(scene: Scene) -> None:
    scene.run(Script(model=NEW))
    (scene.root / "metadata.db").unlink()
    summary = scene.run(Script(model=NEW))
    assert summary.verdict == "KEPT"
    assert "is void. Its files are missing." in summary.reason
    assert states(scene) == ["void", "waits"]


def test_after_a_run_that_failed_what_waits_is_not_trained_again(scene: Scene) -> None:
    scene.run(Script(model=NEW))
    scene.land("5")
    assert scene.run(Script(at={"Trainer": lambda: "gone"})).verdict == "FAILED"
    decide(scene.use_case, "reject", "5", "It is wrong.")
    unchanged(scene)


def test_a_run_that_is_killed_before_its_candidate_is_recorded_trains_again(scene: Scene) -> None:
    killed(lambda: scene.run(Script(model=NEW)), (CandidateTable, "wait"))
    script = Script(model=NEW)
    assert scene.run(script).verdict == "KEPT"
    assert (script.passes, states(scene)) == ([""], ["waits"])  # in a real chain a cache hit up to the probe


def test_a_run_that_is_killed_after_its_candidate_is_recorded_ended_kept(scene: Scene) -> None:
    killed(lambda: scene.run(Script(model=NEW)), (RunTable, "end"))
    unchanged(scene)
    with scene.ledger() as ledger:
        assert [run["verdict"] for run in ledger.runs.last(2)] == ["NOTHING_NEW", "KEPT"]
    assert scene.alerts() == {"CANDIDATE_WAITS"}
    approve(scene.use_case, "")
    assert live(scene) == (2, NEW)
    unchanged(scene)


def test_what_a_killed_run_left_waiting_can_be_approved_before_the_next_run(scene: Scene) -> None:
    killed(lambda: scene.run(Script(model=NEW)), (RunTable, "end"))
    approve(scene.use_case, "")
    assert live(scene) == (2, NEW)
    unchanged(scene)


def test_the_files_of_what_waits_outlive_a_killed_run(scene: Scene) -> None:
    scene.run(Script(model=NEW))
    scene.land("5")
    killed(lambda: scene.run(Script(model="a third", published=lambda: os._exit(9))), (RunTable, "end"))
    assert scene.run(Script(candidate="bad")).verdict == "KEPT"
    approve(scene.use_case, "")
    assert live(scene) == (2, NEW)


def test_a_live_version_that_became_another_in_the_last_moment_stays(
    frozen: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    now(monkeypatch, MONDAY)
    former = waiting.may_push

    def overtaken(*arguments: Any) -> bool:
        frozen.publish()
        return former(*arguments)

    with monkeypatch.context() as patched:
        patched.setattr(waiting, "may_push", overtaken)
        summary = frozen.run()
    assert (summary.verdict, summary.pushed_version) == ("NOTHING_NEW", None)
    assert "is void. Version 2 is live now" in summary.reason
    assert live(frozen) == (2, "a model by hand")
    assert frozen.run(Script(model=NEW)).verdict == "PUSHED"  # it is compared again, and Monday


def test_a_stale_live_version_does_not_train_again_what_waits_to_replace_it(scene: Scene) -> None:
    decide(scene.use_case, "reject", "3", "It is wrong.")
    killed(lambda: scene.run(Script(model=NEW)), (RunTable, "end"))
    unchanged(scene)
    assert "approve flights" in status(scene.use_case)["live_stale"]
    approve(scene.use_case, "")
    unchanged(scene)
    assert status(scene.use_case)["live_stale"] is None
