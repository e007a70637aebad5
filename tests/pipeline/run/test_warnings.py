"""What a run warns of whatever its verdict, which alerts it opens and closes, and spans of no use."""

from datetime import timedelta
from pathlib import Path

import pytest

from commands.rollback.roll_back import roll_back
from commands.spans.decide import decide
from commands.status.status import status
from perennial import clock
from pipeline.summary import Summary
from tests.pipeline.run.scene import Scene
from tests.pipeline.run.scripted import Script

pytestmark = pytest.mark.usefixtures("one_digest_of_code")


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    """A root with a live model of span 1."""
    made = Scene(tmp_path / "home")
    made.metadata()
    made.land("1")
    made.run()
    return made


def kinds(summary: Summary) -> list[tuple[str, str | None]]:
    return [(each.kind, each.span) for each in summary.warnings]


def test_a_span_with_a_warning_opens_an_alert_until_the_next_is_ok(scene: Scene) -> None:
    scene.land("2")
    summary = scene.run(Script(gates={"2": "WARN"}))
    assert (summary.verdict, kinds(summary)) == ("PUSHED", [("DATA_WARN", "2")])
    assert summary.warnings[0].message == "Span 2 is in use with a warning: It is WARN."
    assert summary.warnings[0].columns == ("fare",)
    (alert,) = status(scene.use_case)["alerts"]
    assert (alert["kind"], alert["columns"]) == ("DATA_WARN", ["fare"])
    assert (
        (scene.root / "runs" / summary.run_id / "report.txt").read_text().splitlines()[1].startswith("  ! D")
    )
    assert kinds(scene.run()) == [("DATA_WARN", "2")]  # nothing is new, and it is still there
    scene.land("3")
    assert kinds(scene.run()) == []
    assert scene.alerts() == set()


def test_a_person_who_accepts_the_span_closes_its_alert(scene: Scene) -> None:
    scene.land("2")
    scene.run(Script(gates={"2": "WARN"}))
    assert [alert["kind"] for alert in status(scene.use_case)["alerts"]] == ["DATA_WARN"]
    decide(scene.use_case, "accept", "2", "a new fare")
    assert scene.alerts() == set()
    assert kinds(scene.run()) == []


def test_a_blocked_span_opens_an_alert_that_names_its_columns(scene: Scene) -> None:
    scene.land("2")
    assert scene.run(Script(gates={"2": "BLOCK"})).verdict == "DATA_BLOCKED"
    (alert,) = status(scene.use_case)["alerts"]
    assert (alert["kind"], alert["columns"]) == ("DATA_BLOCKED", ["fare"])


def test_a_check_that_warned_of_the_live_version_stands_first_for_as_long_as_it_is_live(scene: Scene) -> None:
    scene.land("2")
    summary = scene.run(Script(candidate="warned", model="another"))
    version = summary.live_version
    assert [each.message for each in summary.warnings] == [f"Version {version}: Calibration is 0.4."]
    report = (scene.root / "runs" / summary.run_id / "report.txt").read_text()
    assert report.splitlines()[1].startswith("  ! CALIBRATION  Version ")
    assert "Next: Do not use predictions as probabilities" in report
    assert kinds(scene.run()) == [("CALIBRATION", None)]
    (alert,) = status(scene.use_case)["alerts"]
    assert alert.keys() == {"id", "at", "since", "kind", "message", "run_id"}
    scene.land("3")
    assert kinds(scene.run(Script(model="a third"))) == []


def test_a_warning_of_a_span_that_is_not_the_newest_is_shown_by_its_run_alone(scene: Scene) -> None:
    scene.land("2")
    scene.land("3")
    summary = scene.run(Script(gates={"2": "WARN"}))
    assert kinds(summary) == [("DATA_WARN", "2")]
    assert scene.alerts() == set()
    assert kinds(scene.run()) == []


