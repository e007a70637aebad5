"""The page of the simulated years: what was carried out, what held, and each difference."""

import statistics
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from benchmarks.harness.table import table
from benchmarks.proofs.year import use_case
from benchmarks.proofs.year.comparison import Observed, YearComparison
from benchmarks.proofs.year.driver import Stretch
from benchmarks.proofs.year.exports import WHOLE_ROWS
from benchmarks.proofs.year.plan import YearPlan
from benchmarks.proofs.year.troubles import troubles

_MIB: Final = 1 << 20
_LIVE: Final = (
    "live version",
    "spans of the live version",
    "live_version of status",
    "files of the live version",
)
_INTRODUCTION: Final = """\
Two years through the schedule, under a clock of the plan: `PERENNIAL_NOW` for `schedule --once` and all
other commands; in a stretch of the year of days a living `schedule`, whose clock libfaketime sets. The plan
of each is written from a seed ([why so](../decisions/schedule.md#the-driver-of-the-simulated-year)). After
each moment `check-overdue`, `status` and `spans` are asked, and ledger, MLMD and `models/` are read. All of
it is compared with an oracle that was written from the documents, before the code, and imports nothing of
the project.

Nothing is stubbed: each run reads, judges, trains, evaluates, probes and publishes with all nodes. Shortened
is: {rows} rows a day and {month_rows:,} a month, drawn from the real ones; {steps} steps of training; no
yardstick, no slices; bounds and margins so wide that each candidate that is not the live model passes. The
label is whether a flight goes farther than 1,000 miles, so that a short training is a good one. Signals are
real: SIGKILL to the process at its node, SIGSTOP to all and then SIGKILL for a reboot. The home is on a file
system of its own, which is filled to the last block while a look with a full disk lasts."""


@dataclass(frozen=True)
class CarriedOut:
    """A year as far as it was carried out, and the stretch of it with a living schedule."""

    plan: YearPlan
    stretch: Stretch
    observed: Sequence[Observed]
    comparison: YearComparison


def year_page(years: Mapping[str, CarriedOut]) -> str:
    """The page in Markdown, below its title."""
    rows, month_rows = WHOLE_ROWS["day"], WHOLE_ROWS["month"]
    parts = [_INTRODUCTION.format(rows=rows, month_rows=month_rows, steps=use_case.STEPS)]
    parts += ["## What must hold", _table(years, _CHECKS)]
    parts += ["## What was carried out", _table(years, _COUNTS)]
    parts += [
        "## Troubles",
        _troubles(years),
        "## Size of the home, and the commands that ask",
        _sizes(years),
    ]
    parts += ["## Differences", _differences(years)]
    return "\n\n".join(parts)


def _differing(year: CarriedOut, *kinds: str) -> int:
    """The moments with a difference whose name begins so."""
    differences = year.comparison.differences
    return len({one.moment for one in differences if one.what.startswith(kinds)})


def _runs(year: CarriedOut) -> Iterator[Mapping[str, Any]]:
    for observed in year.observed:
        yield from observed["facts"]["runs"]


def _trainings(year: CarriedOut) -> int:
    return sum(len(observed["facts"]["trainings"]) for observed in year.observed)


def _pushes(year: CarriedOut) -> int:
    return year.observed[-1]["facts"]["live"] if year.observed else 0


def _catch_ups(year: CarriedOut) -> str:
    """The looks that caught up, and the most trainings of one."""
    looks = [o for o in year.observed if "catch_up" in [run["trigger"] for run in o["facts"]["runs"]]]
    most = max((len(look["facts"]["trainings"]) for look in looks), default=0)
    runs = max((len(look["facts"]["runs"]) for look in looks), default=0)
    return f"{len(looks)} looks, at most {runs} run and {most} training each"


def _reported(year: CarriedOut) -> str:
    """How often `check-overdue` had to be warn or overdue, and was."""
    states = year.comparison.overdue_states
    asked = {
        state: sum(n for (name, _), n in states.items() if name == state) for state in ("warn", "overdue")
    }
    return ", ".join(f"{states[state, True]} of {asked[state]} {state}" for state in asked)


