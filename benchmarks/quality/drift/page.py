"""The page of the drift benchmark: `docs/drift-benchmark.md`."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from benchmarks.harness.page import Outcome
from benchmarks.harness.table import table
from benchmarks.quality.drift.goals import LEAST_OF_ORACLE, LEAST_SEEN, SEEN_BY_ORACLE, met, missed
from benchmarks.quality.drift.plan import BenchPlan
from benchmarks.quality.drift.plants import DAILY, MONTHLY
from benchmarks.quality.drift.rates import AlarmRatio, size_seen
from benchmarks.quality.drift.results import KindRow, TableResults
from perennial.files import read_json

BEGIN: Final = "<!-- written by make bench-drift -->"
END: Final = "<!-- end -->"
_NONE: Final = "-"
_LOW, _HIGH = 0.75, 1.25
_NAMES: Final = {"flights": "Flights", "bikes": "Bicycles, which nobody tuned"}
_HOW: Final = """\
One false alarm in 90 days is stated; the rest is by default. Ours calibrates on the days before and judges;
the oracle and the other tools are given the same rows. Replicas without drift are blocks of 14 real days put
in the place of others of the same weekdays and the same season (24 days to either side). A plant is a real
day, or month, with one kind of damage; the days before it are clean. **AVH** marks the kinds of
[Auto-Validate-by-History](https://github.com/microsoft/Auto-Validate-by-History). The oracle is one statistic
of the damaged column, with the direction known, at the same rate on the same days before.

Other tools:
"""
_RECALL: Final = """\
Share of plants that alarm; in brackets: with the right column. `of oracle` is ours over the oracle's. Other
tools: at the rate of one in 90 that they have on replicas; `never` where no threshold has it."""


def page(results: Sequence[TableResults], plan: BenchPlan, cost: Path | None, *, whole: bool) -> Outcome:
    """The page of what is measured; good where every goal is met."""
    parts = [BEGIN, _HOW + "\n".join(f"- **{tool.title}**: {tool.how}" for tool in plan.tools)]
    good = True
    for each in results:
        text, is_good = _table_part(each, plan)
        parts.append(text)
        good &= is_good
    parts.append(_cost(cost))
    parts.append(END)
    return Outcome("\n\n".join(parts), good=good, whole=whole)


def _table_part(results: TableResults, plan: BenchPlan) -> tuple[str, bool]:
    name = results.table.name
    daily = results.rows(DAILY) if DAILY in plan.periods else []
    monthly = results.rows(MONTHLY) if MONTHLY in plan.periods else []
    goals = [*met(daily), *met(monthly)]
    ratio = results.false_alarms()
    in_bounds = ratio is not None and ratio.within(_LOW, _HIGH)
    parts = [
        f"## {_NAMES.get(name, name)}",
        f"{results.table.days} days, {len(results.table.rows):,} rows, {len(results.table.columns)} columns.",
        f"### False alarms\n{_false_alarms(results, plan)}",
        f"### The real year\n{_year(results)}",
        f"### Plants in days\n{_RECALL}\n\n{_recalls(daily, plan)}",
        f"### As they are set by default, days\n{_defaults(daily, plan)}",
        f"### The size that is found\n{_sizes(daily)}",
        f"### Plants in months\n{_recalls(monthly, plan)}" if monthly else "",
        f"### Goals\n{_goals([*daily, *monthly])}",
    ]
    return "\n\n".join(part for part in parts if part), in_bounds and all(goals)


def _false_alarms(results: TableResults, plan: BenchPlan) -> str:
    rows = []
    for what in ("alarms", "openings"):
        ratio = results.false_alarms(what)
        if ratio is not None:
            bounds = "met" if ratio.within(_LOW, _HIGH) else "**missed**"
            rows.append([f"ours, {what}", *_ratio(ratio), _NONE, bounds])
    for tool in plan.tools:
        of_tool = results.tool_alarms(tool)
        if of_tool is not None:
            ratio, loud = of_tool
            rows.append([f"{tool.title}, default", *_ratio(ratio), f"{loud:.0%}", ""])
    if not rows:
        return "Not measured yet."
    goal = f"goal: within {_LOW} to {_HIGH}"
    return table(["", "days", "alarms", "realised over stated", "95% interval", "days in alarm", goal], rows)


def _ratio(ratio: AlarmRatio) -> list[str]:
    return [
        f"{ratio.days:,}",
        str(ratio.alarms),
        f"{ratio.value:.2f}",
        f"{ratio.low:.2f} to {ratio.high:.2f}",
    ]


def _year(results: TableResults) -> str:
    alarms = results.year
    if alarms is None:
        return "Not measured yet."
    judged = results.table.days - results.table.history
    rows = [_alarm(each) for each in alarms]
    lines = [
        f"{len(alarms)} alarms in {judged} days, judged 30 days at a time; {judged / 90:.1f} are stated."
    ]
    others = [
        f"{tool.title} {count}"
        for tool in results.plan.tools
        if (count := results.tool_openings(tool)) is not None
    ]
    lines += [f"By default: {', '.join(others)}."] if others else []
    lines += [table(["days", "columns", "what", "value", "expected", "unit"], rows)] if rows else []
    return "\n\n".join(lines)


def _recalls(rows: Sequence[KindRow], plan: BenchPlan) -> str:
    lines = []
    for row in rows:
        if row.kind.sizes:
            continue
        ours = f"{row.ours.alarm:.2f} ({row.ours.right:.2f})" if row.ours else _NONE
        of_oracle = _NONE
        if row.ours and row.oracle:
            of_oracle = f"{row.ours.alarm / row.oracle:.2f}"
        others = []
        for tool in plan.tools:
            verdicts = row.matched.get(tool.name)
            nothing = "never" if tool.name in row.matched else _NONE
            others.append(f"{verdicts.alarm:.2f} ({verdicts.right:.2f})" if verdicts else nothing)
        oracle = "none" if row.oracle is None else f"{row.oracle:.2f}"
        lines.append([_kind(row), f"{row.share:g}", str(row.plants), oracle, ours, of_oracle, *others])
    if not lines:
        return "Not measured yet."
    head = ["kind", "share", "plants", "oracle", "ours", "of oracle", *(tool.title for tool in plan.tools)]
    return table(head, lines)


def _defaults(rows: Sequence[KindRow], plan: BenchPlan) -> str:
    lines = []
    for row in rows:
        if row.kind.sizes or not row.default:
            continue
        cells = [
            f"{verdicts.alarm:.2f} ({verdicts.right:.2f})"
            if (verdicts := row.default.get(tool.name))
            else _NONE
            for tool in plan.tools
        ]
        lines.append([_kind(row), f"{row.share:g}", *cells])
    if not lines:
        return "Not measured yet."
    return table(["kind", "share", *(tool.title for tool in plan.tools)], lines)


def _sizes(rows: Sequence[KindRow]) -> str:
    by_kind: dict[str, list[KindRow]] = {}
    for row in rows:
        if row.kind.sizes and row.ours:
            by_kind.setdefault(row.kind.name, []).append(row)
    lines = []
    for of_kind in by_kind.values():
        kind = of_kind[0].kind
        ours = {row.share: row.ours.alarm for row in of_kind if row.ours}
        oracle = {row.share: row.oracle for row in of_kind if row.oracle is not None}
        sizes = [size_seen(recalls, wanted) for recalls in (ours, oracle) for wanted in (0.5, 0.95)]
        largest = max(kind.shares)
        lines.append(
            [
                kind.title,
                kind.unit,
                *(f"over {largest:g}" if size is None else f"{size:.2g}" for size in sizes),
            ]
        )
    if not lines:
        return "Not measured yet."
    return table(["", "unit", "ours, 50%", "ours, 95%", "oracle, 50%", "oracle, 95%"], lines)


def _goals(rows: Sequence[KindRow]) -> str:
    kinds = [row for row in rows if row.ours and not row.kind.sizes]
    if not kinds:
        return "Not measured yet."
    failed = missed(kinds)
    measured = (
        (
            "oracle",
            f"recall at least {LEAST_OF_ORACLE:.0%} of the oracle's",
            [row for row in kinds if row.oracle is not None],
        ),
        (
            "sure",
            f"where the oracle finds {SEEN_BY_ORACLE:.0%}, recall and right column at least {LEAST_SEEN:.0%}",
            [row for row in kinds if (row.oracle or 0) >= SEEN_BY_ORACLE],
        ),
        (
            "others",
            "never below the best other tool at the same rate",
            [row for row in kinds if row.best_other],
        ),
    )
    lines = []
    for goal, what, of_goal in measured:
        names = f" Missed: {_names(failed[goal])}." if failed[goal] else ""
        lines.append(f"- {len(failed[goal])} of {len(of_goal)} rows miss: {what}.{names}")
    return "\n".join(lines)


def _alarm(alarm: Mapping[str, Any]) -> list[str]:
    return [
        f"{alarm['since']} to {alarm['until'] or 'open'}",
        ", ".join(name or "rows" for name in alarm["columns"][:4]),
        f"{alarm['measure']} against {alarm['baseline']}",
        *(f"{alarm[figure]:.4g}" for figure in ("value", "expected")),
        alarm["unit"],
    ]


def _names(rows: Sequence[KindRow]) -> str:
    return ", ".join(f"{row.kind.name} {row.share:g}" for row in rows)


def _kind(row: KindRow) -> str:
    return f"{row.kind.title} (AVH)" if row.kind.source == "AVH" else row.kind.title


def _cost(file: Path | None) -> str:
    """Costs measured by other commands; each `[what, figure, goal]`."""
    if file is None:
        return "## Cost\nNot measured yet."
    rows: list[Any] = read_json(file)
    return f"## Cost\n{table(['', 'measured', 'goal'], [[str(cell) for cell in row] for row in rows])}"
