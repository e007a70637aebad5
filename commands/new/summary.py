"""The answer of `new`: file, task, columns, spans, what to check, what to run next."""

import shlex
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from commands.new.label import TaskChoice
from commands.new.leaks import REVEALS_LABEL
from commands.new.plan import TablePlan
from commands.new.settings import ChosenSettings
from commands.new.sniffing.sniff import Sniffed
from commands.new.write import Written
from perennial.files import shown
from perennial.reading.partition_folders import table_folder

_ROLES: Final = {"set_aside": "set aside", "label": "label"}
_WIDEST: Final = 28
_MOST_SPANS_SHOWN: Final = 6
_FEW_ROWS: Final = 100
_MOST_COLUMNS_SHOWN: Final = 80


@dataclass(frozen=True)
class NewSummary:
    """What was decided and done.

    Attributes:
        plan: The table.
        sniffed: How its files are written.
        why: Why the task is what it is.
        bad: Rows that go to quarantine.
        unlabelled: Rows that lack only the label.
        train_rows: About how many rows are for training.
        eval_rows: About how many are for evaluation.
        span_rule: What a span is, in words.
        look_at: Sentences about what a person should check.
        written: What was written.
        exports: Folder of the spans.
    """

    plan: TablePlan
    sniffed: Sniffed
    why: str
    bad: int
    unlabelled: int
    train_rows: int
    eval_rows: int
    span_rule: str
    look_at: tuple[str, ...]
    written: Written
    exports: Path

    def as_json(self) -> dict[str, Any]:
        """The answer of `new --json`."""
        return {
            "use_case": self.plan.name,
            "said": list(self.sniffed.notes),
            "rows": self.plan.rows,
            "quarantined": self.bad,
            "unlabelled": self.unlabelled,
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
    """The commands to run next, with the interpreter that runs this one."""
    source = sniffed.files[0] if len(sniffed.files) == 1 else table_folder(sniffed.files[0])
    python, here = Path(sys.executable), Path.cwd()
    runner = f"{python.relative_to(here) if python.is_relative_to(here) else python} local_runner.py"
    return (
        f"{runner} run {name}",
        f"{runner} land {name} NEXT_FILE",
        f"{runner} predict {name} {shlex.quote(str(source))} predictions.{sniffed.kind}",
        f"{runner} serve {name}",
    )


def block(summary: NewSummary) -> str:
    """The answer of `new` in words."""
    parts = [
        _paragraph("The file", (_kind(summary.sniffed), *summary.sniffed.notes)),
        _task(summary),
        _columns(summary.plan),
        _spans(summary),
        _paragraph("To check", summary.look_at),
        _written(summary.written),
        "Next:\n"
        + "\n".join(f"  {command}" for command in next_commands(summary.plan.name, summary.sniffed)),
    ]
    return "\n\n".join(part for part in parts if part)


def _kind(sniffed: Sniffed) -> str:
    kind = {"csv": "CSV", "parquet": "Parquet"}[sniffed.kind]
    files = f" in {len(sniffed.files):,} files" if len(sniffed.files) > 1 else ""
    return f"{kind}, {sniffed.rows:,} rows of {len(sniffed.columns):,} columns{files}."


def _paragraph(title: str, sentences: Sequence[str]) -> str:
    return f"{title}:\n" + "\n".join(f"  {sentence}" for sentence in sentences) if sentences else ""


def _task(summary: NewSummary) -> str:
    task = summary.plan.task
    text = f"Task: {task.kind}, of column `{task.label}`: {summary.why}."
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
        remark = column.reason or column.note
        lines.append(f"  {name:<{width}}  {column.type:<6}  {role:<9}  {remark}")
    counts = {role: len(plan.of_role(role)) for role in ("number", "category", "date", "set_aside")}
    title = (
        f"Columns: {counts['number']} numbers, {counts['category']} categories, {counts['date']} dates,"
        f" {counts['set_aside']} set aside"
    )
    rest = plan.columns[_MOST_COLUMNS_SHOWN:]
    if rest:
        lines.append(f"  ... and {len(rest)} more; set aside among them:")
        lines += [
            f"  {shown(column.name)}  {column.reason}" for column in rest if column.role == "set_aside"
        ] or ["  none"]
    return "\n".join([title, *lines])


def _spans(summary: NewSummary) -> str:
    spans = summary.plan.spans
    title = f"Spans: {len(spans)}, {summary.span_rule}, in {summary.exports}"
    shown = spans if len(spans) <= _MOST_SPANS_SHOWN else (*spans[:3], None, *spans[-2:])
    lines = [f"  {span.name}  {span.rows:,} rows" if span else "  ..." for span in shown]
    unlabelled = f", {summary.unlabelled:,} without a label" if summary.unlabelled else ""
    lines.append(
        f"  About {summary.train_rows:,} rows are for training and {summary.eval_rows:,} for evaluation;"
        f" {summary.bad:,} in quarantine{unlabelled}."
    )
    return "\n".join([title, *lines])


def _written(written: Written) -> str:
    lines = [f"  wrote {path}" for path in written.files]
    lines += [
        f"  kept {path}, which you edited; the new text is in {aside}" for path, aside in written.kept.items()
    ]
    lines += [f"  kept the span {name}, which has other rows than the file" for name in written.kept_spans]
    return "Files:\n" + "\n".join(lines)


def look_at(
    plan: TablePlan, choice: TaskChoice, sniffed: Sniffed, bad: int, unlabelled: int, chosen: ChosenSettings
) -> tuple[str, ...]:
    """Sentences about what a person should check before the model is used."""
    sentences = []
    if choice.left_out:
        sentences.append(
            f"Sent to quarantine: {choice.left_out_rows:,} rows of {len(choice.left_out):,} label values that"
            " have too few rows to be classes."
        )
    if bad > choice.left_out_rows:
        sentences.append(
            f"Left out: {bad - choice.left_out_rows:,} of {plan.rows:,} rows,"
            f" unreadable{' or without a time' if plan.time_column else ''}."
        )
    if unlabelled:
        sentences.append(f"Left out: {unlabelled:,} of {plan.rows:,} rows, which lack only the label.")
    if plan.time_column is None and (dates := [column.name for column in plan.dates]):
        sentences.append(
            f"Column `{dates[0]}` holds dates. If they are the times of the rows, set --time {dates[0]!r}:"
            " the model is then evaluated on newer rows than it is trained on."
        )
    leaks = [column.name for column in plan.set_aside if column.reason.startswith(REVEALS_LABEL)]
    if leaks:
        listed = ", ".join(f"`{name}`" for name in leaks)
        sentences.append(
            f"Set aside because they reveal the label: {listed}. To use one whose value is"
            " known before the label, see the schema."
        )
    usual = sorted(span.rows for span in plan.spans)[len(plan.spans) // 2]
    if usual < chosen.drift_min_rows:
        sentences.append(
            f"Drift will not be checked: half of the spans have {usual:,} rows or fewer, and"
            f" data.drift_min_rows is {chosen.drift_min_rows:,}: between fewer rows the distance is noise."
        )
    if chosen.eval_rows < _FEW_ROWS:
        sentences.append(
            f"Only about {chosen.eval_rows:,} rows are left for evaluation: its metrics will be imprecise."
        )
    return tuple(sentences)


def problems_of(sniffed: Sniffed) -> tuple[str, str]:
    """Problem and remedy of a file that cannot be read as it is."""
    return " ".join(["The file cannot be read.", *sniffed.problems]), "Fix the file, then run `new` again."
