"""What is pushed, what is not, and the record that is left either way."""

import json
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from tfx.types import standard_artifacts

from components.atomic_pusher.card import model_card
from components.atomic_pusher.executor import Executor, push
from perennial import clock
from perennial.push_rules import PushRules
from perennial.store import registry
from perennial.store.forward import forward
from perennial.store.ledger import Ledger

ALWAYS = PushRules()
METRICS = {"auc": 0.7}
JUDGEMENT = {
    "evaluated_on": {"rows": 4},
    "candidate": {"metrics": METRICS, "intervals": {"auc": [0.6, 0.8]}},
    "champion": {"version": 2},
    "comparison": {"outcome": "better"},
    "baseline": {"log_loss": 0.6},
    "yardstick": None,
    "reasons": [
        {"check": "champion", "state": "passed", "sentence": "Better."},
        {"check": "calibration", "state": "warned", "sentence": "Calibration is 0.4."},
    ],
}
WINDOW = {"spans": [{"span": "2013-01"}], "train": {"rows": 8}}


def _model(folder: Path, content: str) -> Path:
    folder.mkdir(parents=True)
    (folder / "saved_model.pb").write_text(content)
    return folder


def _destination(folder: Path, champion: int = 0, rules: PushRules = ALWAYS) -> dict[str, Any]:
    paths = {"models": str(folder / "models"), "ledger": str(folder / "ledger.db")}
    known = {"run_id": "run-1", "card": json.dumps({"label": "late"}), "push_rules": rules.to_json()}
    return {**paths, "champion": champion, **known}


def _record(reason: str, version: int | None = None) -> dict[str, Any]:
    """The record of a candidate that does not wait."""
    record = {"pushed": version is not None, "version": version, "reason": reason}
    return {**record, "waits": False, "candidate": None}


def _noted(folder: Path) -> list[int]:
    ledger = Ledger(folder / "ledger.db")
    try:
        return [row["version"] for row in ledger.versions.all()]
    finally:
        ledger.close()


def test_a_first_candidate_is_pushed(tmp_path: Path) -> None:
    record = push(_model(tmp_path / "one", "one"), {"label": "late"}, _destination(tmp_path))
    assert record == _record("Version 1 is live.", 1)
    live = registry.live(tmp_path / "models")
    assert live is not None
    assert (live.card or {})["label"] == "late"
    assert (live.damage(), _noted(tmp_path)) == ("", [1])


def test_a_candidate_that_was_compared_with_what_is_live_is_pushed_over_it(tmp_path: Path) -> None:
    push(_model(tmp_path / "one", "one"), {}, _destination(tmp_path))
    assert push(_model(tmp_path / "two", "two"), {}, _destination(tmp_path, champion=1))["version"] == 2


def test_a_candidate_that_a_person_rolled_back_from_is_not_pushed_again(tmp_path: Path) -> None:
    push(_model(tmp_path / "one", "one"), {}, _destination(tmp_path))
    push(_model(tmp_path / "two", "two"), {}, _destination(tmp_path, champion=1))
    ledger = Ledger(tmp_path / "ledger.db")
    registry.rollback(tmp_path / "models", ledger, None, "it scores Newark wrong")
    ledger.close()
    record = push(tmp_path / "two", {}, _destination(tmp_path, champion=3))
    assert record["pushed"] is False
    assert record["reason"] == (
        'Not pushed: identical to version 2, which was rolled back ("it scores Newark wrong").'
    )
    assert push(_model(tmp_path / "new", "new"), {}, _destination(tmp_path, champion=3))["version"] == 4


