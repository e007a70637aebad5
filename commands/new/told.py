"""Says what `new` made of a table: file, task, columns, spans, what to look at, what to do next."""

import shlex
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from commands.new.label import Answer
from commands.new.plan import TablePlan
from commands.new.settings import Settings
from commands.new.sniffing.sniff import Sniffed
from commands.new.write import Written
from perennial.files import shown

_ROLES: Final = {"set_aside": "set aside", "label": "label"}
_WIDEST: Final = 28
_MOST_SPANS_SHOWN: Final = 6
_FEW_ROWS: Final = 100
_MOST_COLUMNS_SHOWN: Final = 80


@dataclass(frozen=True)
class New:
    """What was decided and done.

    Attributes:
        plan: The table.
        sniffed: How its files are written.
        why: Why the task is what it is.
        bad: Rows that go to quarantine.
        train_rows: About how many rows are learned from.
        eval_rows: About how many are judged by.
        cut: What a span is.
        look_at: Sentences about what a person should look at.
        written: What was written.
        exports: Folder of the spans.
    """

    plan: TablePlan
    sniffed: Sniffed
    why: str
    bad: int
    train_rows: int
    eval_rows: int
    cut: str
    look_at: tuple[str, ...]
    written: Written
    exports: Path

    def as_json(self) -> dict[str, Any]:
        """The answer of `new --json`."""
        return {
            "use_case": self.plan.name,
            "said": list(self.sniffed.said),
            "rows": self.plan.rows,
            "quarantined": self.bad,
            "task": self.plan.task.kind,
            "label": self.plan.task.label,
            "classes": list(self.plan.task.classes),
            "why": self.why,
            "columns": [
                {key: getattr(column, key) for key in ("name", "type", "role", "note", "reason")}
                for column in self.plan.columns
            ],
            "span": self.plan.span_kind,
            "spans": [asdict(span) for span in self.plan.spans],
            "look_at": list(self.look_at),
            "files": self.written.files,
            "kept": self.written.kept,
            "exports": str(self.exports),
            "next": list(next_commands(self.plan.name, self.sniffed)),
        }


def next_commands(name: str, sniffed: Sniffed) -> tuple[str, ...]:
    """What a person says next, by the interpreter that this is."""
    source = sniffed.files[0] if len(sniffed.files) == 1 else sniffed.files[0].parent
    python, here = Path(sys.executable), Path.cwd()
    runner = f"{python.relative_to(here) if python.is_relative_to(here) else python} local_runner.py"
    return (
        f"{runner} run {name}",
        f"{runner} predict {name} {shlex.quote(str(source))} predictions.{sniffed.kind}",
        f"{runner} serve {name}",
    )


def block(made: New) -> str:
    """The answer of `new` in words."""
    parts = [
        _paragraph("The file", (_kind(made.sniffed), *made.sniffed.said)),
        _task(made),
        _columns(made.plan),
        _spans(made),
        _paragraph("Look at", made.look_at),
        _written(made.written),
        "Next:\n" + "\n".join(f"  {command}" for command in next_commands(made.plan.name, made.sniffed)),
    ]
    return "\n\n".join(part for part in parts if part)


def _kind(sniffed: Sniffed) -> str:
    kind = {"csv": "CSV", "parquet": "Parquet"}[sniffed.kind]
    files = f" in {len(sniffed.files):,} files" if len(sniffed.files) > 1 else ""
    return f"{kind}, {sniffed.rows:,} rows of {len(sniffed.columns):,} columns{files}."


def _paragraph(title: str, sentences: Sequence[str]) -> str:
    return f"{title}:\n" + "\n".join(f"  {sentence}" for sentence in sentences) if sentences else ""


def _task(made: New) -> str:
    task = made.plan.task
    text = f"Task: {task.kind}, of column {task.label!r}: {made.why}."
    if task.named:
        shown = ", ".join(str(name) for name in task.named[:12])
        more = f" and {len(task.named) - 12} more" if len(task.named) > 12 else ""
        text += f"\n  Classes: {shown}{more}."
    return text


