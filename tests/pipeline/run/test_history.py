"""What was accepted stays accepted, whatever changes; what a person rejected is neither read nor used."""

import json
import shutil
from pathlib import Path

import pytest

from perennial.store.span_version import SpanVersion
from pipeline.execution.messages import Failure
from pipeline.run.read_as import contradiction
from tests.pipeline.run.scene import Scene
from tests.pipeline.run.scripted import Happening, Script

pytestmark = pytest.mark.usefixtures("one_digest_of_code")

ALL = ("1", "2", "3")


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    """A root in which spans 1 to 3 are accepted, and version 1 is live."""
    made = Scene(tmp_path / "home")
    made.metadata()
    for span in ALL:
        made.land(span)
    assert made.run().verdict == "PUSHED"
    return made


def _span(scene: Scene, name: str) -> SpanVersion:
    with scene.ledger() as ledger:
        version = ledger.spans.current(name)
    assert version is not None
    return version


def _reject(scene: Scene, name: str) -> None:
    with scene.ledger() as ledger:
        ledger.spans.decide(name, "reject", "known")


def _accept(scene: Scene, name: str) -> SpanVersion:
    with scene.ledger() as ledger:
        return ledger.spans.decide(name, "accept", "it is right")


@pytest.mark.parametrize(("gate", "state"), [("REFUSED", "refused"), ("BLOCK", "blocked")])
def test_accepted_spans_that_other_settings_would_withhold_stay_in_use_as_they_were_read(
    scene: Scene, gate: str, state: str
) -> None:
    before = {name: _span(scene, name) for name in ALL}
    scene.edit("time_column: sched_dep", "time_column: sched_dep, max_bad_share: 0.0005")
    scene.land("4")
    summary = scene.run(Script(gates=dict.fromkeys(ALL[1:], gate), model="another"))
    assert (summary.verdict, summary.exit_code) == ("PUSHED", 0)
    assert summary.trained_on is not None
    assert summary.trained_on.spans == ("2", "3", "4")
    assert (
        "2 spans (oldest: 2, newest: 3) stay accepted, and in use as read before; as settings"
        in summary.reason
    )
    for name in ALL[1:]:
        now = _span(scene, name)
        assert (now.verdict, now.later_verdict, now.accepted, now.withheld) == ("OK", gate, True, False)
        assert (now.examples, now.rows) == (before[name].examples, before[name].rows)
    later = {span.span: span.later and span.later.verdict for span in summary.spans}
    assert later == {"1": None, "2": gate, "3": gate, "4": None}
    report = (scene.root / "runs" / summary.run_id / "report.txt").read_text()
    assert f"As settings and code are now, it would be {state}: " in " ".join(report.split())
    assert scene.run().verdict == "NOTHING_NEW"


def test_a_later_finding_goes_once_the_content_is_let_through_again(scene: Scene) -> None:
    scene.edit("span: number", "span: number, max_bad_share: 0.0005")
    scene.run(Script(gates={"3": "REFUSED"}))
    assert _span(scene, "3").later_verdict == "REFUSED"
    scene.edit(", max_bad_share: 0.0005", "")
    summary = scene.run(Script(gates={"3": "WARN"}))
    assert [(span.verdict, span.later) for span in summary.spans if span.span == "3"] == [("WARN", None)]
    assert _span(scene, "3").later_verdict == ""


def test_a_blocked_span_is_judged_anew_under_other_settings(scene: Scene) -> None:
    scene.land("4")
    assert scene.run(Script(gates={"4": "BLOCK"})).verdict == "DATA_BLOCKED"
    scene.edit("span: number", "span: number, max_bad_share: 0.0005")
    assert scene.run(Script(gates={"4": "REFUSED"})).verdict == "DATA_BLOCKED"
    assert (_span(scene, "4").verdict, _span(scene, "4").later_verdict) == ("REFUSED", "")


def test_other_content_is_judged_in_full(scene: Scene) -> None:
    scene.land("3", "other rows")
    assert scene.run(Script(gates={"3": "REFUSED"})).verdict == "DATA_BLOCKED"
    now = _span(scene, "3")
    assert (now.version, now.verdict, now.later_verdict) == (2, "REFUSED", "")


