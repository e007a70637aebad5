"""Which spans of a run are scored by the live model, what is recorded of it, and that it fails no run."""

from dataclasses import replace
from pathlib import Path

import pytest

from perennial.store import registry
from perennial.store.predictions import RecordedPredictions
from pipeline.run.rebuild import rebuild_if_damaged
from tests.pipeline.run.scene import Scene, trained_scene
from tests.pipeline.run.scripted import Script

pytestmark = pytest.mark.usefixtures("one_digest_of_code")


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    """Version 1 was trained on spans 1 to 3, and is live."""
    return trained_scene(tmp_path / "home")


def _recorded(scene: Scene) -> list[RecordedPredictions]:
    with scene.ledger() as ledger:
        return ledger.predictions.all()


def _digest(scene: Scene) -> str:
    live = scene.live()
    assert live is not None
    return registry.model_digest(live.folder)


def test_a_span_is_scored_by_what_is_live_when_it_is_read(scene: Scene) -> None:
    assert _recorded(scene) == []  # nothing was live when spans 1 to 3 were read
    first = _digest(scene)
    scene.land("4")
    assert scene.run(Script(model="another")).verdict == "PUSHED"
    ((made),) = _recorded(scene)
    assert (made.span, made.model, made.absent) == ("4", first, "")
    assert Path(made.uri).parent == scene.root / "artifacts" / "LivePredictions" / "predictions"
    assert _digest(scene) != first


def test_after_a_push_no_span_is_judged_or_scored_again(scene: Scene) -> None:
    script = Script()
    assert scene.run(script).verdict == "NOTHING_NEW"
    assert script.passes == []


def test_of_content_that_is_read_again_the_predictions_of_the_model_stay_that_scored_it_last(
    scene: Scene,
) -> None:
    scene.land("4")
    scene.run(Script(candidate="bad"))
    first = _digest(scene)
    scene.publish()
    scene.edit("time_column: sched_dep", "time_column: sched_dep, max_bad_share: 0.0005")
    scene.run(Script(candidate="bad"))
    other = _digest(scene)
    assert [each.model for each in _recorded(scene) if each.span == "4"] == [other]
    scene.roll_back()
    with scene.ledger() as ledger:
        registry.rollback(scene.use_case.models_folder, ledger, 1, "That one was right.")
    assert _digest(scene) == first
    scene.edit("max_bad_share: 0.0005", "max_bad_share: 0.0006")
    scene.run(Script(candidate="bad"))
    assert [each.model for each in _recorded(scene) if each.span == "4"] == [first]


def test_a_model_that_cannot_score_is_named_once_with_its_spans_and_fails_no_run(scene: Scene) -> None:
    for span in ("4", "5"):
        scene.land(span)
    summary = scene.run(Script(model="another", absent="it answers another task"))
    assert summary.verdict == "PUSHED"
    sentence = (
        "The live model (version 1) could not score 2 spans (oldest: 4, newest: 5) and counts as absent"
        " there: it answers another task."
    )
    assert summary.reason.count(sentence) == 1
    assert [each.absent for each in _recorded(scene)] == ["it answers another task"] * 2


def test_a_damaged_model_is_not_asked(scene: Scene) -> None:
    scene.damage()
    scene.land("4")
    scene.run(Script(gates={"4": "BLOCK"}, candidate="bad"))
    assert _recorded(scene) == []
    assert "CHAMPION_DAMAGED" in scene.alerts()


def test_damaged_predictions_are_removed_and_forgotten(scene: Scene) -> None:
    scene.land("4")
    scene.run(Script(candidate="bad"))
    (made,) = _recorded(scene)
    (Path(made.uri) / "predictions.json").write_text("{}")
    scene.land("5")
    summary = scene.run(Script(candidate="bad"))
    assert "LivePredictions/predictions/1" in summary.reason
    assert [each.span for each in _recorded(scene)] == ["5"]


def test_a_ledger_that_is_lost_is_rebuilt_with_them_but_for_damaged_ones(scene: Scene) -> None:
    for span in ("4", "5"):
        scene.land(span)
    scene.run(Script(candidate="bad"))
    before, damaged = _recorded(scene)
    (Path(damaged.uri) / "predictions.json").write_text("{")
    (scene.root / "ledger.db").unlink()
    assert "is missing" in rebuild_if_damaged(scene.use_case)
    (after,) = _recorded(scene)
    assert replace(after, at="") == replace(before, at="")
