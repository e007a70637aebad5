"""Rows of another period, of another span, in two files, or without a label."""

from typing import Any

import numpy as np
import pytest

from components.data_gate.settings import GateSettings, Rule
from components.data_gate.span_rows import OtherSpan, RowsJudgement, SpanRows, judge_rows, new_columns
from perennial.row_sketch import sketch_of

MONTH = {"first": "2013-02-01", "last": "2013-02-28", "before": 0, "after": 0}
SETTINGS = GateSettings()


def numbered(*rows: int) -> Any:
    return sketch_of(np.array([row * 0x9E3779B97F4A7C15 % 2**64 for row in rows], np.uint64), "c")


def judged(
    rows: Any, others: dict[str, Any], settings: GateSettings = SETTINGS, **summary: Any
) -> RowsJudgement:
    known = {
        "digest": "d",
        "rows": 100,
        "outside_period": MONTH,
        "stray_days": None,
        "repeated_files": [],
        "unlabelled": 0,
        "unlabelled_late": 0,
        "unlabelled_days": None,
        "splits": {"head": {"days": 1}},
        "zones": {},
    }
    spans = tuple(OtherSpan(name, f"of {name}", sketch) for name, sketch in others.items())
    return judge_rows(SpanRows(known | summary, rows, spans), settings)


def findings(judgement: RowsJudgement) -> list[tuple[str, str]]:
    return [(anomaly.kind, anomaly.severity) for anomaly in judgement.anomalies]


def test_new_rows_of_the_spans_own_period_have_no_finding() -> None:
    judgement = judged(numbered(*range(100)), {"2013-01": numbered(*range(100, 200))})
    assert (judgement.anomalies, judgement.not_checked) == ((), ())
    assert judgement.checked == ("Rows were compared with those of 1 other span in use.",)


def test_a_span_whose_outputs_are_lost_is_not_compared_and_named() -> None:
    judgement = judged(numbered(*range(100)), {"2013-01": numbered(*range(100, 200)), "2012-12": None})
    assert len(judgement.not_checked) == 1
    assert judgement.not_checked[0].startswith("Rows were not compared with those of span 2012-12: ")
    assert judgement.checked == ("Rows were compared with those of 1 other span in use.",)


def test_the_same_rows_in_another_order_are_the_same_content() -> None:
    judgement = judged(numbered(*range(100)), {"2013-01": numbered(*range(99, -1, -1))})
    assert findings(judgement) == [("same_content", "block")]
    assert "span 2013-01" in judgement.anomalies[0].message


def test_the_same_files_are_the_same_content_even_where_a_span_has_no_sketch() -> None:
    assert findings(judged(None, {"2013-01": None}, digest="of 2013-01")) == [("same_content", "block")]


@pytest.mark.parametrize(
    ("seen", "severity"), [(4, None), (6, "warn"), (50, "warn"), (51, "block"), (99, "block")]
)
def test_rows_of_other_spans_warn_and_above_half_block(seen: int, severity: str | None) -> None:
    others = {"2013-01": numbered(*range(seen // 2)), "2012-12": numbered(*range(seen // 2, seen), 500)}
    expected = [("rows_seen", severity)] if severity else []
    assert findings(judged(numbered(*range(100)), others)) == expected


def test_where_rows_repeat_by_nature_seeing_them_again_is_not_checked() -> None:
    few = numbered(*(row % 10 for row in range(100)), *range(10, 40))
    timeless: dict[str, Any] = {"outside_period": None}
    judgement = judged(
        few, {"1": few.below(2**64), "2": numbered(*(row % 9 for row in range(90)))}, **timeless
    )
    assert findings(judgement) == [("same_content", "block")]
    again = numbered(*(row % 10 for row in range(110)), *range(10, 40))
    judgement = judged(again, {"1": few}, **timeless)
    assert judgement.anomalies == ()
    assert any("rows repeat in this table" in sentence for sentence in judgement.not_checked)


def test_of_few_rows_without_a_period_nothing_follows() -> None:
    judgement = judged(numbered(1, 2), {"1": numbered(1, 2)}, outside_period=None)
    assert judgement.anomalies == ()
    assert "too few rows" in judgement.not_checked[1]
    assert findings(judged(numbered(1, 2), {"1": numbered(1, 2)})) == [("same_content", "block")]


def test_spans_with_other_columns_are_not_compared() -> None:
    other = sketch_of(np.arange(100, dtype=np.uint64), "other columns")
    judgement = judged(numbered(*range(100)), {"1": other})
    assert judgement.anomalies == ()
    assert "other columns" in judgement.not_checked[0]


@pytest.mark.parametrize(
    ("before", "after", "severity"), [(0, 1, "warn"), (5, 0, "warn"), (3, 3, "block"), (100, 0, "block")]
)
def test_rows_outside_of_the_period_warn_and_many_block(before: int, after: int, severity: str) -> None:
    month = MONTH | {"before": before, "after": after}
    assert findings(judged(numbered(1), {}, outside_period=month)) == [("outside_period", severity)]
    rules = [{"anomaly": "outside_period", "action": "note"}]
    noted = GateSettings.model_validate({"policy": rules})
    assert findings(judged(numbered(1), {}, noted, outside_period=month)) == [("outside_period", "note")]


@pytest.mark.parametrize(("before", "after", "severity"), [(1, 0, "warn"), (2, 3, "warn"), (0, 6, "block")])
def test_rows_with_days_far_from_the_others_warn_and_many_block(
    before: int, after: int, severity: str
) -> None:
    stray = {"first": "2013-02-01", "last": "2013-02-28", "before": before, "after": after}
    judgement = judged(numbered(1), {}, outside_period=None, stray_days=stray)
    assert findings(judgement) == [("stray_days", severity)]
    assert f"{before + after} have days far from those of the others" in judgement.anomalies[0].message


def test_a_repeated_file_and_missing_labels_are_reported() -> None:
    files = [["b.csv", "a.csv"], ["c.csv", "a.csv"]]
    labels: dict[str, Any] = {
        "unlabelled": 50,
        "unlabelled_late": 48,
        "unlabelled_days": ["2013-02-03", "2013-02-28"],
    }
    judgement = judged(numbered(1), {}, repeated_files=files, **labels)
    assert findings(judgement) == [
        ("repeated_file", "warn"),
        ("labels_late", "note"),
        ("labels_missing", "warn"),
    ]
    messages = [anomaly.message for anomaly in judgement.anomalies]
    assert messages[0].startswith(
        "b.csv has the same rows as a.csv, which are used once; so it is with 1 more file. Remove"
    )
    assert all("exports.max_unlabelled_share" in message for message in messages[1:])


def test_a_column_that_the_schema_does_not_have_is_named_with_the_command_that_follows_it() -> None:
    rule = Rule(feature="note", anomaly="new_column", action="note")
    summary = {"ignored_columns": ["_extra", "aside", "note", "seats"]}
    findings_of_columns = list(new_columns(summary, ["aside", "temp"], GateSettings(policy=(rule,))))
    assert [(one.feature, one.kind, one.severity) for one in findings_of_columns] == [
        ("note", "new_column", "note"),
        ("seats", "new_column", "warn"),
    ]
    assert "`evolve NAME --from EXPORT`" in findings_of_columns[1].message
