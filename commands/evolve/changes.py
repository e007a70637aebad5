"""What has changed in a table: columns with another name, gone or new; values and classes not seen before."""

import itertools
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
from tensorflow_metadata.proto.v0 import schema_pb2

from commands.evolve.contents import Contents
from commands.evolve.export_rows import ExportRows
from commands.evolve.rename_answers import RenameAnswers
from commands.evolve.renames import Match, matches, swapped
from commands.new.label import FEWEST_ROWS_KEPT
from perennial.errors import UsageError
from perennial.task import Class
from perennial.text import plural
from pipeline.config import UseCase

_MOST_NEW_VALUES: Final = 50


@dataclass
class Changes:
    """What an edit of the use case has to follow.

    Attributes:
        renamed: Column of the schema -> its name in the export.
        dropped: Columns of the schema that are gone.
        added: Columns of the export that are new.
        values: Column whose values the schema lists -> new value -> rows.
        classes: Value of the label that is no class yet -> rows.
        questions: Sentences on what a person has to answer before there is an edit.
        refusals: Sentences on why there can be no edit.
        remarks: Sentences on what to know of the edit.
    """

    renamed: dict[str, str] = field(default_factory=dict)
    dropped: list[str] = field(default_factory=list)
    added: list[str] = field(default_factory=list)
    values: dict[str, dict[str, int]] = field(default_factory=dict)
    classes: dict[Class, int] = field(default_factory=dict)
    questions: list[str] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


def changes_of(
    use_case: UseCase,
    schema: schema_pb2.Schema,
    export: ExportRows,
    former: Sequence[pa.Table],
    answers: RenameAnswers,
) -> Changes:
    """Compares an export with the schema and with the rows of the last spans in use.

    Args:
        use_case: Has the label and its classes.
        schema: The curated one.
        export: The export.
        former: Rows of the last spans in use, oldest first; none: renamed columns are asked for.
        answers: What a person said of them.

    Raises:
        UsageError: An answer names a column that is not missing, or not new.
    """
    _refuse_answers(answers, export)
    changes = Changes(dict(answers.renamed), sorted(answers.dropped), list(export.added))
    changes.remarks += [_unreadable(name) for name in export.unreadable]
    contents = _contents(use_case, export, former) if former else None
    needed = (use_case.label, use_case.exports.time_column)
    optional = {column.name for column in export.columns if not column.required} - {*needed, *answers.dropped}
    open_names = [name for name in export.missing if name not in {*changes.renamed, *changes.dropped}]
    if contents is None:
        open_names = [name for name in open_names if name not in optional]
    _find_renames(changes, open_names, contents, needed)
    _keep_optional(changes, optional)
    for name in needed:
        if name in changes.dropped:
            changes.dropped.remove(name)
            changes.refusals.append(_cannot_be_gone(name, use_case))
    changes.added = [name for name in changes.added if name not in changes.renamed.values()]
    if contents is not None and export.rows is not None:
        changes.refusals += _moved(changes, export, contents, answers)
    if not changes.refusals:
        _find_values(changes, schema, export, use_case)
    return changes


def _moved(changes: Changes, export: ExportRows, contents: Contents, answers: RenameAnswers) -> list[str]:
    """Refusals of columns whose contents have changed places."""
    settled = {*changes.renamed, *answers.dropped}
    missing = [name for name in export.missing if name not in settled]
    sentences = []
    for path in swapped(contents, export.present, missing, changes.added):
        is_circle = path[0] not in changes.added
        pairs = itertools.pairwise((*path, path[0]) if is_circle else path)
        moves = ", ".join(f"`{now}` holds what `{before}` held before" for now, before in pairs)
        other = "" if is_circle else f" If `{path[-1]}` is gone, and this is chance, add --drop {path[-1]}."
        sentences.append(
            f"Columns seem to have changed places: {moves}. Export each column under its own name; `evolve`"
            f" does not follow this.{other}"
        )
    return sentences


