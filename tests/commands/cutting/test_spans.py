"""A table is cut into the shortest spans that are few and large."""

import numpy as np
import pytest

from commands.cutting.spans import MOST_SPANS, SpanRule, TableSpan, span_numbers, span_rule, spans_of
from perennial import clock
from pipeline.span_names import SpanKind
from serving.reading.time_zones import zone
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
        ("rule", "span", "end"),
        [
            (SpanRule("hour"), "2024-02-03T23", "2024-02-04T00:00:00Z"),
            (SpanRule("day"), "2024-02-03", "2024-02-03T23:00:00Z"),
            (SpanRule("week"), "2024-W01", "2024-01-07T23:00:00Z"),
            (SpanRule("month"), "2024-03", "2024-03-31T22:00:00Z"),
            (SpanRule("number", 5), "2020", "2024-12-31T23:00:00Z"),
        ],
    )
    def test_they_end_at_a_midnight_of_their_zone(self, rule: SpanRule, span: str, end: str) -> None:
        assert clock.stamp(rule.end_of(span, zone("Europe/Berlin"))) == end

    @pytest.mark.parametrize(
        ("kind", "time", "span"),
        [
            ("week", "2013-01-01", "2013-W01"),
            ("week", "2012-12-31", "2013-W01"),
            ("week", "2016-01-03", "2015-W53"),
            ("hour", "2013-01-15 06", "2013-01-15T06"),
        ],
    )
    def test_a_week_and_an_hour_have_the_rows_of_their_time(
        self, kind: SpanKind, time: str, span: str
    ) -> None:
        assert SpanRule(kind).span_of(time) == span

    def test_without_a_time_there_is_one(self) -> None:
        assert spans_of(None, 150, span_rule(None)) == (TableSpan("1", 150),)
