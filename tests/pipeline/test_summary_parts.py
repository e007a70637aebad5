"""Parts of a run's summary."""

import pytest

from pipeline.summary_parts import spans_trained_on


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