def _refuse_answers(answers: RenameAnswers, export: ExportRows) -> None:
    missing, added = export.missing, export.added
    for old in (*answers.renamed, *sorted(answers.dropped)):
        if old not in missing:
            raise UsageError(
                f"`{old}`: expected a column of the schema that the export lacks.",
                f"These are: {', '.join(missing)}." if missing else "The export lacks none.",
            )
    for new in answers.renamed.values():
        if new not in added:
            raise UsageError(
                f"`{new}`: expected a column of the export that the schema has not.",
                f"These are: {', '.join(added)}." if added else "There are none.",
            )


def _contents(use_case: UseCase, export: ExportRows, former: Sequence[pa.Table]) -> Contents:
    by_schema = {name: export.rows[name] for name in export.present} if export.rows is not None else {}
    typed = by_schema | {name: export.typed[name] for name in export.typed.column_names}
    texts = {name: column for name, column in by_schema.items() if pa.types.is_binary(column.type)}
    texts |= {name: export.texts[name] for name in export.texts.column_names}
    dates = {*use_case.exports.csv_format.rules.date_format}
    return Contents(
        former, typed, texts, dates, {*export.sniffed.dates} & {*export.added} | dates & {*by_schema}
    )


def _find_renames(
    changes: Changes, open_names: list[str], contents: Contents | None, needed: Sequence[str | None]
) -> None:
    """Takes the renames that are certain; asks about others; the rest of the missing columns are gone."""
    free = [name for name in changes.added if name not in changes.renamed.values()]
    if contents is None:
        if free:
            changes.questions += [_unknown(name) for name in open_names]
        else:
            changes.dropped += open_names
        return
    likely: list[Match] = []
    renames: list[Match] = []
    while open_names:
        likely = matches(contents, open_names, free)
        certain = [match for match in likely if not match.doubt]
        if not certain:
            break
        changes.renamed |= {match.old: match.new for match in certain}
        renames += certain
        open_names = [name for name in open_names if name not in changes.renamed]
        free = [name for name in free if name not in changes.renamed.values()]
        likely = []
    if renames:
        each = ", ".join(f"`{match.old}` is `{match.new}` ({match.distance:.2f})" for match in renames)
        scale = "in brackets how far it is from the spans' own, 0 equal, 1 nothing in common"
        changes.remarks.append(f"Renamed, by content ({scale}): {each}.")
    changes.questions += [_asked(match, needed) for match in likely]
    asked = {match.old for match in likely}
    changes.dropped += [name for name in open_names if name not in asked]


def _keep_optional(changes: Changes, optional: Collection[str]) -> None:
    """Leaves columns alone that exports may lack."""
    for name in [each for each in changes.dropped if each in optional]:
        changes.dropped.remove(name)
        changes.remarks.append(
            f"`{name}` is missing, which the schema allows. If it is gone for good, add --drop {name}."
        )


def _asked(match: Match, needed: Sequence[str | None]) -> str:
    gone = (
        "else export it"
        if match.old in needed
        else f"if `{match.old}` is gone and `{match.new}` is another column, add --drop {match.old}"
    )
    return (
        f"Is `{match.old}` now called `{match.new}`? Their contents are {match.distance:.2f} apart (0 is"
        f" equal, 1 is nothing in common), but {match.doubt}. If it is, add --rename"
        f" {match.old}={match.new}; {gone}."
    )


def _unreadable(name: str) -> str:
    return (
        f"`{name}` is new, and of a type that cannot be read, such as a list: the edit leaves it out. To use"
        " it, write it as numbers or text; to ignore it, set `action: note` for it in `data.policy`."
    )


def _unknown(name: str) -> str:
    return (
        f"`{name}` is missing, and no span is in use with whose content new columns could be compared. If it"
        f" has another name, add --rename {name}=NEW; if it is gone, add --drop {name}."
    )


def _cannot_be_gone(name: str, use_case: UseCase) -> str:
    what = "label" if name == use_case.label else "time column"
    return (
        f"The {what} `{name}` is missing, and a use case cannot do without. If it has another name, add"
        f" --rename {name}=NEW; else export it."
    )


