"""A table is cut into the shortest spans that are few and large."""

import numpy as np
import pytest

from commands.cutting.spans import MOST_SPANS, SpanRule, TableSpan, span_numbers, span_rule, spans_of
from tests.commands.new.tables import Array, days_from


class TestSpans:
    @pytest.mark.parametrize(
        ("days", "description", "first"),
        [
            (days_from("2023-01-01", 14, 200), "one per day", "2023-01-01"),
            (days_from("2023-01-01", 365, 20), "one per month", "2023-01"),
            (days_from("2010-01-01", 365 * 10, 2), "one per year", "2010"),
            (days_from("1958-03-01", 365 * 44, 1)[::7], "one per 2 years", "1958"),
            (days_from("2023-01-01", 150, 1), "all rows together", "1"),
        ],
    )
    def test_they_are_the_shortest_that_are_few_and_large(
        self, days: Array, description: str, first: str
    ) -> None:
        rule = span_rule(days)
        spans = spans_of(days, len(days), rule)
        assert rule.description == description
        assert spans[0].name == first
        assert len(spans) <= MOST_SPANS
        assert sum(span.rows for span in spans) == len(days)
        rows = np.bincount(span_numbers(days, len(days), rule, spans))
        assert rows.tolist() == [span.rows for span in spans]

    @pytest.mark.parametrize(
        ("rule", "span", "last"),
        [
            (SpanRule("day"), "2024-02-03", "2024-02-03"),
            (SpanRule("month"), "2024-02", "2024-02-29"),
            (SpanRule("number", 5), "2020", "2024-12-31"),
        ],
    )
    def test_they_have_a_last_day(self, rule: SpanRule, span: str, last: str) -> None:
        assert str(rule.last_day(span)) == last

    def test_without_a_time_there_is_one(self) -> None:
        assert spans_of(None, 150, span_rule(None)) == (TableSpan("1", 150),)