def test_a_live_model_that_fails_is_reported_whatever_becomes_of_the_candidate(scene: Scene) -> None:
    scene.land("2")
    kept = scene.run(Script(candidate="bad", live="failed"))
    assert (kept.verdict, kinds(kept)) == ("KEPT", [("LIVE_MODEL_FAILS", None)])
    assert scene.alerts() == {"LIVE_MODEL_FAILS"}
    assert scene.run().verdict == "NOTHING_NEW"
    assert scene.alerts() == {"LIVE_MODEL_FAILS"}  # that run scored nothing
    scene.land("3")
    scene.run(Script(candidate="bad", live="inconclusive"))
    assert scene.alerts() == {"LIVE_MODEL_FAILS"}
    scene.land("4")
    scene.run(Script(candidate="bad"))
    assert scene.alerts() == set()


def test_a_live_model_that_is_replaced_is_reported_and_not_alerted(scene: Scene) -> None:
    scene.land("2")
    summary = scene.run(Script(live="failed", model="another"))
    assert summary.verdict == "PUSHED"
    assert summary.warnings[0].message == "Live failed. Version 2 replaces it."
    assert scene.alerts() == set()


def test_a_span_on_which_every_model_fails_is_out_of_use_until_a_person_accepts_it(scene: Scene) -> None:
    scene.land("2")
    summary = scene.run(Script(candidate="bad", live="failed", failing=["2"]))
    assert (summary.verdict, summary.exit_code) == ("DATA_BLOCKED", 3)
    assert summary.reason.startswith("Span 2 is blocked: All fail on 2. On the accepted spans: KEPT.")
    assert scene.alerts() == {"DATA_BLOCKED", "LIVE_MODEL_FAILS", "MODELS_FAIL_ON_SPAN"}
    assert [each.span for each in summary.failing_spans] == ["2"]
    again = scene.run()
    assert (again.verdict, again.trained_on and again.trained_on.spans) == ("DATA_BLOCKED", ("1",))
    assert status(scene.use_case)["spans"][1] | {"decision": None} == {
        "span": "2", "state": "BLOCK", "version": 1, "in_use": None, "rows": 9, "quarantined": 1,
        "reasons": ["All fail on 2."], "later": None, "decision": None,
    }  # fmt: skip
    decide(scene.use_case, "accept", "2", "a new tariff")
    assert "MODELS_FAIL_ON_SPAN" not in scene.alerts()
    accepted = scene.run(Script(candidate="bad", live="failed", failing=["2"]))
    assert (accepted.verdict, accepted.failing_spans) == ("KEPT", ())


def test_spans_of_the_live_model_stay_in_use(scene: Scene) -> None:
    with scene.ledger() as ledger:
        assert ledger.spans.in_use("1") is not None
    scene.land("2")
    summary = scene.run(Script(failing=["2"], live="failed"))
    assert (summary.verdict, summary.failing_spans) == ("PUSHED", ())  # the candidate is blessed


def test_a_span_of_the_live_model_that_has_other_content_now_is_taken_out_of_use(scene: Scene) -> None:
    scene.land("1", "swapped labels")
    summary = scene.run(Script(candidate="bad", live="failed", failing=["1"]))
    assert [(each.span, each.version) for each in summary.failing_spans] == [("1", 2)]
    scene.edit("span: number", "span: number, max_bad_share: 0.0005")
    summary = scene.run(Script(candidate="bad", live="failed", failing=["1"]))
    assert summary.trained_on is not None
    assert summary.failing_spans == ()  # its former content, which the live model was trained on


def test_another_content_of_a_span_of_no_use_is_judged_anew(scene: Scene) -> None:
    scene.land("2")
    scene.run(Script(candidate="bad", failing=["2"]))
    scene.land("2", "fixed")
    assert scene.run().verdict == "PUSHED"
    assert scene.alerts() == set()


def test_a_ledger_that_is_rebuilt_keeps_spans_of_no_use_out(scene: Scene) -> None:
    scene.land("2")
    scene.run(Script(candidate="bad", failing=["2"]))
    (scene.root / "ledger.db").write_bytes(b"no ledger")
    scene.run()
    with scene.ledger() as ledger:
        version = ledger.spans.current("2")
    assert version is not None
    assert version.failing == "All fail on 2."


