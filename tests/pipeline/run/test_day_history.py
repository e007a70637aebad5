"""The summaries of days: recorded with a judgement, made later where there are none, no reason to run."""

import shutil
from pathlib import Path

import pytest

from perennial import clock
from perennial.store.span_version import DAYS_LOST
from pipeline.execution.messages import Failure
from pipeline.run.day_history import versions_of_history
from tests.pipeline.run.scene import Scene
from tests.pipeline.run.scripted import Script


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    """Spans 1 to 3 were read and trained on."""
    made = Scene(tmp_path / "home")
    made.metadata()
    for span in ("1", "2", "3"):
        made.land(span)
    assert made.run().verdict == "PUSHED"
    return made


def days(scene: Scene) -> dict[str, str]:
    """What the ledger has of the days of each span, without the root."""
    with scene.ledger() as ledger:
        versions = {name: ledger.spans.current(name) for name in sorted(ledger.spans.names())}
    return {
        name: version.days.removeprefix(f"{scene.root}/") for name, version in versions.items() if version
    }


def forget(scene: Scene, *spans: str) -> None:
    """As of a root whose spans were read before there were summaries."""
    with scene.ledger() as ledger:
        for span in spans:
            version = ledger.spans.current(span)
            assert version
            shutil.rmtree(version.days)
            ledger.outputs.forget(version.days)
            ledger.spans.note_days(version, "")


def test_a_judgement_records_the_summaries_of_the_span_s_days(scene: Scene) -> None:
    assert days(scene) == {str(number): f"artifacts/DaySummaries/days/{number}" for number in (1, 2, 3)}


def test_a_span_without_summaries_gets_them_once_there_is_something_to_do(scene: Scene) -> None:
    forget(scene, "1", "3")
    nothing = Script()
    assert scene.run(nothing).verdict == "NOTHING_NEW"
    assert (nothing.summarised, days(scene)["1"]) == ([], "")
    scene.land("4")
    script = Script()
    summary = scene.run(script)
    assert script.summarised == ["1", "3"]
    assert [name for name in script.passes if name] == ["4"]
    assert [each.span for each in summary.spans] == ["4"]
    assert [(each.span, each.name) for each in summary.nodes][:2] == [
        ("1", "DaySummaries"),
        ("3", "DaySummaries"),
    ]
    assert all(days(scene).values())
    assert scene.run().verdict == "NOTHING_NEW"


def test_damaged_summaries_are_made_again_and_the_span_stays_in_use(scene: Scene) -> None:
    (scene.root / days(scene)["2"] / "days.json").write_text("damage")
    assert scene.run().verdict == "NOTHING_NEW"
    scene.land("4")
    script = Script()
    summary = scene.run(script)
    assert script.summarised == ["2"]
    assert "DaySummaries/days/2" in summary.reason
    assert summary.trained_on is not None
    assert summary.trained_on.spans == ("2", "3", "4")


def test_a_run_that_is_killed_while_it_fills_them_in_goes_on_with_the_next(scene: Scene) -> None:
    forget(scene, "1", "2")
    scene.land("4")
    died = Failure(kind="node_failed", problem="It was killed.", remedy="Run again.")
    summary = scene.run(Script(at={"DaySummaries": lambda: died}))
    assert (summary.verdict, "on the days of span 1" in summary.reason) == ("FAILED", True)
    script = Script()
    assert scene.run(script).verdict == "PUSHED"
    assert script.summarised == ["1", "2"]


def test_days_of_pruned_rows_are_reported_once(scene: Scene) -> None:
    scene.land("4")
    scene.run(Script(model="b"))
    scene.land("5")
    scene.run(Script(model="c"))
    with scene.ledger() as ledger:
        first = ledger.spans.current("1")
    assert first
    assert first.pruned
    assert Path(first.days).is_dir()
    forget(scene, "1")
    scene.land("6")
    assert "the days of span 1 have no summaries" in scene.run(Script(model="d")).reason
    assert days(scene)["1"] == DAYS_LOST
    scene.land("7")
    script = Script(model="e")
    assert "have no summaries" not in scene.run(script).reason
    assert script.summarised == []


def test_the_history_counts_back_from_the_newest_span(scene: Scene) -> None:
    with scene.ledger() as ledger:
        for span in ("2011-11", "2012-01", "2013-01"):
            version = ledger.spans.arrive(span, span)
            ledger.spans.judge(version, "OK", [], rows=1, quarantined=0, judged_with="j", run_id="r")
        known = [version.span for version in versions_of_history(scene.use_case, ledger, clock.now())]
    # Of the first three, whose names stand for no days, counts when they arrived.
    assert {"1", "2", "3", "2012-01", "2013-01"} <= set(known)
    assert "2011-11" not in known