def _find_values(changes: Changes, schema: schema_pb2.Schema, export: ExportRows, use_case: UseCase) -> None:
    """Finds the values that the schema does not list, and those of the label that are no class."""
    columns = _columns(export, changes.renamed)
    for feature in schema.feature:
        listed = set(feature.string_domain.value)
        if feature.name == use_case.label or not listed or feature.name not in columns:
            continue
        every = _counts(columns[feature.name])
        _find_listed(changes, feature.name, listed, every)
    if use_case.task != "regression" and use_case.label in columns:
        _find_classes(changes, _counts(columns[use_case.label]), use_case)


def _find_listed(changes: Changes, name: str, listed: Collection[str], every: Mapping[str, int]) -> None:
    """Takes the values that a list lacks; refuses other spellings of those that it has, and too many."""
    spelled = {_spelling(each) for each in listed}
    unlisted = {value: rows for value, rows in every.items() if value not in listed}
    counts = {value: rows for value, rows in unlisted.items() if _spelling(value) not in spelled}
    again = {value: rows for value, rows in unlisted.items() if value not in counts}
    if again:
        changes.refusals.append(
            f"`{name}` has another spelling of {plural(len(again), 'listed value')} in"
            f" {plural(sum(again.values()), 'row')}. Write one spelling of each in the export; `evolve` does"
            " not add it to the list."
        )
    if len(counts) > _MOST_NEW_VALUES:
        changes.refusals.append(
            f"`{name}` has {len(counts):,} values that the schema does not list; `evolve` adds at most"
            f" {_MOST_NEW_VALUES}. Check the export; if the list is not closed, remove `string_domain` in the"
            " schema."
        )
    elif counts:
        changes.values[name] = counts
        changes.remarks.append(_about_values(name, counts))


def _columns(export: ExportRows, renamed: Mapping[str, str]) -> dict[str, pa.ChunkedArray]:
    """The export's columns by the schema's names."""
    columns = {} if export.rows is None else {name: export.rows[name] for name in export.rows.column_names}
    texts = {column.name for column in export.columns if column.kind == "string"}
    for old, new in renamed.items():
        table = export.texts if old in texts else export.typed
        if new in table.column_names:
            columns[old] = table[new]
    return columns


def _counts(column: pa.ChunkedArray) -> dict[Any, int]:
    """Value -> rows, by value; texts are decoded."""
    counted = pc.value_counts(column.drop_null())
    values, counts = counted.field("values").to_pylist(), counted.field("counts").to_pylist()
    texts = (value.decode() if isinstance(value, bytes) else value for value in values)
    return dict(sorted(zip(texts, counts, strict=True)))


def _about_values(name: str, counts: Mapping[str, int]) -> str:
    values = plural(len(counts), "value")
    about = f"`{name}` has {values} that the schema does not list, in {sum(counts.values()):,} rows."
    if once := sum(rows == 1 for rows in counts.values()):
        about += f" In one row only: {once:,}; check the spelling."
    return about


def _find_classes(changes: Changes, counts: Mapping[Any, int], use_case: UseCase) -> None:
    known = use_case.answers.classes
    spelled = {_spelling(name) for name in known}
    others = {value: rows for value, rows in counts.items() if value not in known}
    again = [rows for value, rows in others.items() if _spelling(value) in spelled]
    new = {value: rows for value, rows in others.items() if _spelling(value) not in spelled}
    if again:
        changes.refusals.append(
            f"The label has another spelling of a class in {plural(sum(again), 'row')}. Write one spelling of"
            " each; `evolve` does not add it as a class."
        )
    changes.classes |= {value: rows for value, rows in new.items() if rows >= FEWEST_ROWS_KEPT}
    if rare := [rows for rows in new.values() if rows < FEWEST_ROWS_KEPT]:
        changes.remarks.append(
            f"No class is added for {plural(len(rare), 'new value')} of the label, with fewer than"
            f" {FEWEST_ROWS_KEPT} rows each ({plural(sum(rare), 'row')}), which go to quarantine."
        )


def _spelling(name: Class) -> str:
    return " ".join(str(name).casefold().split())