def test_every_run_repeats_that_the_live_model_fails_until_another_is_live(scene: Scene) -> None:
    scene.land("2")
    scene.run(Script(candidate="bad", live="failed"))
    again = scene.run()
    assert (again.verdict, kinds(again)) == ("NOTHING_NEW", [("LIVE_MODEL_FAILS", None)])
    assert again.warnings[0].message == "Live failed."
    scene.land("3")
    unsure = scene.run(Script(candidate="bad", live="inconclusive"))
    assert kinds(unsure) == [("LIVE_MODEL_FAILS", None)]
    scene.land("4")
    assert kinds(scene.run(Script(live="not_checked", model="another"))) == []
    assert scene.alerts() == set()


def test_a_rollback_closes_what_was_open_about_the_version_before(scene: Scene) -> None:
    scene.land("2")
    scene.run(Script(candidate="warned", model="another"))
    scene.land("3")
    scene.run(Script(candidate="bad", live="failed"))
    assert scene.alerts() == {"CALIBRATION", "LIVE_MODEL_FAILS"}
    roll_back(scene.use_case, None, "its calibration is wrong")
    assert scene.alerts() == set()
    roll_back(scene.use_case, 2, "the former is worse")
    with scene.ledger() as ledger:
        messages = [alert["message"] for alert in ledger.alerts.open()]
    assert messages == ["Version 4: Calibration is 0.4."]
    scene.publish()
    scene.run(Script(candidate="bad"))
    assert scene.alerts() == set()


def test_an_alert_about_a_failing_model_is_closed_once_another_was_published_since(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.land("2")
    scene.run(Script(candidate="bad", live="failed"))
    later = clock.now() + timedelta(seconds=9)
    monkeypatch.setattr(clock, "now", lambda: later)
    scene.publish()
    scene.land("3")
    assert kinds(scene.run(Script(candidate="bad", live="not_checked"))) == []
    assert scene.alerts() == set()


def test_a_run_that_was_killed_after_it_pushed_a_warned_candidate_leaves_its_alert(scene: Scene) -> None:
    def killed() -> None:
        raise SystemExit

    scene.land("2")
    with pytest.raises(SystemExit):
        scene.run(Script(candidate="warned", model="another", published=killed))
    assert scene.run().verdict == "NOTHING_NEW"
    assert scene.alerts() == {"CALIBRATION"}


def test_a_decision_opens_and_closes_the_alert_of_a_stale_model(scene: Scene) -> None:
    decide(scene.use_case, "reject", "1", "its labels are wrong")
    assert scene.alerts() == {"LIVE_MODEL_STALE"}
    decide(scene.use_case, "accept", "1", "they are right")
    assert scene.alerts() == set()


def test_a_span_that_is_read_again_is_warned_of_only_if_its_warning_is_new(scene: Scene) -> None:
    for span in ("2", "3"):
        scene.land(span)
    scene.run(Script(gates={"2": "WARN"}))
    scene.edit("span: number", "span: number, max_bad_share: 0.0005")
    assert kinds(scene.run(Script(gates={"2": "WARN"}))) == []
    scene.edit("max_bad_share: 0.0005", "max_bad_share: 0.0006")
    assert kinds(scene.run(Script(gates={"1": "WARN", "2": "WARN"}))) == [("DATA_WARN", "1")]


def test_a_span_that_a_person_accepted_is_not_warned_of_again(scene: Scene) -> None:
    scene.land("2")
    scene.run(Script(gates={"2": "WARN"}))
    decide(scene.use_case, "accept", "2", "a new fare")
    scene.edit("span: number", "span: number, max_bad_share: 0.0005")
    assert kinds(scene.run(Script(gates={"2": "WARN"}))) == []


def test_a_span_of_no_use_is_listed_as_long_as_the_window_could_hold_it(scene: Scene) -> None:
    scene.land("2")
    scene.run(Script(candidate="bad", failing=["2"]))
    for span in ("3", "4", "5"):  # the window holds 3 spans
        assert "MODELS_FAIL_ON_SPAN" in scene.alerts()
        scene.land(span)
        summary = scene.run(Script(model=span))
    assert kinds(summary) == []
    assert scene.alerts() == set()
