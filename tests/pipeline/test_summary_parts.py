"""Parts of a run's summary."""

from typing import Any

import pytest

from pipeline.summary_parts import LeftOut, TrainedOn, spans_trained_on


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        ([{"span": "1", "train_rows": 7}, {"span": "2", "train_rows": 0}], ("1",)),
        ([{"span": "1"}, {"span": "2"}], ("1", "2")),  # as an older release wrote them
        ([], ()),
    ],
)
def test_only_spans_with_rows_to_train_on_count(
    spans: list[dict[str, object]], expected: tuple[str, ...]
) -> None:
    assert spans_trained_on(spans) == expected


def test_rows_left_out_of_training_are_named_by_span() -> None:
    days: dict[str, Any] = {"first_day": "2024-04-24", "last_day": "2024-04-30"}
    left_out = [LeftOut(span=f"2024-0{number}", rows=1000 * number, **days) for number in range(1, 6)]
    known: dict[str, Any] = {"spans": (), "first_day": None, "last_day": None, "days": 0, "rows": 1}
    assert TrainedOn(**known).left_out_sentence == ""
    assert TrainedOn(**known, left_out=tuple(left_out)).left_out_sentence == (
        "Left out of training, because their days are not before those evaluated on: "
        "rows 1,000 of span 2024-01, 2,000 of span 2024-02, 3,000 of span 2024-03 and of 2 more spans."
    )
