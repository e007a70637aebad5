"""Compares an export with a use case, and proposes the edit of its files that follows the changed table."""

import ast
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from tensorflow_metadata.proto.v0 import schema_pb2

from commands.check.check import check
from commands.evolve.added_cells import settings_of
from commands.evolve.changes import Changes, changes_of
from commands.evolve.columns_as_new import curated_of, source_of
from commands.evolve.edits import Edits, edit_columns
from commands.evolve.export_rows import export_rows, former_rows
from commands.evolve.proposal import Proposal, Verdict
from commands.evolve.rename_answers import RenameAnswers
from commands.evolve.renamed_columns import judge_columns
from commands.evolve.texts import NoPlace
from commands.new.plan import ColumnPlan
from perennial.errors import ConfigError, SchemaError, UsageError
from perennial.store.ledger import Ledger
from perennial.text import plural
from pipeline import config
from pipeline.config import UseCase
from pipeline.run.curated_schema import checked_schema, curated_schema

# The last span, and the one before it: how far a column is from itself.
_SPANS: Final = 2


def evolve(
    use_case: UseCase, ledger: Ledger, path: Path, answers: RenameAnswers, repository: Path
) -> Proposal:
    """Proposes an edit; writes nothing.

    Args:
        use_case: The use case.
        ledger: Has the spans in use, with whose contents columns are compared.
        path: An export with the changed columns: CSV or Parquet, a file or a folder.
        answers: What a person said of renamed and dropped columns.
        repository: Where the files of the use case are.

    Raises:
        UsageError: The export does not exist, is of another format or cannot be read, an answer does not fit,
            or a file of the use case is wrong.
        FileRefused: A file cannot be read without loss.
    """
    if not path.exists():
        raise UsageError(f"{path} does not exist.", "Check the path.")
    _, schema = curated_schema(use_case)
    edits = Edits.of(use_case.name, repository)
    export = export_rows(use_case, schema, path)
    former = former_rows(use_case, ledger, export.columns, _SPANS)
    changes = changes_of(use_case, schema, export, former, answers)
    if changes.questions or changes.refusals:
        return _proposal(use_case, path, changes, edits, None)
    source = source_of(use_case, export, changes) if changes.added or changes.renamed else None
    if source is not None:
        judge_columns(changes, use_case, export, source, former, answers.renamed)
    if changes.questions or changes.refusals:
        return _proposal(use_case, path, changes, edits, None)
    curated = curated_of(use_case, export, changes, source) if source is not None and changes.added else None
    plans = list(curated.columns) if curated else []
    if plans and not former and export.missing:
        changes.remarks.append("No span is in use: renamed columns were not looked for.")
    try:
        used = [plan.name for plan in plans if plan.role != "set_aside"]
        settings = settings_of(use_case.exports.csv_format.rules, export.sniffed, used)
        edit_columns(edits, use_case, changes, plans, settings)
        edited, schema = _edited(use_case, edits)
    except NoPlace as why:
        changes.refusals.append(f"There is no place for the edit: {why}.")
        return _proposal(use_case, path, changes, edits, None)
    changes.remarks += _about(plans, changes, schema) + _about_classes(use_case, changes)
    changes.remarks += [_only_text(name) for name in export.only_text if name in used]
    changes.remarks += _to_look_at(curated.look_at, schema) if curated else []
    judgement = check(edited, ledger, path, "TRAINING", schema=schema)
    return _proposal(use_case, path, changes, edits, judgement)


def _edited(use_case: UseCase, edits: Edits) -> tuple[UseCase, schema_pb2.Schema]:
    """The use case and its schema as the edited files make them.

    Raises:
        NoPlace: They do not fit together.
    """
    source = f"{use_case.name}.yaml"
    try:
        ast.parse(edits.after["transform"])
        ast.parse(edits.after["model"])
        edited = config.parse(edits.after["yaml"], name=use_case.name, home=use_case.home, source=source)
        schema = checked_schema(edited, edits.after["schema"])
    except (ConfigError, SchemaError, SyntaxError) as error:
        raise NoPlace(f"with it the files do not fit together ({error})") from error
    return edited, schema


def _about(plans: list[ColumnPlan], changes: Changes, schema: schema_pb2.Schema) -> list[str]:
    """Sentences on the columns that are new or gone."""
    disabled = {each.name for each in schema.feature if each.lifecycle_stage == schema_pb2.DISABLED}
    aside = [name for name in changes.dropped if name in disabled]
    other_name = " If it has another name, add --rename {}=NEW." if changes.added else ""
    sentences = [
        f"`{name}` is gone: it is set aside in the schema, and the model does without."
        + other_name.format(name)
        for name in aside
    ]
    for plan in plans:
        if plan.role == "set_aside":
            sentences.append(f"`{plan.name}` is new, and set aside: {plan.reason}.")
        elif plan.name not in disabled:
            what = plan.note if plan.role == "date" else f"a {plan.role}, {plan.note}"
            sentences.append(f"`{plan.name}` is new: {what}. Exports before it lack the column.")
    return sentences


def _only_text(name: str) -> str:
    return (
        f"`{name}` is read as text: as a number, its cells need another `decimal`, `thousands`, `true_values`"
        " or `false_values` in `exports`, which hold for all columns."
    )


def _to_look_at(look_at: Mapping[str, str], schema: schema_pb2.Schema) -> list[str]:
    """Of the new columns that the model takes, those that nearly reveal the label."""
    used = {each.name for each in schema.feature if each.lifecycle_stage != schema_pb2.DISABLED}
    return [sentence for name, sentence in look_at.items() if name in used]


def _about_classes(use_case: UseCase, changes: Changes) -> list[str]:
    if not changes.classes:
        return []
    new, rows = plural(len(changes.classes), "new class", "new classes"), sum(changes.classes.values())
    several = "; the task becomes multiclass" if use_case.task == "binary" else ""
    return [
        (
            f"The label has {new}, in {rows:,} rows{several}. The next run reads the earlier spans again, so"
            " their exports must still be there."
        ),
        (
            "The live version has other classes: the new one cannot be compared with it, and is pushed if it"
            " passes the other checks."
        ),
    ]


def _proposal(
    use_case: UseCase, path: Path, changes: Changes, edits: Edits, judgement: dict[str, Any] | None
) -> Proposal:
    changed = tuple(edits.changed())
    verdict: Verdict = "PROPOSED" if changed else "BY_HAND" if edits.by_hand else "UNCHANGED"
    if changes.questions:
        verdict = "QUESTION"
    if changes.refusals:
        verdict = "REFUSED"
    return Proposal(
        use_case=use_case.name,
        path=str(path),
        verdict=verdict,
        changes={
            "renamed": dict(changes.renamed),
            "dropped": list(changes.dropped),
            "added": list(changes.added),
            "values": {name: len(counts) for name, counts in changes.values.items()},
            "classes": len(changes.classes),
        },
        edits=() if verdict in ("REFUSED", "QUESTION") else changed,
        questions=tuple(changes.questions),
        refusals=tuple(changes.refusals),
        remarks=tuple(changes.remarks),
        by_hand=tuple(edits.by_hand),
        judgement=judgement,
    )
