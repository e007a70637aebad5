"""Rows that the champion was trained on, by the parts of spans that they come from."""

import dataclasses

import numpy as np

from components.evaluator.evidence import LiveModel
from components.evaluator.seen import parts_of_rows, trained_parts
from tests.components.evaluator.test_judge import changed, judged, make_rows

CARD = {
    "spans": [
        {"span": "1", "digest": "A", "train_splits": ["head", "tail"]},
        {"span": "2", "digest": "B", "train_splits": ["head"]},
    ]
}


def _part(digest: str, split: str, rows: int) -> dict[str, object]:
    return {"span": "s", "digest": digest, "split": split, "rows": rows}


def test_each_row_is_of_a_part_in_the_order_of_the_window() -> None:
    parts = parts_of_rows({"eval_parts": [_part("B", "tail", 2), _part("A", "tail", 1)]})
    assert parts is not None
    assert np.isin(parts, sorted(trained_parts(CARD))).tolist() == [False, False, True]


def test_a_card_of_an_older_release_names_no_parts() -> None:
    assert trained_parts({"spans": [{"span": "1", "digest": "A", "train_rows": 9}]}) == frozenset()
    assert parts_of_rows({}) is None


def test_without_days_rows_that_the_champion_was_trained_on_leave_the_comparison() -> None:
    rows = make_rows(noise=1.0)
    half = len(rows.labels) // 2
    memorised = np.asarray(rows.champion).copy()
    memorised[:half] = np.where(rows.labels[:half] == 1, 0.999, 0.001)
    names = parts_of_rows(
        {"eval_parts": [_part("A", "tail", half), _part("C", "head", len(rows.labels) - half)]}
    )
    no_days = dataclasses.replace(changed(rows, champion=memorised), days=None, parts=names)
    champion = LiveModel(3, trained_parts=trained_parts(CARD))
    assert judged(no_days, LiveModel(3))["comparison"]["outcome"] != "better"
    result = judged(no_days, champion)
    assert result["comparison"]["outcome"] == "better"
    assert result["comparison"]["rows"] == len(rows.labels) - half
    sentence = result["reasons"]["champion"]["sentence"]
    assert f"Rows left out because the champion was trained on them: {half:,}." in sentence
