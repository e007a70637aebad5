"""A result that is too good is noted, unless the champion has it too."""

import dataclasses
from typing import Any

import numpy as np

from components.evaluator.evidence import Evidence, LiveModel, Rows
from components.evaluator.too_good import note_too_good
from tests.components.evaluator.test_judge import evidence_of, make_rows, metrics_of


def leaking(rows: Rows) -> Rows:
    return dataclasses.replace(rows, candidate=np.where(rows.labels > 0, 0.999, 0.001))


def sentence(evidence: Evidence, champion: Any = None) -> str:
    note = note_too_good(evidence, champion)
    return note.sentence if note else ""


def test_a_perfect_candidate_is_suspicious_and_is_not_withheld() -> None:
    note = note_too_good(evidence_of(leaking(make_rows())), None)
    assert note is not None
    assert (note.passed, note.state) == (None, "noted")
    assert note.sentence.startswith("Suspicious: on 2,100 rows of 7 days")
    assert "The candidate has an AUC of 1.0000, and the baseline is far from that" in note.sentence


def test_so_is_scikit_learn_on_the_same_rows() -> None:
    evidence = dataclasses.replace(
        evidence_of(make_rows()), yardstick={"metrics": {"auc": 1.0, "log_loss": 0.02}}
    )
    assert "scikit-learn has an AUC of 1.0000" in sentence(evidence)


def test_what_the_champion_reaches_too_is_no_news() -> None:
    rows = leaking(make_rows(noise=1.0))
    evidence = evidence_of(rows, LiveModel(1))
    assert "the baseline and the champion are far" in sentence(evidence, metrics_of(rows, rows.champion))
    assert sentence(evidence, metrics_of(rows, rows.candidate)) == ""


def test_a_good_model_is_not_suspicious() -> None:
    assert sentence(evidence_of(make_rows())) == ""