def _columns(plan: TablePlan) -> str:
    columns = plan.columns[:_MOST_COLUMNS_SHOWN]
    width = min(_WIDEST, max(len(shown(column.name)) for column in columns))
    lines = []
    for column in columns:
        role = "time" if column.name == plan.time_column else _ROLES.get(column.role, column.role)
        name = shown(column.name)
        name = name if len(name) <= width else name[: width - 1] + "…"
        said = column.reason or column.note
        lines.append(f"  {name:<{width}}  {column.type:<6}  {role:<9}  {said}")
    counts = {role: len(plan.of_role(role)) for role in ("number", "category", "date", "set_aside")}
    title = (
        f"Columns: {counts['number']} numbers, {counts['category']} categories, {counts['date']} dates,"
        f" {counts['set_aside']} set aside"
    )
    rest = plan.columns[_MOST_COLUMNS_SHOWN:]
    if rest:
        lines.append(f"  ... and {len(rest)} more; of these are set aside:")
        lines += [
            f"  {shown(column.name)}  {column.reason}" for column in rest if column.role == "set_aside"
        ] or ["  none"]
    return "\n".join([title, *lines])


def _spans(made: New) -> str:
    spans = made.plan.spans
    title = f"Spans: {len(spans)}, {made.cut}, in {made.exports}"
    shown = spans if len(spans) <= _MOST_SPANS_SHOWN else (*spans[:3], None, *spans[-2:])
    lines = [f"  {span.name}  {span.rows:,} rows" if span else "  ..." for span in shown]
    lines.append(
        f"  About {made.train_rows:,} rows are learned from and {made.eval_rows:,} are judged by;"
        f" {made.bad:,} cannot be read and go to quarantine."
    )
    return "\n".join([title, *lines])


def _written(written: Written) -> str:
    lines = [f"  wrote {path}" for path in written.files]
    lines += [
        f"  kept {path}, which you edited; the new text is in {aside}" for path, aside in written.kept.items()
    ]
    lines += [f"  kept the span {name}, which holds other rows" for name in written.kept_spans]
    return "Files:\n" + "\n".join(lines)


def look_at(plan: TablePlan, answer: Answer, sniffed: Sniffed, bad: int, chosen: Settings) -> tuple[str, ...]:
    """Sentences about what a person should look at before the model is used."""
    found = []
    if answer.left_out:
        found.append(
            f"{len(answer.left_out):,} classes have fewer rows than can be learned from: they are no classes"
            f" of the model, and their {answer.left_out_rows:,} rows go to quarantine."
        )
    if bad > answer.left_out_rows:
        found.append(
            f"{bad - answer.left_out_rows:,} of {plan.rows:,} rows cannot be read, or lack the label"
            f"{' or the time' if plan.time_column else ''}: they go to quarantine."
        )
    if plan.time_column is None and (dates := [column.name for column in plan.dates]):
        found.append(
            f"Column {dates[0]!r} holds dates: if it says when a row happened, say --time {dates[0]!r}, so"
            " that the model is judged by newer rows than it learns from."
        )
    leaks = [column.name for column in plan.set_aside if "gives the label away" in column.reason]
    if leaks:
        found.append(
            f"{', '.join(map(repr, leaks))}: set aside, as the label can be read off; right if it is known"
            " only once the label is. Otherwise the schema says how to bring it back."
        )
    if chosen.eval_rows < _FEW_ROWS:
        found.append(f"Only about {chosen.eval_rows:,} rows are left to judge by: the figures will be rough.")
    return tuple(found)


def problems_of(sniffed: Sniffed) -> tuple[str, str]:
    """Problem and remedy of a file that cannot be read as it is."""
    return "The file cannot be read as it is: " + " ".join(
        sniffed.problems
    ), "Mend that, and say `new` again."