def test_a_candidate_that_a_person_brought_back_by_forward_may_be_pushed_again(tmp_path: Path) -> None:
    push(_model(tmp_path / "one", "one"), {}, _destination(tmp_path))
    push(_model(tmp_path / "two", "two"), {}, _destination(tmp_path, champion=1))
    ledger = Ledger(tmp_path / "ledger.db")
    registry.rollback(tmp_path / "models", ledger, None, "it scores Newark wrong")
    forward(tmp_path / "models", ledger, "Newark's labels were wrong")
    ledger.close()
    record = push(tmp_path / "two", {}, _destination(tmp_path, champion=4))
    assert record["reason"] == "Not pushed: identical to version 4, which is live."
    push(_model(tmp_path / "new", "new"), {}, _destination(tmp_path, champion=4))
    assert push(tmp_path / "one", {}, _destination(tmp_path, champion=5))["version"] == 6
    assert push(tmp_path / "two", {}, _destination(tmp_path, champion=6))["version"] == 7


@pytest.mark.parametrize("champion", [0, 1])
def test_a_candidate_equal_to_what_is_live_is_not_pushed(tmp_path: Path, champion: int) -> None:
    push(_model(tmp_path / "one", "one"), {}, _destination(tmp_path))
    record = push(_model(tmp_path / "again", "one"), {}, _destination(tmp_path, champion))
    assert record == _record("Not pushed: identical to version 1, which is live.")
    assert _noted(tmp_path) == [1]


def test_a_candidate_equal_to_a_live_version_that_is_damaged_is_pushed(tmp_path: Path) -> None:
    push(_model(tmp_path / "one", "one"), {}, _destination(tmp_path))
    (tmp_path / "models" / "1" / "saved_model.pb").write_text("")
    record = push(_model(tmp_path / "again", "one"), {}, _destination(tmp_path, champion=1))
    assert (record["pushed"], record["version"]) == (True, 2)


@pytest.mark.parametrize(("champion", "compared"), [(0, "no version"), (2, "version 2")])
def test_nothing_is_pushed_where_live_has_changed(tmp_path: Path, champion: int, compared: str) -> None:
    push(_model(tmp_path / "one", "one"), {}, _destination(tmp_path))
    record = push(_model(tmp_path / "two", "two"), {}, _destination(tmp_path, champion))
    assert (record["pushed"], record["version"]) == (False, None)
    assert record["reason"].startswith("Not pushed. Version 1 is live now, but the candidate was compared")
    assert f"with {compared}." in record["reason"]
    assert _noted(tmp_path) == [1]


def test_a_candidate_that_is_to_wait_leaves_all_that_publishing_it_needs(tmp_path: Path) -> None:
    model = _model(tmp_path / "one", "one")
    record = push(model, {"label": "late"}, _destination(tmp_path, rules=PushRules(push="ask")))
    assert record == {
        "pushed": False,
        "version": None,
        "reason": f"The candidate waits for `approve {tmp_path.name}`: `schedule.push` is ask.",
        "waits": True,
        "candidate": {
            "model": str(model),
            "digest": registry.model_digest(model),
            "card": {"label": "late"},
            "champion": 0,
            "withheld": "ask",
        },
    }
    assert registry.live(tmp_path / "models") is None


def test_a_candidate_waits_on_a_day_of_the_freeze_that_it_is_made_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    frozen = _destination(tmp_path, rules=PushRules(freeze=("sat",)))
    monkeypatch.setattr(clock, "now", lambda: datetime(2030, 4, 6, tzinfo=timezone.utc))
    record = push(_model(tmp_path / "one", "one"), {}, frozen)
    assert (record["waits"], record["candidate"]["withheld"]) == (True, "freeze")
    assert record["reason"].startswith("The candidate waits: `schedule.freeze` has sat.")
    monkeypatch.setattr(clock, "now", lambda: datetime(2030, 4, 7, tzinfo=timezone.utc))
    assert push(tmp_path / "one", {}, frozen)["version"] == 1


