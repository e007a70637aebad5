"""When a refit model agrees with the judged candidate: loss on anchors, and the scores as a whole."""

from typing import Any

import numpy as np
import pytest

from components.agreement.compare import PairedScores, agreement
from components.agreement.settings import AgreementBounds, AgreementLimits
from perennial.task import Kind

LIMITS = AgreementLimits(bounds=AgreementBounds(), anchor_rows=100, anchor_increase=0.01, anchor_share=0.02)
RANDOM = np.random.default_rng(1)


def _binary(count: int, shift: float = 0.0, noise: float = 0.0) -> PairedScores:
    judged = RANDOM.uniform(0.1, 0.6, count)
    labels = (RANDOM.random(count) < judged).astype(np.int64)
    refit = np.clip(judged + shift + RANDOM.normal(0, noise, count), 0.001, 0.999)
    return PairedScores(labels, judged.astype(np.float32), refit.astype(np.float32))


def _compared(
    kind: Kind, judged_by: PairedScores, anchors: PairedScores, limits: AgreementLimits = LIMITS
) -> dict[str, Any]:
    return agreement(kind, judged_by, anchors, 10.0 if kind == "regression" else None, limits)


def _wrong(result: dict[str, Any]) -> list[str]:
    return [each["name"] for each in result["figures"] if not each["agrees"]]


def test_an_equal_model_agrees_whatever_the_limits() -> None:
    none = AgreementBounds(max_mean_difference=0, max_ks=0, max_sum_difference=0)
    limits = LIMITS.model_copy(update={"bounds": none, "anchor_increase": 0.0})
    result = _compared("binary", _binary(900), _binary(300), limits)
    assert (result["agrees"], result["rows"], result["anchors"]) == (True, 1200, 300)
    assert [each["name"] for each in result["figures"]] == [
        "anchor_loss",
        "mean_difference",
        "ks",
        "sum_difference",
    ]
    assert result["sentence"].startswith("The refit model agrees with the judged candidate. On 1,200 rows:")


@pytest.mark.parametrize(
    ("judged_by", "anchors", "wrong"),
    [
        (_binary(900, shift=0.02, noise=0.01), _binary(300), []),
        (_binary(300), _binary(300, shift=0.35), ["anchor_loss", "mean_difference", "ks", "sum_difference"]),
        (_binary(900, shift=0.2), _binary(300), ["mean_difference", "ks", "sum_difference"]),
        (_binary(900, noise=0.2), _binary(300), ["mean_difference"]),
    ],
)
def test_what_differs_too_much_is_named(
    judged_by: PairedScores, anchors: PairedScores, wrong: list[str]
) -> None:
    result = _compared("binary", judged_by, anchors)
    assert _wrong(result) == wrong
    assert result["agrees"] is not bool(wrong)
    if wrong:
        assert result["sentence"].startswith("The refit model does not agree")
        words = {each["name"]: each["words"] for each in result["figures"]}
        assert all(words[name] in result["sentence"] for name in wrong)


def test_the_loss_is_not_compared_on_few_anchors() -> None:
    result = _compared("binary", _binary(900), _binary(99, shift=0.1))
    assert "anchor_loss" not in [each["name"] for each in result["figures"]]


def test_a_model_that_gives_no_score_does_not_agree() -> None:
    rows = _binary(200)
    rows.refit[3] = np.nan
    result = _compared("binary", rows, _binary(200))
    assert (result["agrees"], result["figures"]) == (False, [])
    assert "no score for 1 of 400 rows" in result["sentence"]
    none = _binary(0)
    assert _compared("binary", none, none)["agrees"] is False


def test_of_several_classes_each_counts_that_is_expected_at_all() -> None:
    judged = np.tile([0.7, 0.299, 0.001], (1000, 1))
    labels = RANDOM.integers(0, 2, 1000)
    none = PairedScores(np.zeros(0, np.int64), np.zeros((0, 3)), np.zeros((0, 3)))
    # The third class is expected in one row of a thousand: that it is twice as likely now says nothing.
    rare = judged + np.array([0, -0.001, 0.001])
    assert _compared("multiclass", PairedScores(labels, judged, rare), none)["agrees"]
    moved = judged + np.array([-0.1, 0.1, 0])
    result = _compared("multiclass", PairedScores(labels, judged, moved), none)
    assert "sum_difference" in _wrong(result)
    figures = {each["name"]: each["value"] for each in result["figures"]}
    assert figures["mean_difference"] == pytest.approx(0.1)
    assert figures["sum_difference"] == pytest.approx(0.1 / 0.299, rel=0.05)


def test_the_scores_of_a_weak_model_may_move_a_little_together() -> None:
    judged = 0.2 + RANDOM.normal(0, 1e-3, 1000)
    labels = (RANDOM.random(1000) < judged).astype(np.int64)
    ks = [
        {each["name"]: each["value"] for each in _compared("binary", rows, _binary(0))["figures"]}["ks"]
        for rows in (PairedScores(labels, judged, judged + 0.01), PairedScores(labels, judged, judged + 0.05))
    ]
    assert ks == [0.0, 1.0]


def test_numbers_are_compared_in_deviations_of_the_label() -> None:
    labels = RANDOM.normal(10, 100, 1000)
    judged = np.asarray(labels + RANDOM.normal(0, 30, 1000), np.float64)
    limits = LIMITS.model_copy(update={"anchor_increase": None})
    rows = PairedScores(labels, judged, judged + 30.0)
    figures = {each["name"]: each for each in _compared("regression", rows, rows, limits)["figures"]}
    assert figures["mean_difference"]["value"] == pytest.approx(0.3, rel=0.1)
    assert figures["anchor_loss"]["limit"] == pytest.approx(2, rel=0.1)  # 2% of what the mean costs
    assert not figures["anchor_loss"]["agrees"]
    assert "standard deviations of the label" in figures["mean_difference"]["words"]
