"""With which version training begins, and what the run says of it."""

import json
from pathlib import Path
from typing import Any

import pytest

from perennial.store.registry import Version, model_digest
from perennial.training.settings import CHECKPOINTS
from perennial.training.starting_point import StartingPoint
from pipeline import config
from pipeline.config import UseCase
from pipeline.execution.messages import Failure, Node, Pass
from pipeline.plan import SchemaPlan
from pipeline.run.live_rows import window_settings
from pipeline.run.settled import known_to_card
from pipeline.run.warm_start import sentence_of, start_of, start_of_refit
from tests.pipeline.run.scene import Scene
from tests.pipeline.run.scripted import Script

SCHEMA = SchemaPlan(uri="", digest="d", columns="[]")


def _use_case(start: str) -> UseCase:
    flights = config.load("flights")
    training = flights.training.model_copy(update={"start": start})
    return flights.model_copy(update={"training": training})


def _live(folder: Path, **card: Any) -> Version:
    (folder / "saved_model.pb").write_text("a model")
    flights = _use_case("warm")
    spans = [{"span": "2013-01", "digest": "a", "train_splits": ["head", "tail"]}, {"span": "2013-02"}]
    known = {**known_to_card(flights, SCHEMA), "window": window_settings(flights)}
    facts = {"spans": spans, "trained_on": {"last_day": "2013-01-31"}, "model_digest": model_digest(folder)}
    return Version(3, folder, {**known, **facts, **card})


def _point(live: Version | None) -> StartingPoint:
    return StartingPoint.from_json(start_of(_use_case("warm"), live, SCHEMA))


def test_a_cold_start_names_no_version(tmp_path: Path) -> None:
    assert start_of(_use_case("cold"), _live(tmp_path), SCHEMA) == ""


def test_a_warm_start_takes_the_live_version_and_what_it_learned_from(tmp_path: Path) -> None:
    learned = (("2013-01", "a", "head"), ("2013-01", "a", "tail"))
    digest = model_digest(_live(tmp_path).folder)
    assert _point(_live(tmp_path)) == StartingPoint(3, str(tmp_path), digest, "2013-01-31", learned)


def test_without_an_intact_version_training_begins_cold(tmp_path: Path) -> None:
    assert _point(None).why_cold == "No version is live."
    assert "is damaged" in _point(_live(tmp_path, model_digest="x")).why_cold


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"classes": ["no", "yes"]}, "another label, task or classes"),
        ({"window": {"anchor_share": 0.5, "tail_days": 7}}, "exports.anchor_share"),
        ({"window": None}, "exports.anchor_share"),  # an older release's card
    ],
)
def test_a_version_with_other_answers_or_other_anchors_is_no_start(
    tmp_path: Path, changed: dict[str, Any], why: str
) -> None:
    assert why in _point(_live(tmp_path, **changed)).why_cold


def test_a_refit_begins_as_the_judged_candidate_did(tmp_path: Path) -> None:
    start = start_of(_use_case("warm"), _live(tmp_path), SCHEMA)
    assert start_of_refit(start, "") == start
    assert StartingPoint.from_json(start_of_refit(start, "It is damaged.")).why_cold == "It is damaged."
    assert start_of_refit("", "") == ""


@pytest.mark.parametrize(
    ("record", "sentence"),
    [
        ({"epochs": 1}, ""),
        (
            {"epochs": 1, "start": {"version": None, "why_cold": "No version is live."}},
            "cold, not warm. No v",
        ),
        ({"epochs": 1, "start": {"version": 3, "why_cold": ""}}, "version 3 and took 1 more epoch."),
        ({"epochs": 2, "start": {"version": 3, "why_cold": ""}}, "version 3 and took 2 more epochs."),
    ],
)
def test_a_run_says_how_training_began(tmp_path: Path, record: dict[str, Any], sentence: str) -> None:
    (tmp_path / "training.json").write_text(json.dumps(record))
    node = Node(name="Trainer", state="COMPLETE", outputs={"model_run": [str(tmp_path)]})
    text = sentence_of(Pass(nodes=(node,)))
    assert (sentence in text) if sentence else not text


def test_a_checkpoint_stays_while_a_run_that_failed_is_to_go_on_with_it(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    scene.metadata()
    for span in ("1", "2"):
        scene.land(span)
    folder = scene.root / CHECKPOINTS / "key"
    folder.mkdir(parents=True)
    raised = Failure(kind="node_failed", problem="It raised ValueError.", remedy="See the log.")
    assert scene.run(Script(at={"Trainer": lambda: raised})).verdict == "FAILED"
    assert folder.is_dir()
    assert scene.run().verdict == "PUSHED"
    assert not folder.parent.exists()