@pytest.mark.parametrize("other", ["equal to live", "rolled back", "live has changed"])
def test_what_would_not_be_pushed_on_any_day_does_not_wait(tmp_path: Path, other: str) -> None:
    for champion, content in enumerate(("one", "two")):
        push(_model(tmp_path / content, content), {}, _destination(tmp_path, champion))
    content, champion = "two", 2
    if other == "rolled back":
        ledger = Ledger(tmp_path / "ledger.db")
        registry.rollback(tmp_path / "models", ledger, None, "it is wrong")
        ledger.close()
        champion = 3
    elif other == "live has changed":
        content, champion = "one", 1
    record = push(tmp_path / content, {}, _destination(tmp_path, champion, PushRules(push="ask")))
    assert (record["pushed"], record["waits"]) == (False, False)
    assert record["reason"].startswith("Not pushed")


def _artifact(kind: Any, uri: Path, **properties: int) -> list[Any]:
    artifact = kind()
    artifact.uri = str(uri)
    for key, value in properties.items():
        artifact.set_int_custom_property(key, value)
    return [artifact]


def _do(folder: Path, model_blessed: int = 1, infra_blessed: int = 1) -> tuple[Any, dict[str, Any]]:
    _model(folder / "model" / "Format-Serving", "candidate")
    for name, file, value in (
        ("evaluation", "judgement.json", JUDGEMENT),
        ("examples", "window.json", WINDOW),
    ):
        (folder / name).mkdir()
        (folder / name / file).write_text(json.dumps(value))
    inputs = {
        "model": _artifact(standard_artifacts.Model, folder / "model"),
        "examples": _artifact(standard_artifacts.Examples, folder / "examples"),
        "evaluation": _artifact(standard_artifacts.ModelEvaluation, folder / "evaluation"),
        "model_blessing": _artifact(standard_artifacts.ModelBlessing, folder / "b", blessed=model_blessed),
        "infra_blessing": _artifact(standard_artifacts.InfraBlessing, folder / "i", blessed=infra_blessed),
    }
    pushed = _artifact(standard_artifacts.PushedModel, folder / "pushed")
    Executor().Do(inputs, {"pushed_model": pushed}, _destination(folder))
    return pushed[0], json.loads((folder / "pushed" / "pushed.json").read_text())


def test_what_both_gates_blessed_is_pushed_with_its_card(tmp_path: Path) -> None:
    pushed, record = _do(tmp_path)
    assert record == {"format": 1, **_record("Version 1 is live.", 1)}
    assert pushed.get_int_custom_property("pushed") == 1
    assert pushed.get_string_custom_property("pushed_version") == "1"
    live = registry.live(tmp_path / "models")
    assert live is not None
    card = dict(live.card or {})
    assert (card["label"], card["metrics"], card["trained_on"]) == ("late", METRICS, {"rows": 8})
    assert (card["spans"], card["run_id"]) == ([{"span": "2013-01"}], "run-1")


@pytest.mark.parametrize(
    ("model_blessed", "infra_blessed", "gate"),
    [(0, 1, "Evaluator"), (1, 0, "serving probe"), (0, 0, "Evaluator")],
)
def test_what_a_gate_did_not_bless_is_not_pushed(
    tmp_path: Path, model_blessed: int, infra_blessed: int, gate: str
) -> None:
    pushed, record = _do(tmp_path, model_blessed, infra_blessed)
    assert record == {"format": 1, **_record(f"Not pushed: the {gate} did not bless the candidate.")}
    assert pushed.get_int_custom_property("pushed") == 0
    assert registry.live(tmp_path / "models") is None


def test_a_card_has_what_it_was_trained_on_judged_by_and_compared_with() -> None:
    assert model_card(JUDGEMENT, WINDOW, {"label": "late"}) == {
        "label": "late",
        "spans": [{"span": "2013-01"}],
        "trained_on": {"rows": 8},
        "evaluated_on": {"rows": 4},
        "metrics": METRICS,
        "intervals": {"auc": [0.6, 0.8]},
        "compared_with": 2,
        "comparison": {"outcome": "better"},
        "baseline": {"log_loss": 0.6},
        "yardstick": None,
        "reasons": ["Better.", "Calibration is 0.4."],
        "warnings": {"calibration": "Calibration is 0.4."},
    }
    assert model_card({**JUDGEMENT, "champion": None}, WINDOW, {})["compared_with"] is None