_CHECKS: Final[Mapping[str, Callable[[CarriedOut], object]]] = {
    "moments with a lost span (accepted, and not in use)": lambda year: _differing(year, "content in use"),
    "trainings on inputs that were trained on before": lambda year: _differing(year, "trainings on equal"),
    "moments with a wrong live version": lambda year: _differing(year, *_LIVE),
    "missed times caught up": _catch_ups,
    "states of `check-overdue` as expected, within two minutes of their begin": _reported,
    "moments with leftovers of dead runs": lambda year: _differing(year, "leftovers"),
    "differences of any kind": lambda year: len(year.comparison.differences),
}
_COUNTS: Final[Mapping[str, Callable[[CarriedOut], object]]] = {
    "moments of the plan": lambda year: len(year.plan.moments),
    "carried out": lambda year: len(year.observed),
    "looks of `schedule --once`": lambda year: sum(
        _is_look(year, o) and not _lives(year, o) for o in year.observed
    ),
    "looks of the living schedule": lambda year: sum(
        _is_look(year, o) and _lives(year, o) for o in year.observed
    ),
    "on so many days": lambda year: len({o["at"][:10] for o in year.observed if _lives(year, o)}),
    "events": lambda year: sum(len(o["event_codes"]) for o in year.observed),
    "runs": lambda year: sum(1 for _ in _runs(year)),
    "verdicts": lambda year: _counted(run["verdict"] or "killed" for run in _runs(year)),
    "what started them": lambda year: _counted(run["trigger"] for run in _runs(year)),
    "trainings that completed": _trainings,
    "versions (pushes, approvals, rollbacks)": _pushes,
    "hours that it took": lambda year: f"{sum(o['seconds'] for o in year.observed) / 3600:.1f}",
}


def _is_look(year: CarriedOut, observed: Observed) -> bool:
    return year.plan.moments[observed["moment"]].act == "schedule"


def _lives(year: CarriedOut, observed: Observed) -> bool:
    return year.stretch.holds(year.plan.moments[observed["moment"]])


def _counted(values: Iterator[str]) -> str:
    return ", ".join(f"{count} {value}" for value, count in Counter(values).most_common())


def _table(years: Mapping[str, CarriedOut], rows: Mapping[str, Callable[[CarriedOut], object]]) -> str:
    lines = [[name, *(str(value(year)) for year in years.values())] for name, value in rows.items()]
    return table(["", *years], lines)


def _troubles(years: Mapping[str, CarriedOut]) -> str:
    """How often each kind was planned and carried out; of faults, how often they struck."""
    planned = {name: troubles(year.plan) for name, year in years.items()}
    done: dict[str, Counter[str]] = {}
    for name, year in years.items():
        moments = [year.plan.moments[observed["moment"]] for observed in year.observed]
        done[name] = Counter(kind for moment in moments for kind in moment.troubles)
    kinds = sorted(set().union(*planned.values()))
    lines = [[kind, *(f"{done[name][kind]} of {planned[name][kind]}" for name in years)] for kind in kinds]
    total = [f"{done[name].total()} of {planned[name].total()}" for name in years]
    struck = [_struck(year) for year in years.values()]
    lines += [["**all**", *total], ["faults that struck at their point", *struck]]
    return table(["kind (carried out of planned)", *years], lines)


def _struck(year: CarriedOut) -> str:
    faults = [o for o in year.observed if year.plan.moments[o["moment"]].fault]
    return f"{sum(o['act']['reached'] for o in faults)} of {len(faults)}"


def _sizes(years: Mapping[str, CarriedOut]) -> str:
    """The home at the first moment of each month and at the end; what the questions take there."""
    parts = []
    for name, year in years.items():
        lines = [
            [
                o["at"][:10],
                f"{o['size']['bytes'] / _MIB:,.0f}",
                *(f"{o['size'][kind]:,}" for kind in ("files", "mlmd_rows", "ledger_rows")),
            ]
            for o in year.observed
            if "size" in o
        ]
        title = f"{name}: at the first moment of the month, and at the end"
        parts.append(table([title, "MiB", "files", "rows of MLMD", "rows of the ledger"], lines))
        parts.append(_questions(name, year))
    return "\n\n".join(filter(None, parts))


def _questions(name: str, year: CarriedOut) -> str:
    """The seconds of each question on the home of the whole year; nothing before its end."""
    alone = year.observed[-1].get("alone", {}) if year.observed else {}
    lines = [
        [
            f"`{command} {name} --json`",
            *(
                [f"{statistics.median(seconds):.2f}", f"{min(seconds):.2f}"]
                if seconds
                else ["always new", ""]
            ),
        ]
        for command, seconds in alone.items()
    ]
    return table(["seconds at the year's end, alone, of five", "median", "least"], lines) if lines else ""


def _differences(years: Mapping[str, CarriedOut]) -> str:
    """Each difference once, with the first moment that had it, and how many had."""
    lines = []
    for name, year in years.items():
        times = Counter((one.what, one.expected, one.got) for one in year.comparison.differences)
        first = {(one.what, one.expected, one.got): one.at for one in reversed(year.comparison.differences)}
        lines += [[name, first[same], *same, str(count)] for same, count in times.items()]
    if not lines:
        return "None."
    return table(["year", "first moment", "what", "expected", "got", "moments"], lines)
