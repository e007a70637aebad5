"""Whether a renamed column holds what the model must not see: the label, or what another column holds."""

from collections.abc import Collection, Mapping, Sequence

import pyarrow as pa

from commands.evolve.changes import Changes
from commands.evolve.columns_as_new import choice_of, names_in_file
from commands.evolve.export_rows import ExportRows
from commands.new.columns import duplicates, facts_of, leak_of
from commands.new.curate import label_values
from commands.new.label import TaskChoice
from commands.new.leaks import NO_LEAK, LeakEvidence
from commands.new.source import Source
from perennial.task import Task
from pipeline.config import UseCase
from serving.reading.values import Kind


def judge_columns(
    changes: Changes,
    use_case: UseCase,
    export: ExportRows,
    source: Source,
    former: Sequence[pa.Table],
    answered: Collection[str],
) -> None:
    """Refuses a renamed column that reveals the label, and asks about one that equals another column.

    What was so in the last span in use is no news, and passes. Without a labelled row renamed columns are
    said to be unchecked, and new ones are refused.

    Args:
        changes: Gets the refusals, questions and remarks.
        use_case: The use case.
        export: The export.
        source: Its rows, as `new` reads them.
        former: Rows of the last spans in use, oldest first.
        answered: Columns of the schema whose new name a person gave.
    """
    names = names_in_file(use_case, export, changes)
    needed = {use_case.label, use_case.exports.time_column}
    choice = choice_of(use_case, changes, names[use_case.label])
    if not label_values(source.table, choice)[1].any():
        _note_unlabelled(changes)
        return
    choice_before = TaskChoice(Task(use_case.task, use_case.label, use_case.answers.named), "")
    kinds: Mapping[str, Kind] = {column.name: column.kind for column in export.columns}
    dates = use_case.exports.csv_format.rules.date_format
    others = {name: names[name] for name in export.present if name not in needed}
    for old, new in changes.renamed.items():
        if old in needed:
            continue
        kind, is_date = export.sniffed.kinds[new], new in export.sniffed.dates
        leak = _leak(source.table, new, kind, is_date, choice)
        before = [_leak(span, old, kinds[old], old in dates, choice_before) for span in former[-1:]]
        # A span of fewer rows shows as nearly revealed what more rows show as revealed.
        is_news = not any(each.is_leak or each.is_strong for each in before)
        if leak.is_leak and is_news:
            changes.refusals.append(_reveals(old, new, leak))
        elif leak.is_strong and is_news:
            changes.remarks.append(
                f"`{new}`, now read as `{old}`, may reveal the label: {leak.measured}. The model uses it. If"
                f" its value is known only after the label, it is not `{old}`: add --drop {old}."
            )
        for twin in _twins(source.table, new, old, others, former):
            _note_twin(changes, old, new, twin, is_answered=old in answered)


def _leak(table: pa.Table, name: str, kind: Kind, is_date: bool, choice: TaskChoice) -> LeakEvidence:
    label, labelled = label_values(table, choice)
    if not labelled.any():
        return NO_LEAK
    return leak_of(facts_of(name, kind, table[name], is_date), table[name], label, labelled, choice.task.kind)


def _twins(
    table: pa.Table, new: str, old: str, others: Mapping[str, str], former: Sequence[pa.Table]
) -> list[str]:
    """The other columns that equal a renamed one in every row, and did not before."""
    return [
        name
        for name, name_in_file in others.items()
        if duplicates(table, [new, name_in_file])
        and not any(duplicates(span, [old, name]) for span in former[-1:])
    ]


def _note_unlabelled(changes: Changes) -> None:
    if changes.added:
        changes.refusals.append(
            "No row has a label that is known, so whether new columns reveal it cannot be checked. Run"
            " `evolve` with an export that has its labels."
        )
    else:
        changes.remarks.append("No row has a label: whether renamed columns reveal it was not checked.")


def _reveals(old: str, new: str, leak: LeakEvidence) -> str:
    return (
        f"`{new}` cannot be `{old}` under another name, for it reveals the label: {leak.measured}. If `{old}`"
        f" is gone and `{new}` is another column, add --drop {old}: `{new}` is then set aside. Else fix the"
        " export."
    )


def _note_twin(changes: Changes, old: str, new: str, twin: str, *, is_answered: bool) -> None:
    equal = f"`{new}` is equal to `{twin}` in every row, which `{old}` was not before"
    if is_answered:
        changes.remarks.append(f"{equal}: check the export.")
    else:
        changes.questions.append(
            f"Is `{old}` now called `{new}`? {equal}. If it is, add --rename {old}={new}; if `{old}` is gone"
            f" and `{new}` is another column, add --drop {old}."
        )
