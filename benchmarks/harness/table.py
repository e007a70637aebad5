"""Renders measurements as Markdown: ratios beside their goals, figures of each run, seconds of each node."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

GIB: Final = 1 << 30
# Stages of a chain -> the nodes in it, those of the template among them.
STAGES: Final = {
    "reading": ("CsvExampleGen", "ArrowExampleGen"),
    "statistics": ("StatisticsGen", "SpanStatistics", "LivePredictions", "DriftEffects"),
    "schema, validation, gate": (
        "SchemaGen",
        "ExampleValidator",
        "Schema",
        "DataGate",
        "PreviousSpan",
        "OlderSpans",
    ),
    "window": ("AcceptedSpans", "Window", "WindowGate"),
    "transform": ("Transform",),
    "training": ("Trainer",),
    "evaluation": ("Resolver", "ChampionResolver", "Yardstick", "Evaluator"),
    "serving probe": ("ServingProbe",),
    "push": ("Pusher", "AtomicPusher"),
}


@dataclass(frozen=True)
class Ratio:
    """Two figures and the goal of their ratio.

    Attributes:
        what: What is compared.
        ours: Our figure.
        theirs: The template's.
        goal: What the ratio may be at most (`at_least`: must be at least); None: no goal.
        unit: What the figures are in.
        at_least: Whether more is better.
    """

    what: str
    ours: float
    theirs: float
    goal: float | None
    unit: str
    at_least: bool = False

    @property
    def ratio(self) -> float:
        """Our figure over the template's."""
        return self.ours / self.theirs

    @property
    def verdict(self) -> str:
        """`met`, `missed`, or nothing where there is no goal."""
        if self.goal is None:
            return ""
        met = self.ratio >= self.goal if self.at_least else self.ratio <= self.goal
        return "met" if met else "**missed**"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table; the first column is text and all others are numbers."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def ratios_table(ratios: Sequence[Ratio]) -> str:
    """The ratios with both figures and their goals."""
    rows = []
    for each in ratios:
        sign = "≥" if each.at_least else "≤"
        goal = f"{sign} {each.goal:g}" if each.goal is not None else ""
        figures = [f"{number(value)} {each.unit}" for value in (each.ours, each.theirs)]
        rows.append([each.what, *figures, f"{each.ratio:.3g}", goal, each.verdict])
    return table(["", "ours", "template", "ratio", "goal", ""], rows)


def runs_table(results: Mapping[str, Mapping[str, Any]], names: Mapping[str, str]) -> str:
    """A line a run: what it cost, what it worked on, how good its model is."""
    rows = []
    for key, name in names.items():
        result = results.get(key)
        if result is None:
            continue
        figures = [
            *(number(result[measure]) for measure in ("wall", "cpu")),
            *(f"{result[measure] / GIB:.2f}" for measure in ("peak_tree", "peak_process")),
            *(
                f"{result[count]:,}" if count in result else ""
                for count in ("rows_evaluated", "training_steps")
            ),
            f"{result['log_loss']:.4f} / {result['auc']:.3f}" if "auc" in result else "",
        ]
        rows.append([name, *figures, str(result.get("verdict", ""))])
    head = ["run", "wall s", "CPU s", "memory, sum GiB", "largest process GiB", "rows evaluated"]
    return table([*head, "training steps", "log loss / AUC", "verdict"], rows)


def nodes_table(
    results: Mapping[str, Mapping[str, Any]],
    names: Mapping[str, str],
    stages: Mapping[str, Sequence[str]],
) -> str:
    """Wall seconds of each stage in each run; a node that belongs to no stage has its own line.

    Args:
        results: Key -> a result with `wall` and `nodes` (name -> seconds).
        names: Key -> heading of its column.
        stages: Name of a line -> the nodes in it.
    """
    keys = [key for key in names if key in results]
    staged = {node for nodes in stages.values() for node in nodes}
    others = sorted({node for key in keys for node in results[key]["nodes"]} - staged)
    rows = []
    for stage, nodes in [*stages.items(), *((node, [node]) for node in others)]:
        seconds = [sum(results[key]["nodes"].get(node, 0.0) for node in nodes) for key in keys]
        if max(seconds, default=0) >= 0.05:
            rows.append([stage, *(number(each) for each in seconds)])
    outside = [results[key]["wall"] - sum(results[key]["nodes"].values()) for key in keys]
    rows.append(["outside nodes: imports, start, end", *(number(each) for each in outside)])
    rows.append(["whole process", *(number(results[key]["wall"]) for key in keys)])
    return table(["seconds", *(names[key] for key in keys)], rows)


def number(value: float) -> str:
    """A figure with three digits, thousands set off."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"
