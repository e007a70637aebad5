"""The page of the drift benchmark: `docs/drift-benchmark.md`."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from benchmarks.harness.page import Outcome
from benchmarks.harness.table import table
from benchmarks.quality.drift.goals import met
from benchmarks.quality.drift.ours import YEAR_STEP_DAYS
from benchmarks.quality.drift.page_tables import NONE, NOT_MEASURED, defaults, goals, recalls, sizes
from benchmarks.quality.drift.plan import BenchPlan
from benchmarks.quality.drift.plants import DAILY, MONTHLY
from benchmarks.quality.drift.rates import AlarmRatio
from benchmarks.quality.drift.results import TableResults
from perennial.drift.calibration import LEAST_DAYS
from perennial.files import read_json

BEGIN: Final = "<!-- written by make bench-drift -->"
END: Final = "<!-- end -->"
_LOW, _HIGH = 0.75, 1.25
_NAMES: Final = {"flights": "Flights", "bikes": "Bicycles, which nobody tuned"}
_HOW: Final = """\
One false alarm in 90 days is stated; the rest is by default. Ours calibrates on the days before and judges;
the oracle and the other tools are given the same rows. Replicas without drift are blocks of 14 real days put
in the place of others of the same weekdays and the same season (24 days to either side). A plant is a real
day, or month, with one kind of damage; the days before it are clean. **AVH** marks the kinds of
[Auto-Validate-by-History](https://github.com/microsoft/Auto-Validate-by-History). The oracle is one statistic
of the damaged column, with the direction known, at the same rate on the same days before. `nothing` is clean
rows: what is found of them is found of any plant by chance, of 14 days or a month more than of a day.

Other tools, as they are set by default:
"""
_FAIR: Final = """\
At the rate of one in 90 a tool's scores are its own statistics:
{statistics}.

Each statistic of each column has a unit of its own, what it reaches on 2 of 100 days (months) of the
replicas; one that is 0 on all of them has half a row of a day (month). An alarm opens where the largest score
of all columns, in units, is at a threshold that opens one alarm in 90 days of the replicas. So the tools get
thresholds by column from days without damage, of the same year, that neither they nor ours would have. GATE
has one score for all columns, and one threshold. Ours takes part as it is, by its own calibration.
"""
_RECALL: Final = """\
Share of plants that alarm; in brackets: with the right column. `of oracle` is ours over the oracle's. Other
tools: at the rate of one in 90; `never` where no threshold has it."""


def page(results: Sequence[TableResults], plan: BenchPlan, cost: Path | None, *, whole: bool) -> Outcome:
    """The page of what is measured; good where every goal is met."""
    statistics = ";\n".join(f"- **{tool.title}**: {tool.statistics}" for tool in plan.tools)
    parts = [
        BEGIN,
        _HOW + "\n".join(f"- **{tool.title}**: {tool.how}" for tool in plan.tools),
        _FAIR.format(statistics=statistics).strip(),
    ]
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
    ratio = results.false_alarms()
    in_bounds = ratio is not None and ratio.within(_LOW, _HIGH)
    parts = [
        f"## {_NAMES.get(name, name)}",
        f"{results.table.days} days, {len(results.table.rows):,} rows, {len(results.table.columns)} columns.",
        f"### False alarms\n{_false_alarms(results, plan)}",
        f"### The real year\n{_year(results)}",
        f"### Plants in days\n{_RECALL}\n\n{recalls(daily, plan)}",
        f"### As they are set by default, days\n{defaults(daily, plan)}",
        f"### The size that is found\n{sizes(daily)}",
        f"### Plants in months\n{recalls(monthly, plan)}" if monthly else "",
        f"### Goals, days\n{goals(daily)}",
        f"### Goals, months\n{goals(monthly)}" if monthly else "",
        _failures(results),
    ]
    return "\n\n".join(part for part in parts if part), in_bounds and met(daily) and met(monthly)


def _false_alarms(results: TableResults, plan: BenchPlan) -> str:
    rows = []
    for what in ("alarms", "openings"):
        ratio = results.false_alarms(what)
        if ratio is not None:
            bounds = "met" if ratio.within(_LOW, _HIGH) else "**missed**"
            rows.append([f"ours, {what}", *_ratio(ratio), NONE, bounds])
    for tool in plan.tools:
        of_tool = results.tool_alarms(tool)
        if of_tool is not None:
            ratio, loud = of_tool
            rows.append([f"{tool.title}, default", *_ratio(ratio), f"{loud:.0%}", ""])
    if not rows:
        return NOT_MEASURED
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
        return NOT_MEASURED
    judged = results.table.days - LEAST_DAYS
    rows = [_alarm(each) for each in alarms]
    in_steps = f"{len(alarms)} alarms in {judged} days, judged {YEAR_STEP_DAYS} days at a time"
    lines = [f"{in_steps}; {judged / 90:.1f} are stated."]
    others = [
        f"{tool.title} {count}"
        for tool in results.plan.tools
        if (count := results.tool_openings(tool)) is not None
    ]
    lines += [f"By default, from day {results.table.history} on: {', '.join(others)}."] if others else []
    lines += [table(["days", "columns", "what", "value", "expected", "unit"], rows)] if rows else []
    return "\n\n".join(lines)


def _failures(results: TableResults) -> str:
    """What other tools could not read; their plants are not counted."""
    lines = [
        f"- {tool.title}, {count} pieces of work: `{problem}`"
        for tool in results.plan.tools
        for problem, count in results.failures(tool).items()
    ]
    return "\n".join(["### What other tools could not read", *lines]) if lines else ""


def _alarm(alarm: Mapping[str, Any]) -> list[str]:
    return [
        f"{alarm['since']} to {alarm['until'] or 'open'}",
        ", ".join(name or "rows" for name in alarm["columns"][:4]),
        f"{alarm['measure']} against {alarm['baseline']}",
        *(f"{alarm[figure]:.4g}" for figure in ("value", "expected")),
        alarm["unit"],
    ]


def _cost(file: Path | None) -> str:
    """Costs measured by other commands; each `[what, figure, goal]`."""
    if file is None:
        return "## Cost\nNot measured yet."
    rows: list[Any] = read_json(file)
    return f"## Cost\n{table(['', 'measured', 'goal'], [[str(cell) for cell in row] for row in rows])}"
