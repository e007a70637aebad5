"""The page of the tables in Markdown, and what failed for each table."""

from collections.abc import Sequence
from typing import Any, Final

from tensorflow_metadata.proto.v0 import schema_pb2

from benchmarks.proofs.tables.sources import PublicTable
from perennial.schema import parse_schema

SENSIBLE: Final = ("PUSHED", "NO_MODEL")
WITHIN: Final = 0.05
_LOSSES: Final = (
    "Loss: log loss of the classes, or the root of the mean squared error in the label's units, on the "
    "evaluation rows. *Constant*: the class shares of the training rows, or their mean. *Difference*: the "
    "network's loss against scikit-learn's, the better of default boosting and a linear model (negative: the "
    "network is better; -: scikit-learn is no better than the constant)."
)
_HEADER: Final = (
    "table", "rows", "columns", "task", "set aside", "verdict", "exit", "network", "constant",
    "scikit-learn", "difference", "new s", "run s", "predict s",
)  # fmt: skip


def failures(table: PublicTable, trial: dict[str, Any]) -> list[str]:
    """What failed for a table, as sentences."""
    problems = []
    for name in ("new", "run", "predict"):
        step = trial.get(name)
        if step and "Traceback" in step["out"] + step["err"]:
            problems.append(f"{name}: a traceback")
    if trial["new"]["code"]:
        return [*problems, f"new: exit code {trial['new']['code']}"]
    summary = trial["summary"]
    if summary.get("verdict") not in SENSIBLE:
        problems.append(f"run: {summary.get('verdict', 'no answer')}, exit code {trial['run']['code']}")
    if (summary.get("task") or {}).get("task") != table.task:
        problems.append(f"new: the task is not {table.task}")
    if summary.get("live_version"):
        if trial["predict"]["code"]:
            problems.append(f"predict: exit code {trial['predict']['code']}")
        if "prediction" not in trial["answers"].get("columns", ()):
            problems.append("predict: the output has no column `prediction`")
    return problems


def page(tables: Sequence[PublicTable], trials: Sequence[dict[str, Any]]) -> str:
    """The page's text below its title."""
    by_name = {trial["name"]: trial for trial in trials}
    known = [(table, by_name[table.name]) for table in tables if table.name in by_name]
    lines = [
        " ".join([_summary(known), *_commits(known)]),
        "",
        _LOSSES,
        "",
        "|" + "|".join(_HEADER) + "|",
        "|" + "---|" * len(_HEADER),
        *("|" + "|".join(_row(trial)) + "|" for _, trial in known),
        "",
        "## Reasons of the verdicts",
        *(line for table, trial in known for line in _verdict_lines(table, trial)),
    ]
    ugly = by_name.get("orders")
    if ugly:
        lines += ["", "## Output of `new` for the worst file", "", "```", f"$ {ugly['new']['command']}"]
        lines += [*ugly["new"]["out"].rstrip().splitlines(), "```"]
    return "\n".join(lines) + "\n"


def _summary(known: Sequence[tuple[PublicTable, dict[str, Any]]]) -> str:
    relative = [lead for _, trial in known if (lead := _relative(trial)) is not None]
    good = sum(1 for each in relative if each <= WITHIN)
    wrong = [
        f"{table.name} ({'; '.join(problems)})"
        for table, trial in known
        if (problems := failures(table, trial))
    ]
    took = sum(
        trial[step]["seconds"] for _, trial in known for step in ("new", "run", "predict") if step in trial
    )
    return (
        f"{len(known)} tables; {len(known) - len(wrong)} of them passed `new`, `run` and `predict` "
        f"without an edit, in {took / 60:.0f} minutes. Within {WITHIN:.0%} of the better of scikit-learn's "
        f"default boosting and linear model, or better: {good} of {len(relative)} models. Failed: "
        f"{', '.join(wrong) or 'none'}."
    )


def _commits(known: Sequence[tuple[PublicTable, dict[str, Any]]]) -> list[str]:
    """Which tables were tried at which commit, where it is not one for all."""
    tables: dict[str, list[str]] = {}
    for table, trial in known:
        tables.setdefault(trial["commit"], []).append(table.name)
    if len(tables) < 2:
        return []
    return [
        "Tried at " + "; ".join(f"{commit}: {', '.join(names)}" for commit, names in tables.items()) + "."
    ]


def _row(trial: dict[str, Any]) -> list[str]:
    summary = trial["summary"]
    task = summary.get("task") or {}
    classes = len(task.get("classes") or ())
    loss = _loss_name(summary)
    relative = _relative(trial)
    return [
        trial["name"],
        f"{sum(span['rows'] for span in summary.get('spans', ())):,}",
        str(len(_features(trial))),
        f"{task.get('task', '-')}{f', {classes} classes' if classes > 2 else ''}",
        str(len(_set_aside(trial))),
        summary.get("verdict", "-"),
        str(trial.get("run", trial["new"])["code"]),
        _number(((summary.get("candidate") or {}).get("metrics") or {}).get(loss)),
        _number((summary.get("baseline") or {}).get(loss)),
        _number(((summary.get("yardstick") or {}).get("metrics") or {}).get(loss)),
        "-" if relative is None else f"{relative:+.1%}",
        *(f"{trial[step]['seconds']:.0f}" if step in trial else "-" for step in ("new", "run", "predict")),
    ]


def _verdict_lines(table: PublicTable, trial: dict[str, Any]) -> list[str]:
    summary = trial["summary"]
    reason = summary.get("reason") or trial["new"]["err"] or trial["new"]["out"]
    names = ", ".join(_set_aside(trial))
    return [
        "",
        f"**{table.name}** ({table.source}; {table.why}). {reason}{f' Set aside: {names}.' if names else ''}",
    ]


def _features(trial: dict[str, Any]) -> list[schema_pb2.Feature]:
    return list(parse_schema(trial["schema"], trial["name"]).feature)


def _set_aside(trial: dict[str, Any]) -> list[str]:
    """Names of the columns that `new` set aside."""
    return [each.name for each in _features(trial) if each.lifecycle_stage == schema_pb2.DISABLED]


def _loss_name(summary: dict[str, Any]) -> str:
    return "rmse" if (summary.get("task") or {}).get("task") == "regression" else "log_loss"


def _relative(trial: dict[str, Any]) -> float | None:
    relative = (trial["summary"].get("yardstick") or {}).get("relative")
    return None if relative is None else float(relative)


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4g}" if abs(value) < 1000 else f"{value:,.0f}"
