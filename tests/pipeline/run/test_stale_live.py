"""A live version that was trained on rejected spans: every place says what was tried and what can be done."""

from pathlib import Path
from typing import Any

import pytest

from commands.rollback.roll_back import roll_back
from commands.spans.decide import decide
from commands.status.status import status
from commands.status.text import status_block
from pipeline import config
from pipeline.finding_kinds import LIVE_MODEL_STALE
from pipeline.run.findings import Findings, Judgement, PushRecord
from pipeline.run.stale_live import why_kept
from pipeline.summary_parts import ProbeSummary, TrainedOn
from tests.pipeline.run.scene import YAML, Scene, trained_scene
from tests.pipeline.run.scripted import Script, judgement, probe

pytestmark = pytest.mark.usefixtures("one_digest_of_code")

BY = "log loss differs from the live model's by +0.0050 on 83 rows."
CLEAN = "ollback flights --to 1 --why ...` (version 1 was trained on no rejected span)"


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    """A root in which version 1 was trained on spans 1 to 3, and version 2, which is live, on 2 to 4."""
    made = trained_scene(tmp_path / "home")
    made.land("4")
    assert made.run(Script(model="with 4")).verdict == "PUSHED"
    return made


def _reject(scene: Scene, span: str) -> str:
    return str(decide(scene.use_case, "reject", span, "wrong stations")["live_stale"])


def test_once_a_run_kept_the_version_every_place_says_which_why_and_what_else_can_be_done(
    scene: Scene,
) -> None:
    start = "Version 2 was trained on span 4, which is rejected."
    rest = f"Run `run flights` to train without rejected spans, or run `r{CLEAN}."
    assert _reject(scene, "4") == f"{start} {rest}"
    kept = scene.run(Script(candidate="bad", model="without 4"))
    text = (
        f"Version 2 was trained on span 4, which is rejected. Run {kept.run_id} trained without it and kept"
        " version 2. Bounds failed. Another run on the same rows decides the same."
        f" Run `r{CLEAN}, or hand in more rows with `land flights FILE`."
    )
    assert (kept.verdict, kept.live_stale) == ("KEPT", text)
    assert [(each.kind, each.message) for each in kept.warnings] == [(LIVE_MODEL_STALE, text)]
    again = scene.run()
    assert (again.verdict, again.live_stale, again.warnings) == ("NOTHING_NEW", text, kept.warnings)
    assert all(each.state != "COMPLETE" for each in again.nodes)
    report = " ".join((scene.root / "runs" / again.run_id / "report.txt").read_text().split())
    assert f"! LIVE_MODEL_STALE {text}" in report
    assert "Nothing to do" not in report
    answer = status(scene.use_case)
    assert answer["live_stale"] == text
    assert [alert["message"] for alert in answer["alerts"]] == [text]
    shown = " ".join(status_block(answer).split())
    assert (shown.count(text), "`run flights`" in shown) == (1, False)


def test_a_version_that_was_trained_on_it_too_or_that_was_rolled_back_from_is_no_way_out(
    scene: Scene,
) -> None:
    assert "rollback" not in _reject(scene, "2")
    scene.run(Script(candidate="bad"))
    assert "rollback" not in str(scene.run().live_stale)
    decide(scene.use_case, "accept", "2", "it is right")
    assert roll_back(scene.use_case, 1, "2 is wrong")["live_stale"] is None
    assert roll_back(scene.use_case, 2, "1 is worse")["live_stale"] is None
    stale = _reject(scene, "4")  # version 3 restored 1, and was rolled back from
    assert "Version 4 was trained on span 4" in stale
    assert "rollback" not in stale
    _reject(scene, "3")
    assert "Version 5 was trained on span 3, which is" in roll_back(scene.use_case, 1, "again")["live_stale"]


def test_another_rejection_or_another_live_version_has_the_next_run_train_again(scene: Scene) -> None:
    _reject(scene, "4")
    first = scene.run(Script(candidate="bad"))
    assert "Run `run flights` to train without rejected spans" in _reject(scene, "3")
    second = scene.run(Script(candidate="bad"))
    assert (second.verdict, f"Run {second.run_id} trained without them" in str(second.live_stale)) == (
        "KEPT",
        True,
    )
    decide(scene.use_case, "accept", "3", "it is right")
    assert f"Run {first.run_id} trained without it" in str(status(scene.use_case)["live_stale"])
    scene.land("5")
    assert scene.run(Script(model="with 5")).live_stale is None
    assert scene.alerts() == set()


def test_the_named_setting_is_one_of_the_use_cases_yaml_and_without_rows_no_run_is_named(
    scene: Scene,
) -> None:
    _reject(scene, "2")
    with scene.ledger() as ledger:
        for setting in ("max_worse", "when_inconclusive"):
            ledger.retrainings.note("r", 2, ["2"], "Undecided.", setting)
            text = str(status(scene.use_case)["live_stale"])
            assert f"`evaluation.champion.{setting}" in text
            assert "in pipeline/use_cases/flights.yaml" in text
    for span in ("1", "2", "3", "4"):
        text = _reject(scene, span)
    assert text.endswith("No accepted span is left to train on. Hand in rows with `land flights FILE`.")
    summary = scene.run()
    assert (summary.verdict, summary.live_stale) == ("NOTHING_NEW", text)


def _kept(*reasons: tuple[str, bool | None, str]) -> Findings:
    judged = judgement(2, blessed=all(passed is not False for _, passed, _ in reasons))
    judged["reasons"] = [
        {"check": check, "passed": passed, "state": state, "sentence": f"{check} {state}."}
        for check, passed, state in reasons
    ]
    outcomes = {"failed": "worse", "inconclusive": "inconclusive"}
    if outcome := outcomes.get(dict((check, state) for check, _, state in reasons)["champion"]):
        judged["comparison"] |= {"outcome": outcome, "difference": 0.005, "rows": 83}
    days: dict[str, Any] = {"first_day": None, "last_day": None, "days": 0, "rows": 9}
    return Findings(
        trained_on=TrainedOn(spans=(), left_out=(), **days),
        judgement=Judgement.model_validate(judged),
        probe=ProbeSummary.model_validate(probe("SERVABLE")),
        record=PushRecord(pushed=False, version=None, reason="It is equal to what is live."),
    )


@pytest.mark.parametrize(
    ("reasons", "decides", "expected"),
    [
        ([("champion", False, "inconclusive")], "push", (f"Undecided: {BY}", "max_worse")),
        ([("champion", False, "not_checked")], "keep", ("champion not_checked.", "when_inconclusive")),
        ([("champion", False, "failed")], "push", (f"Worse: {BY}", "")),
        (
            [("bounds", False, "failed"), ("champion", False, "inconclusive")],
            "push",
            (f"bounds failed. Undecided: {BY}", ""),
        ),
        ([("champion", None, "inconclusive")], "push", ("It is equal to what is live.", "")),
    ],
)
def test_a_setting_is_named_only_where_it_alone_withheld_the_candidate(
    tmp_path: Path,
    reasons: list[tuple[str, bool | None, str]],
    decides: str,
    expected: tuple[str, str],
) -> None:
    champion = f"auc: {{min: 0.6}}}}, champion: {{when_inconclusive: {decides}}}}}"
    text = YAML.replace("auc: {min: 0.6}}}", champion)
    use_case = config.parse(text, name="flights", home=tmp_path, source="flights.yaml")
    assert why_kept(_kept(*reasons), use_case) == expected