def test_who_accepts_a_later_finding_has_the_span_read_again(scene: Scene) -> None:
    scene.edit("span: number", "span: number, max_bad_share: 0.0005")
    scene.run(Script(gates={"3": "BLOCK"}, candidate="bad"))
    before = _accept(scene, "3")
    script = Script(gates={"3": "BLOCK"}, candidate="bad")
    assert scene.run(script).verdict == "KEPT"
    now = _span(scene, "3")
    assert script.passes == ["3", ""]  # its new outputs are trained on
    assert scene.run().verdict == "NOTHING_NEW"
    assert (now.verdict, now.later_verdict, now.accepted) == ("BLOCK", "", True)
    assert now.examples != before.examples


def test_a_span_that_is_read_again_with_equal_outputs_is_nothing_new(scene: Scene) -> None:
    before = _span(scene, "3")
    with scene.ledger() as ledger:
        ledger.spans.note_later(before, "BLOCK", ["It was."], judged_with=before.judged_with)
    _accept(scene, "3")
    script = Script()
    assert scene.run(script).verdict == "NOTHING_NEW"
    assert script.passes == ["3"]
    assert _span(scene, "3").examples != before.examples


def test_former_outputs_that_contradict_the_schema_are_not_trained_on(scene: Scene) -> None:
    scene.retype("temp", "string")
    script = Script(gates={"2": "REFUSED"})
    summary = scene.run(script)
    assert (summary.verdict, summary.exit_code) == ("DATA_BLOCKED", 3)
    assert summary.reason.startswith(
        "Span 2 cannot be trained on: its column `temp` was read as FLOAT, and the schema now has BYTES. Read"
        " again it is refused: part.csv: a quote is not closed. Undo that change, fix the export, or run"
        " `spans flights reject SPAN --why ...`."
    )
    assert "" not in script.passes
    _reject(scene, "2")
    assert scene.run().verdict == "PUSHED"


@pytest.mark.parametrize("gate", ["UNLABELLED", "BLOCK"])
def test_the_oldest_span_in_use_is_read_again_while_the_newest_waits_or_is_blocked(
    scene: Scene, gate: str
) -> None:
    scene.land("4")
    scene.run(Script(gates={"4": gate}))
    scene.retype("temp", "string")
    script = Script(gates={"4": gate})
    summary = scene.run(script)
    assert script.passes == ["1", "2", "3", "4", ""]
    assert "cannot be trained on" not in summary.reason


def test_accepted_content_whose_outputs_are_lost_is_judged_in_full(scene: Scene) -> None:
    scene.edit("span: number", "span: number, max_bad_share: 0.0005")
    (Path(_span(scene, "2").examples) / "summary.json").write_text("damaged")
    summary = scene.run(Script(gates={"2": "REFUSED"}))
    assert _span(scene, "2").verdict == "REFUSED"
    assert summary.verdict == "DATA_BLOCKED"
    assert "The window has 18 rows to train on, 33% fewer than the 27 of version 1" in summary.reason
    assert "Spans with fewer rows: 2 (0 of 9, refused)." in summary.reason


def test_outputs_that_are_lost_with_mlmds_file_are_not_confused_with_those_of_a_later_reading(
    scene: Scene,
) -> None:
    (scene.root / "metadata.db").write_bytes(b"damaged")
    summary = scene.run(Script(gates={"2": "BLOCK"}))
    now = _span(scene, "2")
    assert (now.verdict, now.later_verdict, now.accepted) == ("BLOCK", "", False)
    assert "Damaged outputs" not in summary.reason
    with scene.ledger() as ledger:
        ledger.forget_outputs()
    lost = _span(scene, "1")
    assert (lost.examples, lost.statistics, lost.read_as, lost.judged_with) == ("", "", "", "")


def test_a_rebuilt_ledger_has_the_outputs_in_use_and_not_those_of_a_later_block(scene: Scene) -> None:
    before = _span(scene, "3")
    scene.edit("span: number", "span: number, max_bad_share: 0.0005")
    scene.run(Script(gates={"3": "BLOCK"}, candidate="bad"))
    (scene.root / "ledger.db").write_bytes(b"no ledger")
    summary = scene.run(Script(gates={"3": "BLOCK"}, candidate="bad"))
    assert summary.verdict == "KEPT"
    now = _span(scene, "3")
    assert (now.verdict, now.later_verdict, now.accepted) == ("OK", "BLOCK", True)
    assert (now.examples, now.statistics) == (before.examples, before.statistics)
    assert now.read_as == before.read_as != ""


def _breaks() -> Happening:
    return Failure(kind="node_failed", problem="It raised ValueError.", remedy="See the log.")


