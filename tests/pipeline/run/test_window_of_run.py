"""Which spans a run trains on: the newest so many, all, or those since one; never two versions of one."""

import random
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

from commands.span_states import span_states
from perennial import clock
from perennial.store.ledger import Ledger
from perennial.store.span_version import Verdict
from pipeline import config
from pipeline.run.in_use import newest_in_use
from pipeline.summary import Summary
from tests.pipeline.run.scene import YAML, Scene
from tests.pipeline.run.scripted import Script

SPANS = ["2", "3", "8", "9", "10"]
VERDICTS: list[Verdict] = ["OK", "WARN", "BLOCK", "REFUSED"]


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    """A root in which five spans have landed; the window of its YAML is 3 spans."""
    made = Scene(tmp_path / "home")
    made.metadata()
    for span in SPANS:
        made.land(span)
    return made


def _trained_on(summary: Summary) -> list[str]:
    assert summary.trained_on is not None
    return list(summary.trained_on.spans)


def test_all_spans_are_trained_on(scene: Scene) -> None:
    scene.edit("spans: 3", "spans: all")
    assert _trained_on(scene.run()) == SPANS


def test_all_since_a_span_are_trained_on_and_no_other_is_read(scene: Scene) -> None:
    scene.edit("spans: 3", "since: 8")
    script = Script()
    assert _trained_on(scene.run(script)) == ["8", "9", "10"]
    assert script.passes == ["8", "9", "10", ""]


def test_both_bounds_count(scene: Scene) -> None:
    scene.edit("spans: 3", "spans: 2, since: 3")
    assert _trained_on(scene.run()) == ["9", "10"]


def test_a_window_that_becomes_all_takes_the_older_spans_in(scene: Scene) -> None:
    assert _trained_on(scene.run()) == ["8", "9", "10"]
    scene.edit("spans: 3", "spans: all")
    script = Script()
    assert _trained_on(scene.run(script)) == SPANS
    assert script.passes[:2] == ["2", "3"]


def test_a_window_that_ends_later_is_no_loss_of_rows(scene: Scene) -> None:
    """The person changed the setting: many fewer rows are what it asks for."""
    scene.run()
    scene.edit("spans: 3", "spans: 3, since: 10")
    summary = scene.run()
    assert (summary.verdict, _trained_on(summary)) == ("PUSHED", ["10"])
    assert summary.fewer_rows is not None
    assert not summary.fewer_rows.blocked


def test_nothing_since_the_first_span_is_named_as_the_setting(scene: Scene) -> None:
    scene.edit("spans: 3", "since: 11")
    summary = scene.run()
    assert summary.verdict == "NO_MODEL"
    assert "No accepted export since span 11 (`window.since`)" in summary.reason


def test_a_span_before_the_first_one_says_which_setting_keeps_it_out(scene: Scene) -> None:
    scene.edit("spans: 3", "spans: 2, since: 8")
    scene.run()
    with scene.ledger() as ledger:
        reasons = {state["span"]: " ".join(state["reasons"]) for state in span_states(scene.use_case, ledger)}
    assert "(`window.since` is 8)" in reasons["3"]
    assert "(`window.spans` is 2)" in reasons["8"]


def test_only_gaps_since_the_first_span_count(scene: Scene) -> None:
    scene.edit("span: number", "span: number, years: 1")
    scene.edit("spans: 3", "since: 8")
    assert scene.run().warnings == ()
    scene.edit("since: 8", "spans: all")
    assert [each.kind for each in scene.run().warnings] == ["SPAN_MISSING"]


@pytest.mark.parametrize("seed", range(5))
def test_a_window_never_has_two_versions_of_one_span(seed: int) -> None:
    """Whatever arrives, is refused, blocked, rejected and accepted."""
    dice = random.Random(seed)
    text = YAML.replace("spans: 3", "spans: all")
    use_case = config.parse(text, name="flights", home=Path("unused"), source="flights.yaml")
    with closing(Ledger(Path(":memory:"))) as ledger:
        for number in range(40):
            span = dice.choice(SPANS)
            version = ledger.spans.arrive(span, f"content {dice.randrange(4)} of {span}")
            verdict = dice.choice(VERDICTS)
            ledger.spans.judge(
                version, verdict, [], rows=1, quarantined=0, judged_with="x", run_id=str(number)
            )
            if verdict != "REFUSED" and dice.random() < 0.3:
                ledger.spans.decide(span, dice.choice(["accept", "reject"]), "A test.")
            used = newest_in_use(ledger, use_case)
            assert max(Counter(version.span for version in used).values(), default=1) == 1
            assert all(version == ledger.spans.in_use(version.span) for version in used)


def test_a_number_with_a_zero_before_it_is_no_second_span(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of `9` and `09` the last that arrived, by the second, and is accepted is in use."""
    monkeypatch.setattr(clock, "now", lambda: clock.moment("2024-01-01T00:00:00Z"))
    scene.run()
    monkeypatch.setattr(clock, "now", lambda: clock.moment("2024-01-01T00:00:01Z"))
    scene.land("09", "more rows")
    assert _trained_on(scene.run()) == ["8", "09", "10"]
    with scene.ledger() as ledger:
        ledger.spans.decide("09", "reject", "It is span 9.")
    assert _trained_on(scene.run()) == ["8", "9", "10"]
