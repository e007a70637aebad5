"""The page that the serving benchmark writes: goals, a table a line, how each server was set."""

import statistics
from collections.abc import Mapping, Sequence
from typing import Any, Final

from benchmarks.harness.table import number, table
from benchmarks.speed.serving.load import LINES, Line
from benchmarks.speed.serving.subjects import SUBJECTS

OURS: Final = "perennial"
FLOOR_RATIO: Final = 1.7
TAIL_RATIO: Final = 3.0
Rounds = Mapping[str, Sequence[Mapping[str, Any]]]

ABOUT: Final = """\
The same flights model, pushed by `make run`, and the same {rows:,} raw rows of July, each a JSON object
of column -> value or null, sent as `{{"instances": [...]}}`. Every server calls the same engine
(`serving/model/engine.py`, a v1 session with one thread), so what is compared is the server around it, and
each gave the engine's scores to 1e-6 before it was measured. The floor is that engine in a process of
its own: a dict in, a score out, nothing checked or parsed.

The load is `wrk` with one thread on the same machine, keep-alive, a new request as soon as the last is
answered, so its percentiles are of a closed loop; it takes its share of the cores. The floor and all
servers come one after another, each started anew, {warm} s of warm-up and {seconds} s measured a line;
{rounds} rounds of that. Figures are medians over the rounds, in brackets the least and the largest."""


def rendered(results: Rounds, rounds: int, seconds: int, rows: int = 2000, warm: int = 2) -> str:
    """The page below its title.

    Args:
        results: Subject -> the result of each round; subjects may be missing.
        rounds: How many.
        seconds: Of one line.
        rows: How many rows there were.
        warm: Seconds of warm-up.
    """
    parts = [
        ABOUT.format(rows=rows, warm=warm, seconds=seconds, rounds=rounds),
        goals_table(results),
        *(f"## {line.title}\n\n{line_table(results, line)}" for line in LINES),
        f"## How each was set\n\n{_settings(results)}",
    ]
    return "\n\n".join(parts) + "\n"


def goals_table(results: Rounds) -> str:
    """Each goal that there are figures for, with the ratio and whether it is met."""
    if OURS not in results:
        return "No goal is judged: our server was not measured."
    rows = []
    if "floor" in results:
        # Of each round, so that a slow moment of the machine is in both figures.
        pairs = zip(results[OURS], results["floor"], strict=True)
        ratio = statistics.median(ours["lines"]["one"]["p50"] / floor["p50"] for ours, floor in pairs)
        rows.append(_goal("p50 of one raw row over the floor's", ratio, FLOOR_RATIO, at_least=False))
    tail = statistics.median(
        each["lines"]["many"]["p99"] / each["lines"]["many"]["p50"] for each in results[OURS]
    )
    rows.append(_goal("p99 over p50 at 16 clients", tail, TAIL_RATIO, at_least=False))
    others = [subject for subject in SUBJECTS if subject.name != OURS and subject.name in results]
    for line in LINES:
        for what, key, more in (
            ("rows/s", "rows_a_second", True),
            ("p50", "p50", False),
            ("p99", "p99", False),
        ):
            figures = {each.title: middle(results[each.name], line, key) for each in others}
            if figures:
                best = (max if more else min)(figures, key=lambda name: figures[name])
                ratio = middle(results[OURS], line, key) / figures[best]
                rows.append(_goal(f"{line.title}: {what} over the best other's ({best})", ratio, 1.0, more))
    return table(["", "ratio", "goal", ""], rows)


def line_table(results: Rounds, line: Line) -> str:
    """A row a server: rate and percentiles of one line; the floor, where it is one row."""
    rows = []
    if line.name == "one" and "floor" in results:
        p50s, p99s = ([each[key] for each in results["floor"]] for key in ("p50", "p99"))
        rows.append(["floor, no server", "", spread(p50s, 1000), spread(p99s, 1000)])
    for subject in SUBJECTS:
        if subject.name in results:
            of = {key: [each["lines"][line.name][key] for each in results[subject.name]] for key in _KEYS}
            rows.append([subject.title, *(spread(of[key], scale) for key, scale in _KEYS.items())])
    return table(["", "rows/s", "p50 ms", "p99 ms"], rows)


def spread(values: Sequence[float], scale: float = 1.0) -> str:
    """The median, with the least and the largest in brackets."""
    middle, least, most = (
        number(value / scale) for value in (statistics.median(values), min(values), max(values))
    )
    return f"{middle} ({least} to {most})" if len(values) > 1 else middle


def middle(results: Sequence[Mapping[str, Any]], line: Line, key: str) -> float:
    """The median over the rounds."""
    return statistics.median(each["lines"][line.name][key] for each in results)


_KEYS: Final = {"rows_a_second": 1.0, "p50": 1000.0, "p99": 1000.0}


def _goal(what: str, ratio: float, bound: float, at_least: bool) -> list[str]:
    met = ratio > bound if at_least else ratio <= bound
    return [what, f"{ratio:.3g}", f"{'>' if at_least else '≤'} {bound:g}", "met" if met else "**missed**"]


def _settings(results: Rounds) -> str:
    lines = []
    for subject in SUBJECTS:
        if subject.name in results:
            result = results[subject.name][0]
            version = f" {result['version']}" if result["version"] else ""
            largest = max(each["difference"] for each in results[subject.name])
            lines.append(
                f"- **{subject.title}{version}**: {subject.settings}. Largest difference {largest:.1g}."
            )
    if "floor" in results:
        lines.append(f"- TensorFlow {results['floor'][0]['version']} in all.")
    return "\n".join(lines)
