"""Evaluated rows of one label only: the cause is named, not that a metric has no value."""

import numpy as np
import pytest

from components.evaluator.evidence import Rows
from components.evaluator.judgement import make_judgement
from tests.components.evaluator.test_judge import SETTINGS, evidence_of, make_rows


@pytest.mark.parametrize(("days", "setting"), [(7, "window.eval_days or "), (None, "Raise window.eval_min")])
def test_rows_of_one_class_are_the_reason_and_the_setting_is_named(days: int | None, setting: str) -> None:
    rows = make_rows(300, days=days)
    one = Rows(np.zeros(300, np.int8), rows.candidate / 9, None, rows.days, rows.slices)
    judgement = make_judgement(evidence_of(one), SETTINGS)
    assert judgement["blessed"] is False
    reasons = {reason["check"]: reason["sentence"] for reason in judgement["reasons"]}
    assert reasons["one_class"].startswith("All 300 rows")
    assert "have the label 0" in reasons["one_class"]
    assert setting in reasons["one_class"]
    assert not any("no value" in sentence for sentence in reasons.values())


def test_rows_of_both_classes_have_no_such_reason() -> None:
    checks = {reason["check"] for reason in make_judgement(evidence_of(make_rows()), SETTINGS)["reasons"]}
    assert "one_class" not in checks
    assert "bounds" in checks
