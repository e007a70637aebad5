"""Drift alarms of a span: its alerts, one for each cause, when they close, and what DATA_WARN says beside."""

from pathlib import Path
from typing import Any

import pytest

from commands.spans.decide import decide
from commands.status.status import status
from perennial.store import registry
from pipeline.run.calibration_paths import calibration_file
from pipeline.summary import Summary
from tests.pipeline.run.scene import Scene
from tests.pipeline.run.scripted import EFFECT, Script

pytestmark = pytest.mark.usefixtures("one_digest_of_code")


def alarm(column: str, severity: str = "warn") -> dict[str, Any]:
    """A finding of the kind `drift_alarm`, as `gate.json` has it."""
    return {
        "feature": column,
        "kind": "drift_alarm",
        "severity": severity,
        "message": f"Column `{column}` is another since 2013-03-14.",
        "subject": f"{column}/level",
        "since": "2013-03-14",
        "until": "",
        "columns": [column],
        "baseline": "season",
        "retrain": False,
    }


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    """A root with a live model of span 1."""
    made = Scene(tmp_path / "home")
    made.metadata()
    made.land("1")
    made.run()
    return made


def judged(scene: Scene, span: str, *columns: str, verdict: str = "WARN", severity: str = "warn") -> Summary:
    """A run with a new span that has an alarm in each of these columns."""
    scene.land(span)
    alarms = [alarm(column, severity) for column in columns]
    gates = {span: verdict} if columns else {}
    return scene.run(Script(gates=gates, alarms={span: alarms}, calibration=1, model=f"of {span}"))


def open_alerts(scene: Scene) -> list[tuple[str, Any]]:
    return [(each["kind"], each.get("columns")) for each in status(scene.use_case)["alerts"]]


def test_each_cause_is_an_alert_until_a_newer_span_is_judged_without_it(scene: Scene) -> None:
    summary = judged(scene, "2", "dewp", "fare")
    assert [(each.kind, each.subject) for each in summary.warnings] == [
        ("DRIFT_ALARM", "dewp/level"),
        ("DRIFT_ALARM", "fare/level"),
    ]
    assert open_alerts(scene) == [("DRIFT_ALARM", ["dewp"]), ("DRIFT_ALARM", ["fare"])]
    first = status(scene.use_case)["alerts"]
    assert scene.run().verdict == "NOTHING_NEW"
    assert status(scene.use_case)["alerts"] == first
    judged(scene, "3", "fare")
    (left,) = status(scene.use_case)["alerts"]
    assert (left["id"], left["since"]) == (first[1]["id"], first[1]["since"])
    assert left["message"] == f"Span 3: Column `fare` is another since 2013-03-14. {EFFECT}"
    judged(scene, "4")
    assert open_alerts(scene) == []


def test_an_alarm_stays_open_while_newer_spans_cannot_be_judged_by_days(scene: Scene) -> None:
    judged(scene, "2", "dewp")
    scene.land("3")
    scene.run(Script(model="of 3"))
    assert open_alerts(scene) == [("DRIFT_ALARM", ["dewp"])]


@pytest.mark.parametrize("decision", ["accept", "reject"])
def test_a_person_who_judges_the_span_closes_its_alerts(scene: Scene, decision: str) -> None:
    judged(scene, "2", "dewp")
    decide(scene.use_case, decision, "2", "seen")
    assert "DRIFT_ALARM" not in scene.alerts()


def test_a_blocked_span_has_the_alert_of_its_cause_beside_that_of_the_verdict(scene: Scene) -> None:
    summary = judged(scene, "2", "dewp", verdict="BLOCK", severity="block")
    assert summary.verdict == "DATA_BLOCKED"
    assert scene.alerts() == {"DATA_BLOCKED", "DRIFT_ALARM"}
    scene.land("2", "as it was meant")
    scene.run(Script(calibration=1, model="of 2"))
    assert scene.alerts() == set()


def test_an_alarm_that_is_a_mere_note_opens_no_alert(scene: Scene) -> None:
    summary = judged(scene, "2", "dewp", verdict="OK", severity="note")
    assert (scene.alerts(), summary.warnings) == (set(), ())
    assert [each.subject for each in summary.spans[0].alarms] == ["dewp/level"]


def test_what_warns_beside_drift_keeps_its_own_alert(scene: Scene) -> None:
    scene.land("2")
    alarms = [alarm("dewp")]
    script = Script(gates={"2": "WARN"}, alarms={"2": alarms}, calibration=1)
    scene.run(script)
    assert scene.alerts() == {"DRIFT_ALARM"}
    with scene.ledger() as ledger:
        version = ledger.spans.current("2")
        assert version is not None
        ledger.spans.judge(
            version,
            "WARN",
            [alarms[0]["message"], "New column."],
            rows=9,
            quarantined=0,
            judged_with=version.judged_with,
            run_id="r",
            examples=version.examples,
            statistics=version.statistics,
            read_as=version.read_as,
            calibration=1,
            alarms=version.alarms,
        )
    scene.run()
    messages = {each["kind"]: each["message"] for each in status(scene.use_case)["alerts"]}
    assert messages["DATA_WARN"] == "Span 2 is in use with a warning: New column."
    assert set(messages) == {"DATA_WARN", "DRIFT_ALARM"}


def test_alarms_of_older_spans_are_shown_by_their_run_alone(scene: Scene) -> None:
    scene.land("2")
    summary = judged_both(scene)
    assert [(each.kind, each.span) for each in summary.warnings] == [("DRIFT_ALARM", "2")]
    assert scene.alerts() == set()


