"""The tables of the page of the drift benchmark that are of plants, and which goals they meet."""

from collections.abc import Sequence
from typing import Final

from benchmarks.harness.table import table
from benchmarks.quality.drift.goals import GOALS, by_chance, measured, missed, pooled
from benchmarks.quality.drift.plan import BenchPlan
from benchmarks.quality.drift.rates import size_seen
from benchmarks.quality.drift.results import KindRow

NONE: Final = "-"
NOT_MEASURED: Final = "Not measured yet."


def recalls(rows: Sequence[KindRow], plan: BenchPlan) -> str:
    """What is found at the stated rate, by kind and share."""
    lines = []
    for row in rows:
        if row.kind.sizes:
            continue
        ours = f"{row.ours.alarm:.2f} ({row.ours.right:.2f})" if row.ours else NONE
        of_oracle = NONE
        if row.ours and row.oracle:
            of_oracle = f"{row.ours.alarm / row.oracle:.2f}"
        others = []
        for tool in plan.tools:
            verdicts = row.matched.get(tool.name)
            nothing = "never" if tool.name in row.matched else NONE
            others.append(f"{verdicts.alarm:.2f} ({verdicts.right:.2f})" if verdicts else nothing)
        oracle = "none" if row.oracle is None else f"{row.oracle:.2f}"
        lines.append([_kind(row), f"{row.share:g}", str(row.plants), oracle, ours, of_oracle, *others])
    if not lines:
        return NOT_MEASURED
    head = ["kind", "share", "plants", "oracle", "ours", "of oracle", *(tool.title for tool in plan.tools)]
    return table(head, lines)


def defaults(rows: Sequence[KindRow], plan: BenchPlan) -> str:
    """What other tools find as they are set by default."""
    lines = []
    for row in rows:
        if row.kind.sizes or not row.default:
            continue
        cells = [
            f"{verdicts.alarm:.2f} ({verdicts.right:.2f})"
            if (verdicts := row.default.get(tool.name))
            else NONE
            for tool in plan.tools
        ]
        lines.append([_kind(row), f"{row.share:g}", *cells])
    if not lines:
        return NOT_MEASURED
    return table(["kind", "share", *(tool.title for tool in plan.tools)], lines)


def sizes(rows: Sequence[KindRow]) -> str:
    """The size of a change that is found in half and in 95 of 100 plants."""
    by_kind: dict[str, list[KindRow]] = {}
    for row in rows:
        if row.kind.sizes and row.ours:
            by_kind.setdefault(row.kind.name, []).append(row)
    lines = []
    for of_kind in by_kind.values():
        kind = of_kind[0].kind
        ours = {row.share: row.ours.alarm for row in of_kind if row.ours}
        oracle = {row.share: row.oracle for row in of_kind if row.oracle is not None}
        seen = [size_seen(recalls, wanted) for recalls in (ours, oracle) for wanted in (0.5, 0.95)]
        largest = max(kind.shares)
        lines.append(
            [
                kind.title,
                kind.unit,
                *(f"over {largest:g}" if size is None else f"{size:.2g}" for size in seen),
            ]
        )
    if not lines:
        return NOT_MEASURED
    return table(["", "unit", "ours, 50%", "ours, 95%", "oracle, 50%", "oracle, 95%"], lines)


def goals(rows: Sequence[KindRow]) -> str:
    """Which rows of kinds and shares miss which goal."""
    kinds = measured(rows)
    if not kinds:
        return NOT_MEASURED
    lines = []
    for goal, what in GOALS.items():
        failed, of_goal = missed(kinds, goal)
        names = f" Missed: {_names(failed)}." if failed else ""
        lines.append(f"- {len(failed)} of {len(of_goal)} rows miss: {what}.{names}")
    ours, oracle = pooled(kinds)
    if oracle:
        lines.append(f"- All rows with an oracle together: {ours:.3f} of {oracle:.3f}, {ours / oracle:.0%}.")
    clean = {row.kind.days: row.oracle or 0.0 for row in rows if row.kind.is_control}
    chance = [row for row in kinds if by_chance(row, clean.get(row.kind.days, clean.get(1, 0.0)))]
    if chance:
        lines.append(
            f"- In {len(chance)} rows the oracle finds hardly more than in clean rows: {_names(chance)}."
        )
    return "\n".join(lines)


def _names(rows: Sequence[KindRow]) -> str:
    return ", ".join(f"{row.kind.name} {row.share:g}" for row in rows)


def _kind(row: KindRow) -> str:
    return f"{row.kind.title} (AVH)" if row.kind.source == "AVH" else row.kind.title