def test_a_rejected_span_is_not_read_even_if_it_broke_a_node(scene: Scene) -> None:
    scene.land("4")
    assert scene.run(Script(at={"ArrowExampleGen": _breaks})).verdict == "FAILED"
    _reject(scene, "4")
    script = Script(at={"ArrowExampleGen": _breaks})
    assert (scene.run(script).exit_code, script.passes) == (0, [])
    scene.edit("span: number", "span: number, max_bad_share: 0.0005")
    script = Script()
    scene.run(script)
    assert "4" not in script.passes


def test_accept_of_a_rejected_span_that_was_never_judged_has_it_judged_in_full(scene: Scene) -> None:
    scene.land("4")
    scene.run(Script(at={"ArrowExampleGen": _breaks}))
    _reject(scene, "4")
    scene.run()
    back = _accept(scene, "4")
    assert (back.decision, back.accepted, back.verdict) == ("", False, "NEW")
    summary = scene.run(Script(gates={"4": "BLOCK"}))
    assert (summary.verdict, _span(scene, "4").withheld) == ("DATA_BLOCKED", True)
    assert [each.decision for each in summary.judgements] == ["reject", "withdraw"]


def test_accept_brings_a_rejected_span_back(scene: Scene) -> None:
    _reject(scene, "3")
    assert scene.run(Script(model="without")).verdict == "PUSHED"
    assert _accept(scene, "3").accepted
    summary = scene.run(Script(model="with"))
    assert summary.trained_on is not None
    assert summary.trained_on.spans == ALL


def test_a_live_model_that_was_trained_on_a_rejected_span_is_stale_until_another_is_live(
    scene: Scene,
) -> None:
    _reject(scene, "2")
    stale = "Version 1 was trained on span 2, which is rejected."
    kept = scene.run(Script(candidate="bad"))
    assert (kept.verdict, str(kept.live_stale).startswith(stale), stale in kept.reason) == (
        "KEPT",
        True,
        True,
    )
    assert scene.alerts() == {"LIVE_MODEL_STALE"}
    assert scene.run().verdict == "NOTHING_NEW"
    scene.land("4")
    pushed = scene.run(Script(model="another"))
    assert (pushed.verdict, pushed.live_stale, stale in pushed.reason) == ("PUSHED", None, True)
    assert scene.alerts() == set()


def test_rejecting_a_span_that_has_left_the_window_trains_again_once(scene: Scene) -> None:
    scene.land("4")
    assert scene.run(Script(candidate="bad")).verdict == "KEPT"  # version 1 knows span 1, the window does not
    assert scene.run().verdict == "NOTHING_NEW"
    _reject(scene, "1")
    assert scene.run(Script(candidate="bad")).verdict == "KEPT"
    summary = scene.run()
    assert (summary.verdict, summary.live_stale is not None) == ("NOTHING_NEW", True)


def test_a_version_is_not_stale_by_the_rejection_of_content_that_it_does_not_know(scene: Scene) -> None:
    scene.land("2", "other rows")
    scene.run(Script(candidate="bad"))
    _reject(scene, "2")
    assert scene.run(Script(candidate="bad")).live_stale is None


def test_outputs_contradict_settings_by_type_label_task_or_time() -> None:
    types = {"a": "INT"}
    then = {"label": "a", "task": {"task": "binary"}, "time_column": "t", "time_zone": "UTC"}
    known = json.dumps(then)
    assert contradiction(types, types | {"b": "FLOAT"}, known, known) == ""
    assert contradiction(types, {}, "", known) == ""
    typed = contradiction(types, {"a": "FLOAT"}, known, known)
    assert typed == "its column `a` was read as INT, and the schema now has FLOAT"
    for key, value, problem in (
        ("label", "b", "it was read with another `label`"),
        ("task", {"task": "regression"}, "it was read with another `task` or `classes`"),
        ("time_column", None, "it was read with another `exports.time_column`"),
        ("time_zone", "Asia/Kolkata", "it was read with another `exports.time_zone`"),
    ):
        assert contradiction(types, types, known, json.dumps(then | {key: value})) == problem
    # An older release did not note the zone.
    older = json.dumps({key: value for key, value in then.items() if key != "time_zone"})
    assert contradiction(types, types, older, known) == ""


def test_a_span_whose_outputs_and_export_are_gone_is_named_by_every_run(scene: Scene) -> None:
    shutil.rmtree(_span(scene, "1").examples)
    shutil.rmtree(scene.use_case.exports_folder / "1")
    gone = "Span 1 cannot be used: what was read of it is lost, and its export is gone."
    for _ in range(2):
        assert gone in scene.run().reason
