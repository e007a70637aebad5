"""Names of a request's columns: of one that its source renamed, either name is right (`exports.rename`)."""

from collections.abc import Mapping, Sequence
from typing import Any

from serving.errors import invalid
from serving.model.columns import RowError
from serving.reading.rules import several_names

# A column's name in a table or request -> its name in the schema.
Renames = Mapping[str, str]


def schema_names(names: Sequence[str], renames: Renames) -> list[str]:
    """The schema's names of the columns of a whole request.

    Raises:
        ServingError: Two of them are one column.
    """
    own = [renames.get(name, name) for name in names]
    if both := _of_one_column(names, renames):
        raise invalid(f"Column {renames.get(both[0], both[0])[:100]!r}: {several_names(both)}.")
    return own


def renamed_rows(
    rows: Sequence[Mapping[str, Any]], renames: Renames
) -> Sequence[Mapping[str, Any] | RowError]:
    """Rows with the schema's names; in the place of a row that has one column twice, that it does."""
    if not renames:
        return rows
    return [
        row if renames.keys().isdisjoint(row) else _renamed(index, row, renames)
        for index, row in enumerate(rows)
    ]


def names_of(column: str, renames: Renames) -> tuple[str, ...]:
    """All names that a column may have; the schema's is first."""
    return (column, *(name for name, own in renames.items() if own == column))


def _renamed(index: int, row: Mapping[str, Any], renames: Renames) -> Mapping[str, Any] | RowError:
    # Null is the same as absent, as in a tf.Example.
    given = {name: value for name, value in row.items() if value is not None}
    if both := _of_one_column([*given], renames):
        return RowError(index, renames.get(both[0], both[0]), f"{several_names(both)}.")
    return {renames.get(name, name): value for name, value in given.items()}


def _of_one_column(names: Sequence[str], renames: Renames) -> list[str]:
    """The names of the first column that has several; none if each has one."""
    own = [renames.get(name, name) for name in names]
    twice = next((name for name in own if own.count(name) > 1), None) if len(set(own)) < len(own) else None
    return [name[:100] for name, each in zip(names, own, strict=True) if each == twice]
