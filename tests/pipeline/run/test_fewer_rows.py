"""A run on many fewer rows than the live model had waits for a person, who is recorded."""

from pathlib import Path

import pytest

from perennial.store import registry
from pipeline.run.rebuild import rebuild_if_damaged
from tests.pipeline.run.scene import Scene, trained_scene
from tests.pipeline.run.scripted import Script

pytestmark = pytest.mark.usefixtures("one_digest_of_code")

FEWER = {"1": 2, "2": 2}
WHY = "half of them were tests"


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    """A root in which version 1 was trained on 27 rows of spans 1 to 3."""
    made = trained_scene(tmp_path / "home")
    for span in FEWER:
        made.land(span, "fewer rows")
    return made


def test_many_fewer_rows_are_blocked_at_every_run_and_nothing_is_trained(scene: Scene) -> None:
    for _ in range(2):
        summary = scene.run(Script(rows=FEWER, model="another"))
        assert (summary.verdict, summary.exit_code, summary.live_version) == ("DATA_BLOCKED", 3, 1)
        assert summary.reason == (
            "The window has 13 rows to train on, 52% fewer than the 27 of version 1, which is live."
            " Spans with fewer rows: 1 (2 of 9), 2 (2 of 9). Accept it."
        )
        states = {node.name: node.state for node in summary.nodes if node.span is None}
        assert (states["Window"], states["WindowGate"], states["Trainer"]) == (
            "COMPLETE",
            "FAILED",
            "SKIPPED",
        )
        assert summary.fewer_rows is not None
        assert (summary.fewer_rows.blocked, summary.fewer_rows.accepted) == (True, None)
    assert scene.alerts() == {"DATA_BLOCKED"}
    report = (scene.root / "runs" / summary.run_id / "report.txt").read_text()
    assert "`run flights --accept-fewer-rows --why ...`" in report


def test_who_accepts_them_is_recorded_and_a_rebuilt_ledger_still_knows(scene: Scene) -> None:
    summary = scene.run(Script(rows=FEWER, candidate="bad"), fewer_rows_accepted=WHY)
    assert (summary.verdict, summary.exit_code) == ("KEPT", 0)
    assert f'accepted it ("{WHY}").' in summary.reason
    assert summary.fewer_rows is not None
    assert summary.fewer_rows.accepted is not None
    with scene.ledger() as ledger:
        known = ledger.fewer_rows.last(1)
    assert known == summary.fewer_rows.accepted.model_dump()
    assert (known["version"], known["rows"], known["why"]) == (1, 13, WHY)
    (scene.root / "ledger.db").unlink()
    assert rebuild_if_damaged(scene.use_case)
    with scene.ledger() as ledger:
        assert ledger.fewer_rows.last(1) == known


def test_an_acceptance_stands_while_the_version_is_live_and_the_rows_are_not_fewer_still(
    scene: Scene,
) -> None:
    scene.run(Script(rows=FEWER, candidate="bad"), fewer_rows_accepted=WHY)
    scene.land("4")
    assert scene.run(Script(rows=FEWER, candidate="bad")).verdict == "KEPT"
    scene.land("3", "fewer still")
    assert scene.run(Script(rows=FEWER | {"3": 1, "4": 1})).verdict == "DATA_BLOCKED"


def test_an_acceptance_stands_after_a_rollback_to_the_version_that_was_live(scene: Scene) -> None:
    scene.run(Script(rows=FEWER, model="another"), fewer_rows_accepted=WHY)
    with scene.ledger() as ledger:
        registry.rollback(scene.use_case.models_folder, ledger, 1, "The other is wrong.")
    assert scene.run(Script(rows=FEWER, candidate="bad")).verdict == "KEPT"


def test_an_acceptance_that_was_not_needed_is_not_recorded(scene: Scene) -> None:
    summary = scene.run(Script(model="another"), fewer_rows_accepted=WHY)
    assert (summary.verdict, summary.fewer_rows) == ("PUSHED", None)
    with scene.ledger() as ledger:
        assert ledger.fewer_rows.last(1) is None


def test_rows_of_rejected_spans_need_no_second_decision(scene: Scene) -> None:
    for span in FEWER:
        scene.land(span)  # as they were
    scene.run()
    with scene.ledger() as ledger:
        for span in FEWER:
            ledger.spans.decide(span, "reject", "tests")
    summary = scene.run(Script(model="another"))
    assert (summary.verdict, summary.fewer_rows) == ("PUSHED", None)
    assert "Version 1 was trained on 2 spans (oldest: 1, newest: 2), which are rejected." in summary.reason


def test_with_other_settings_of_the_window_fewer_rows_are_noted_and_not_blocked(scene: Scene) -> None:
    scene.edit("{spans: 3}", "{spans: 2}")
    summary = scene.run(Script(rows=FEWER, model="another"))
    assert summary.verdict == "PUSHED"
    assert "The settings of the window were changed since, so that this was not blocked." in summary.reason


def test_max_shrink_says_how_many_may_be_gone(scene: Scene) -> None:
    scene.edit("{spans: 3}", "{spans: 3, max_shrink: 0.6}")
    assert scene.run(Script(rows=FEWER, model="another")).verdict == "PUSHED"