def judged_both(scene: Scene) -> Summary:
    """A run with two new spans, of which the older one has an alarm."""
    scene.land("3")
    return scene.run(Script(gates={"2": "WARN"}, alarms={"2": [alarm("dewp")]}, calibration=1, model="of 3"))


def test_another_rate_or_calendar_judges_nothing_and_trains_nothing_again(scene: Scene) -> None:
    judged(scene, "2")
    with scene.ledger() as ledger:
        before = [ledger.spans.current(span) for span in ("1", "2")]
        numbers = ledger.calibrations.numbers()
        ledger.calibrations.set_rate("2 per year")
    scene.edit("training:", "drift: {calendar: [2013-11-28], baselines: [season]}\ntraining:")
    script = Script()
    assert (scene.run(script).verdict, script.passes) == ("NOTHING_NEW", [])
    with scene.ledger() as ledger:
        assert [ledger.spans.current(span) for span in ("1", "2")] == before
        assert ledger.calibrations.numbers() == numbers


def test_a_run_calibrates_before_each_span_and_after_all_for_the_next_one(scene: Scene) -> None:
    for span in ("2", "3"):
        scene.land(span)
    scene.run(Script(model="of 3"))
    with scene.ledger() as ledger:
        numbers = ledger.calibrations.numbers()
        made = [record for number in numbers if (record := ledger.calibrations.of(number))]
    texts = [calibration_file(scene.root, each.number).read_text() for each in made]
    assert texts == ["1", "1 2", "1 2 3"]
    assert {each.rate for each in made} == {"1 per quarter"}
    assert made[0].run_id != made[-1].run_id


def test_a_calibration_for_the_next_span_that_fails_changes_no_verdict(tmp_path: Path) -> None:
    made = Scene(tmp_path / "home")
    made.metadata()
    made.land("1")
    (made.root / "drift").write_text("no folder")
    summary = made.run()
    assert (summary.verdict, summary.exit_code) == ("PUSHED", 0)
    assert "Drift is not calibrated for the next span: " in summary.reason
    (made.root / "drift").unlink()
    assert made.run().verdict == "NOTHING_NEW"
    made.land("2")
    assert "Drift is not calibrated" not in made.run(Script(model="of 2")).reason


def test_a_ledger_that_was_lost_has_the_alarms_again(scene: Scene) -> None:
    judged(scene, "2", "dewp")
    (scene.root / "ledger.db").write_bytes(b"damaged")
    scene.run(Script(gates={"2": "WARN"}, alarms={"2": [alarm("dewp")]}, calibration=1))
    with scene.ledger() as ledger:
        version = ledger.spans.current("2")
        assert version is not None
        assert (version.calibration, [each.columns for each in version.alarms]) == (1, [("dewp",)])
        assert [(each.effect, each.effect_text) for each in version.alarms] == [(0.031, EFFECT)]
    assert scene.alerts() == {"DRIFT_ALARM"}


def test_an_alarm_has_its_effect_on_the_live_model_in_summary_ledger_and_alert(scene: Scene) -> None:
    live = scene.live()
    assert live is not None
    summary = judged(scene, "2", "dewp")
    assert [(each.effect, each.effect_text) for each in summary.spans[0].alarms] == [(0.031, EFFECT)]
    with scene.ledger() as ledger:
        version = ledger.spans.current("2")
        assert version is not None
        assert [(each.effect, each.effect_text) for each in version.alarms] == [(0.031, EFFECT)]
        ((made),) = ledger.predictions.all()
        assert (made.span, made.model) == ("2", registry.model_digest(live.folder))
    assert status(scene.use_case)["alerts"][0]["message"].endswith(EFFECT)


def test_only_alarms_are_asked_for_with_the_spans_that_they_are_compared_with(scene: Scene) -> None:
    scene.land("2")
    quiet = Script(calibration=1, model="of 2")
    scene.run(quiet)
    assert quiet.effects == []
    scene.land("3")
    loud = Script(gates={"3": "WARN"}, alarms={"3": [alarm("dewp")]}, calibration=1, model="of 3")
    summary = scene.run(loud)
    (plan,) = loud.effects
    assert (plan.span, [(each.span, each.trained) for each in plan.history]) == (
        "3",
        [("1", True), ("2", True)],
    )
    assert [(each.columns, each.baseline) for each in plan.alarms] == [(("dewp",), "season")]
    assert ("DriftEffects", "3") in [(each.name, each.span) for each in summary.nodes]


def test_a_live_model_that_cannot_score_leaves_an_alarm_without_an_effect_and_says_why(scene: Scene) -> None:
    scene.land("2")
    script = Script(
        gates={"2": "WARN"},
        alarms={"2": [alarm("dewp")]},
        calibration=1,
        absent="it answers another task",
        model="of 2",
    )
    summary = scene.run(script)
    assert (summary.verdict, script.effects) == ("PUSHED", [])
    (only,) = summary.spans[0].alarms
    text = "Its effect on the live model's scores is not known: it answers another task."
    assert (only.effect, only.effect_text) == (None, text)


def test_a_backfill_asks_no_model_about_the_past(scene: Scene) -> None:
    scene.land("2")
    script = Script(gates={"2": "WARN"}, alarms={"2": [alarm("dewp")]}, calibration=1, model="of 2")
    summary = scene.run(script, trigger="backfill")
    (only,) = summary.spans[0].alarms
    assert (script.effects, only.effect, only.effect_text) == ([], None, "")
    with scene.ledger() as ledger:
        assert ledger.predictions.all() == []
