"""What `new` would make of an export's added columns: plans, and entries in the schema."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from commands.evolve.changes import Changes
from commands.evolve.export_rows import ExportRows
from commands.new.curate import Curated, curate
from commands.new.label import TaskChoice
from commands.new.plan import ColumnPlan, TablePlan
from commands.new.schema import Entry, entries_of
from commands.new.source import Source, read
from perennial.task import Task
from pipeline.config import UseCase

_SET_ASIDE: Final = "the transform does not use it yet"


def source_of(use_case: UseCase, export: ExportRows, changes: Changes) -> Source:
    """The export's rows that have a label, as `new` reads them, by the names of its files.

    Raises:
        UsageError: `new` could not read the export.
        FileRefused: A file cannot be read without loss.
    """
    names = names_in_file(use_case, export, changes)
    return read(export.sniffed, names[use_case.label], _time_in_file(use_case, export, names))


def curated_of(use_case: UseCase, export: ExportRows, changes: Changes, source: Source) -> Curated:
    """The added columns, as `new` would plan them: ids, constant ones and leaks of the label are set aside.

    Raises:
        UsageError: No column is left to learn from.
    """
    names = names_in_file(use_case, export, changes)
    choice = choice_of(use_case, changes, names[use_case.label])
    curated = curate(source, choice, _time_in_file(use_case, export, names))
    return Curated(
        tuple(plan for plan in curated.columns if plan.name in changes.added),
        {name: sentence for name, sentence in curated.look_at.items() if name in changes.added},
        curated.statistics,
    )


def choice_of(use_case: UseCase, changes: Changes, label: str) -> TaskChoice:
    """The task with the label's new classes, of the label under the name that the files give it."""
    classes = (*use_case.answers.named, *changes.classes) if use_case.classes else ()
    return TaskChoice(Task(use_case.task, label, classes), "")


def entry_of(use_case: UseCase, plan: ColumnPlan, *, is_used: bool) -> Entry:
    """A column's entry in the schema; exports may lack it, as those before do.

    Args:
        use_case: Whose schema it is.
        plan: The column.
        is_used: Whether the transform uses it; else it is set aside.
    """
    if not is_used and plan.role != "set_aside":
        plan = replace(plan, role="set_aside", reason=_SET_ASIDE)
    table = TablePlan(use_case.name, use_case.answers, (plan,), None, rows=0)
    # As if a span had no cell of it: the exports before have none.
    (entry,) = entries_of(table, {plan.name: 1.0}, {})
    return Entry((*entry.comments, "Added by `evolve`: exports before it lack the column."), entry.lines)


def names_in_file(use_case: UseCase, export: ExportRows, changes: Changes) -> Mapping[str, str]:
    """Column of the schema -> its name in the export's files."""
    rename = use_case.exports.rename
    names = {rename.get(name, name): name for name in export.sniffed.columns}
    return {**names, **changes.renamed}


def _time_in_file(use_case: UseCase, export: ExportRows, names: Mapping[str, str]) -> str | None:
    time_column = use_case.exports.time_column
    name = names[time_column] if time_column else None
    return name if name in export.sniffed.dates else None
