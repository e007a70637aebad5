"""`training.refit`: what a run trains anew, publishes and says; what the next run compares with."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from commands.approve.approve import approve
from perennial.store.registry import Version
from perennial.store.twins import twin_of
from perennial.training.starting_point import StartingPoint
from pipeline.execution.messages import Failure
from pipeline.plan import WindowPlan
from pipeline.run.live_rows import live_rows
from pipeline.summary import Summary
from tests.pipeline.run.scene import Scene
from tests.pipeline.run.scripted import Script


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    """A root with three spans that nothing was trained on, of a use case that refits."""
    made = Scene(tmp_path)
    made.edit("training:\n", "training:\n  refit: true\n")
    made.metadata()
    for span in ("1", "2", "3"):
        made.land(span)
    return made


def _live(scene: Scene) -> tuple[Version, dict[str, Any], str]:
    """The live version, its card, and the content of its model."""
    live = scene.live()
    assert live is not None
    return live, dict(live.card or {}), json.loads((live.folder / "saved_model.pb").read_text())


def _warnings(scene: Scene) -> Iterator[str]:
    with scene.ledger() as ledger:
        for alert in ledger.alerts.open():
            yield f"{alert['kind']}: {alert['message']}"


def test_what_passed_is_trained_anew_on_all_rows_and_that_is_published(scene: Scene) -> None:
    script = Script()
    summary = scene.run(script)
    assert (summary.verdict, script.following) == ("PUSHED", ["RefitPlan", "PublishPlan"])
    assert summary.refit is not None
    assert summary.trained_on is not None
    assert (summary.trained_on.rows, summary.refit.trained_on.rows) == (27, 30)
    assert "It was trained anew on 30 rows through 2013-03-31" in summary.reason
    assert summary.reasons[-1].check == "refit"
    live, card, content = _live(scene)
    assert content == "a refit model"
    assert (card["trained_on"]["rows"], card["refit"]["judged"]["trained_on"]["rows"]) == (30, 27)
    twin = twin_of(live)
    assert twin is not None
    assert (twin.damage(), json.loads((twin.folder / "saved_model.pb").read_text())) == ("", "a model")
    assert scene.alerts() == set()
    assert scene.run().verdict == "NOTHING_NEW"


def test_a_refit_begins_cold_where_its_judged_model_did(scene: Scene) -> None:
    scene.edit("training:\n", "training:\n  start: warm\n")
    script = Script(why_cold="Version 3 learned from rows of span 2 that judge this candidate.")
    summary = scene.run(script)
    (refit,) = script.refits
    assert StartingPoint.from_json(refit.start).why_cold == script.why_cold
    assert f"Training began cold, not warm. {script.why_cold}" in summary.reason


def test_a_refit_that_does_not_agree_is_not_published_and_an_alert_says_so(scene: Scene) -> None:
    summary = scene.run(Script(agrees=False))
    assert summary.verdict == "PUSHED"
    assert "The refit model does not agree." in summary.reason
    live, card, content = _live(scene)
    assert (content, card["refit"]["judged"], card["trained_on"]["rows"]) == ("a model", None, 27)
    assert twin_of(live) is None
    assert list(_warnings(scene)) == ["REFIT_DISAGREES: Version 1: The refit model does not agree."]
    scene.land("4")
    assert scene.run(Script(model="next", refit="next refit")).verdict == "PUSHED"
    assert scene.alerts() == set()


def test_a_refit_that_waits_for_a_person_is_published_with_its_twin(scene: Scene) -> None:
    scene.edit("label: late\n", "label: late\nschedule: {push: ask}\n")
    summary = scene.run()
    assert (summary.verdict, scene.live()) == ("KEPT", None)
    assert "It was trained anew on 30 rows through 2013-03-31" in summary.reason
    approve(scene.use_case, "")
    live, card, content = _live(scene)
    twin = twin_of(live)
    assert (content, card["trained_on"]["rows"]) == ("a refit model", 30)
    assert twin is not None
    assert twin.damage() == ""
    assert scene.run().verdict == "NOTHING_NEW"


def test_a_candidate_that_did_not_pass_is_neither_refit_nor_probed(scene: Scene) -> None:
    script = Script(candidate="bad")
    summary = scene.run(script)
    assert (summary.verdict, script.following) == ("NO_MODEL", [])
    skipped = {node.name: node.why for node in summary.nodes if node.state == "SKIPPED"}
    names = {"RefitWindow", "RefitTransform", "RefitTrainer", "Agreement", "ServingProbe", "AtomicPusher"}
    assert set(skipped) == names
    assert set(skipped.values()) == {"the Evaluator did not bless the candidate"}
    assert summary.probe is not None
    assert summary.probe.verdict == "NOT_PROBED"
    assert summary.refit is None


def _next_run(scene: Scene, span: str) -> tuple[WindowPlan, Summary]:
    """A run with one more span: what its judging part was given, and what it says."""
    scene.land(span)
    script = Script(model=f"next {span}", refit=f"next {span} refit")
    summary = scene.run(script)
    (window,) = script.windows
    return window, summary


def test_the_next_candidate_is_compared_with_the_twin_as_long_as_that_is_there(scene: Scene) -> None:
    scene.run()
    with scene.ledger() as ledger:
        rows = live_rows(scene.live(), ledger, scene.use_case, [])
    assert (rows.rows, rows.spans) == (27, {"1": 9, "2": 9, "3": 9})  # those of the judged candidate
    live, card, _ = _live(scene)
    first = twin_of(live)
    window, _ = _next_run(scene, "4")
    assert first is not None
    assert (window.champion, window.twin, window.twin_digest) == (1, str(first.folder), first.digest)
    assert window.champion_digest == card["model_digest"] != first.digest
    second = twin_of(_live(scene)[0])
    scene.roll_back()  # version 4 restores version 2, and has its twin
    restored = twin_of(_live(scene)[0])
    assert second is not None
    assert restored is not None
    assert (restored.version, restored.folder) == (4, second.folder)
    (second.folder / "saved_model.pb").write_text("damaged, so that the run removes it")
    window, summary = _next_run(scene, "5")
    assert (window.twin, window.champion) == ("", 4)
    assert "The twin of version 4 is missing." in summary.reason


def test_turning_refit_on_is_a_reason_to_run_and_to_publish(scene: Scene) -> None:
    scene.edit("  refit: true\n", "")
    script = Script()
    summary = scene.run(script)
    assert (summary.verdict, script.following, summary.refit) == ("PUSHED", ["PublishPlan"], None)
    _, card, content = _live(scene)
    assert (content, "refit" in card) == ("a model", False)
    scene.edit("training:\n", "training:\n  refit: true\n")
    assert scene.run().verdict == "PUSHED"
    assert _live(scene)[2] == "a refit model"


@pytest.mark.parametrize("node", ["Trainer", "RefitTrainer", "ServingProbe"])
def test_a_part_that_fails_fails_the_run_and_nothing_is_published(scene: Scene, node: str) -> None:
    failure = Failure(kind="node_failed", problem="It raised ValueError.", remedy="See the log.")
    summary = scene.run(Script(at={node: lambda: failure}))
    assert summary.verdict == "FAILED"
    assert f"{node} failed on" in summary.reason
    last = next(each for each in summary.nodes if each.name == "AtomicPusher")
    assert (last.state, last.why) == ("SKIPPED", "an earlier node failed")
    assert scene.live() is None
    assert scene.run().verdict == "PUSHED"
