from benchmarks.quality.drift.goals import ORACLE, OTHERS, SURE, by_chance, measured, met, missed, pooled
from benchmarks.quality.drift.own_kinds import KINDS
from benchmarks.quality.drift.page_tables import goals, recalls
from benchmarks.quality.drift.plan import BenchPlan
from benchmarks.quality.drift.results import KindRow
from benchmarks.quality.drift.verdicts import Recall


def row(kind: str, oracle: float | None, alarm: float, right: float, other: float | None = None) -> KindRow:
    """A row of 100 plants; `other` is what a tool finds."""
    matched = {} if other is None else {"tfdv": Recall(100, other, other)}
    return KindRow(KINDS[kind], 0.1, 100, oracle, Recall(100, alarm, right), {}, matched)


ROWS = [
    row("nothing", 0.01, 0.02, 0.0),
    row("typo", 1.0, 0.96, 0.94, other=0.5),
    row("missing", 0.5, 0.44, 0.4, other=0.6),
    row("join-mixed", None, 0.3, 0.3, other=0.1),
    row("labels", 0.06, 0.06, 0.06),
    row("size-rows", 1.0, 0.0, 0.0),
]


def test_each_goal_is_about_the_rows_that_it_can_be_about() -> None:
    rows = measured(ROWS)
    names = {
        goal: tuple([each.kind.name for each in part] for part in missed(rows, goal))
        for goal in (ORACLE, SURE, OTHERS)
    }
    assert names == {
        ORACLE: (["missing"], ["typo", "missing", "labels"]),
        SURE: (["typo"], ["typo"]),
        OTHERS: (["missing"], ["typo", "missing", "join-mixed"]),
    }
    assert not met(ROWS)
    assert met([row("typo", 1.0, 0.96, 0.96, other=0.5)])
    assert not met([])


def test_what_the_oracle_finds_by_chance_is_named_beside_the_goals() -> None:
    assert by_chance(row("labels", 0.06, 0.0, 0.0), 0.01)
    assert not by_chance(row("labels", 0.07, 0.0, 0.0), 0.01)
    assert not by_chance(row("join-mixed", None, 0.3, 0.3), 0.01)
    text = goals(ROWS)
    assert "1 of 3 rows miss: recall at least 90% of the oracle's. Missed: missing 0.1." in text
    assert "In 1 rows the oracle finds hardly more than in clean rows: labels 0.1." in text


def test_all_rows_together_are_compared_with_the_oracle() -> None:
    assert pooled([row("typo", 1.0, 0.8, 0.8), row("missing", 0.5, 0.4, 0.4)]) == (0.6000000000000001, 0.75)
    assert pooled([row("join-mixed", None, 0.3, 0.3)]) == (0.0, 0.0)


def test_a_table_of_recalls_has_a_line_for_each_kind_and_none_for_sizes() -> None:
    plan = BenchPlan(100, 100, 5, tuple(KINDS.values()), ("daily",), (), 1)
    lines = recalls(ROWS, plan).splitlines()
    assert len(lines) == 2 + 5
    assert lines[3].startswith("| a letter changed (AVH) | 0.1 | 100 | 1.00 | 0.96 (0.94) | 0.96 |")
