"""The smallest edit of a use case's files that follows a changed table; what a person wrote stays."""

import ast
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final

from commands.evolve import class_edits, schema_text, transform_text, yaml_text
from commands.evolve.changes import Changes
from commands.evolve.columns_as_new import entry_of
from commands.evolve.texts import FileEdit, NoPlace, read_text, with_ends_of, with_plain_ends
from commands.new.plan import ColumnPlan
from commands.new.write import paths_of
from perennial.errors import UsageError
from pipeline.config import UseCase

_KINDS: Final = ("schema", "transform", "model", "yaml")
_COMMENTS: Final = {
    "rename": "name in the files: name in the schema; files with either are read",
    "date_format": "of columns of dates",
    "na_values": "cells that count as missing",
}


@dataclass
class Edits:
    """The texts of a use case's files while they are edited.

    Attributes:
        paths: What a file is -> its path below the repository.
        before: What it is -> its text as it was read, with the ends of its lines.
        after: The same, edited; each line ends in a plain line feed.
        by_hand: Sentences on what a person has to edit.
    """

    paths: Mapping[str, str]
    before: Mapping[str, str]
    after: dict[str, str]
    by_hand: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, name: str, repository: Path) -> "Edits":
        """The files as they are now.

        Raises:
            UsageError: One is not there, or is no Python.
        """
        paths = {kind: path for kind, path in paths_of(name).items() if kind in _KINDS}
        texts = {}
        for kind, path in paths.items():
            try:
                texts[kind] = read_text(repository / path)
                if path.endswith(".py"):
                    ast.parse(texts[kind])
            except OSError as error:
                raise UsageError(f"{path} cannot be read: {error.strerror}.", "Put the file back.") from error
            except SyntaxError as error:
                raise UsageError(
                    f"{path}, line {error.lineno}, is no Python: {error.msg}.", "Fix the file."
                ) from error
        return cls(paths, texts, {kind: with_plain_ends(text) for kind, text in texts.items()})

    def changed(self) -> list[FileEdit]:
        """The files that differ, the YAML last."""
        return [
            FileEdit(self.paths[kind], before, with_ends_of(before, self.after[kind]))
            for kind in _KINDS
            if with_plain_ends(before := self.before[kind]) != self.after[kind]
        ]

    def tried(self, kind: str, edit: Callable[[str], str]) -> bool:
        """Edits one text; where the edit has no place in it, `by_hand` says what to do."""
        try:
            self.after[kind] = edit(self.after[kind])
        except NoPlace as missing:
            self.by_hand.append(f"{self.paths[kind]}: {missing}.")
            return False
        return True


def edit_columns(
    edits: Edits,
    use_case: UseCase,
    changes: Changes,
    plans: Sequence[ColumnPlan],
    settings: Mapping[str, Mapping[str, object]],
) -> None:
    """Edits the texts as the columns, values and classes of a table have changed.

    Args:
        edits: Of the use case's files.
        use_case: The use case.
        changes: What has changed.
        plans: The added columns, as `new` would plan them.
        settings: The settings of `exports` that their cells need: section -> column -> value.
    """
    for old, new in changes.renamed.items():
        _with_settings(edits, "rename", {new: old})
    for name in changes.dropped:
        _without_column(edits, name)
    for plan in plans:
        _with_column(edits, use_case, plan)
    for section, values in settings.items():
        _with_settings(edits, section, values)
    for name, counts in changes.values.items():
        edits.tried("schema", partial(schema_text.with_values, name=name, values=list(counts)))
    if changes.classes:
        edits.after = class_edits.with_classes(edits.after, use_case, list(changes.classes))


def _with_settings(edits: Edits, section: str, values: Mapping[str, object]) -> None:
    edits.tried("yaml", lambda text: yaml_text.with_exports(text, section, values, _COMMENTS[section]))


def _without_column(edits: Edits, name: str) -> None:
    """Sets a column aside if the transform can do without it; else exports may lack it."""
    transform = edits.after["transform"]
    try:
        features = transform_text.features_of(transform, name)
        if transform_text.lines_with(edits.after["model"], {name, *features}):
            raise NoPlace(f"{edits.paths['model']} names it")
        transform = transform_text.without_column(transform, name)
        schema = schema_text.set_aside(edits.after["schema"], name, "gone from the exports")
    except NoPlace as why:
        why_optional = "gone from the exports, and missing to the model"
        edits.tried("schema", lambda text: schema_text.made_optional(text, name, why_optional))
        edits.by_hand.append(
            f"`{name}` is missing in all rows to come, and the model still takes it ({why}). To take"
            f" it out, remove it from {edits.paths['transform']} and set lifecycle_stage: DISABLED in the"
            " schema."
        )
    else:
        edits.after |= {"transform": transform, "schema": schema}
        edits.tried("yaml", lambda text: yaml_text.without_slice(text, name))


def _with_column(edits: Edits, use_case: UseCase, plan: ColumnPlan) -> None:
    is_used = plan.role != "set_aside"
    if is_used:
        path = edits.paths["transform"]
        try:
            edits.after["transform"] = transform_text.with_column(edits.after["transform"], plan)
        except NoPlace as why:
            is_used = False
            edits.by_hand.append(f"`{plan.name}` is set aside in the schema. To use it, edit {path}: {why}.")
    if is_used:
        edits.tried("transform", lambda text: transform_text.with_marker(text, plan))
    entry = entry_of(use_case, plan, is_used=is_used)
    edits.tried("schema", lambda text: schema_text.with_feature(text, entry))
