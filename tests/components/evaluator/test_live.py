"""Whether the live model fails on rows that it never saw, and spans on which every model does."""

import dataclasses
from typing import Any

import numpy as np
import pytest

from components.evaluator import live
from components.evaluator.evidence import Evidence, LiveModel, Rows
from components.evaluator.judgement import make_judgement
from components.evaluator.settings import EVALUATIONS, BinaryEvaluation
from perennial.task import Kind, Task
from tests.components.evaluator.test_judge import evidence_of, make_rows, metrics_of

SETTINGS = BinaryEvaluation.model_validate({"bounds": {"auc": {"min": 0.6}}})
LIVE = LiveModel(version=3, trained_from="2013-01-01", trained_to="2013-03-24")


def swapped(rows: Rows) -> Rows:
    """The same rows, their labels upside down."""
    return dataclasses.replace(rows, labels=(1 - rows.labels).astype(np.int8))


def judged(rows: Rows, champion: LiveModel = LIVE) -> dict[str, Any]:
    evidence = evidence_of(rows, champion)
    return make_judgement(evidence, SETTINGS, metrics_of(rows, rows.champion))


def of_live(judgement: dict[str, Any]) -> dict[str, Any]:
    return next(reason for reason in judgement["reasons"] if reason["check"] == "live")


def test_a_live_model_that_holds_passes() -> None:
    reason = of_live(judged(make_rows()))
    assert (reason["passed"], reason["state"]) == (None, "passed")


def test_swapped_labels_make_the_live_model_fail_whatever_the_candidate() -> None:
    rows = swapped(make_rows())
    good = dataclasses.replace(rows, candidate=1 - rows.candidate)
    judgement = judged(good)
    reason = of_live(judgement)
    assert (reason["passed"], reason["state"], judgement["blessed"]) == (None, "failed", True)
    assert reason["sentence"].startswith("The live model (version 3) fails on 2,100 rows of 7 days")
    assert "is above the baseline" in reason["sentence"]
    assert "(must be at least 0.6)" in reason["sentence"]
    assert "live" not in {each["check"] for each in judgement["reasons"] if each["passed"] is False}


def test_what_few_rows_show_by_chance_is_no_failure() -> None:
    states = []
    for seed in range(40):
        rows = make_rows(40, seed=seed)
        reason = live.check_live(evidence_of(rows, LIVE), SETTINGS)
        states.append(reason.state if reason else "")
    assert set(states) == {"passed", "inconclusive"}
    assert states.count("inconclusive") <= 3


def test_rows_that_it_was_trained_on_do_not_count() -> None:
    trained = dataclasses.replace(LIVE, trained_to="2013-03-31")
    reason = of_live(judged(swapped(make_rows()), trained))
    assert (reason["state"], "only 0 are new to it" in reason["sentence"]) == ("not_checked", True)


def test_without_a_live_model_there_is_no_check() -> None:
    assert live.check_live(evidence_of(make_rows()), SETTINGS) is None


def spans(rows: Rows) -> list[str]:
    evidence = evidence_of(rows, LIVE)
    return [each["span"] for each in live.failing_spans(evidence, SETTINGS)]


def test_a_span_on_which_every_model_fails_is_named_and_no_other() -> None:
    rows = make_rows()
    half = np.arange(2100) % 2 == 0
    mixed = dataclasses.replace(
        rows,
        labels=np.where(half, 1 - rows.labels, rows.labels).astype(np.int8),
        spans=np.where(half, "2013-04", "2013-03"),
    )
    assert spans(mixed) == ["2013-04"]
    # A candidate that learned from the span's other rows shows that there is something to learn.
    learned = np.where(half, 1 - rows.candidate, rows.candidate)
    assert spans(dataclasses.replace(mixed, candidate=learned)) == []


@pytest.mark.parametrize("kind", ["multiclass", "regression"])
def test_other_tasks_have_it_too(kind: Kind) -> None:
    random = np.random.default_rng(1)
    task = Task(kind, "y", ("a", "b", "c") if kind == "multiclass" else ())
    labels = random.integers(0, 3, 300) if kind == "multiclass" else random.normal(0, 1, 300)
    good = np.eye(3)[labels] * 0.8 + 0.2 / 3 if kind == "multiclass" else labels + random.normal(0, 0.3, 300)
    bad = np.roll(good, 1, axis=1) if kind == "multiclass" else -good
    floor = {"auc": {"min": 0.55}} if kind == "multiclass" else {"r2": {"min": 0.0}}
    settings = EVALUATIONS[kind].model_validate({"bounds": floor})
    distribution = [1 / 3] * 3 if kind == "multiclass" else 0.0
    for answers, state in ((good, "passed"), (bad, "failed")):
        rows = Rows(labels, good, answers)
        evidence = Evidence(task, rows, rows, {}, distribution, LiveModel(version=1))
        reason = live.check_live(evidence, settings)
        assert reason is not None
        assert reason.state == state
