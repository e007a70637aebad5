"""Names of a request's columns: of one that its source renamed, either name is right (`exports.rename`)."""

from collections.abc import Mapping, Sequence
from typing import Any

from serving.errors import invalid
from serving.model.columns import RowError

# A column's name in a table or request -> its name in the schema.
Renames = Mapping[str, str]


def schema_names(names: Sequence[str], renames: Renames) -> list[str]:
    """The schema's names of the columns of a whole request.

    Raises:
        ServingError: Two of them are one column.
    """
    own = [renames.get(name, name) for name in names]
    if len(set(own)) < len(own):
        raise invalid(f"The request has {twice(names, renames)}.")
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


def twice(names: Sequence[str], renames: Renames) -> str:
    """Which column is there twice, as the readers of a table say it."""
    own = [renames.get(name, name) for name in names]
    column = next(name for name in own if own.count(name) > 1)
    both = [name[:100] for name, each in zip(names, own, strict=True) if each == column]
    return f"column {column[:100]!r} twice, as {both[0]!r} and {both[1]!r}"


def _renamed(index: int, row: Mapping[str, Any], renames: Renames) -> Mapping[str, Any] | RowError:
    named = {renames.get(name, name): value for name, value in row.items()}
    if len(named) < len(row):
        return RowError(
            index, next(iter(renames.keys() & row.keys())), f"the row has {twice([*row], renames)}."
        )
    return named
