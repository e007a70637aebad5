"""What the schema that lies in a version's folder says of its raw columns, for people and for OpenAPI."""

import datetime
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from serving.model.folder import schema_in
from serving.reading.rules import ISO
from serving.reading.values import Kind

if TYPE_CHECKING:
    from serving.model.models import LoadedVersion

Row = dict[str, int | float | str | None]
_MIDDLE: Final = 0.5
_DATE: Final = datetime.datetime(2024, 3, 29, 8)


@dataclass(frozen=True)
class ColumnDescription:
    """One raw column.

    Attributes:
        name: As in a row.
        kind: Of its values.
        low: The least value that is taken; None: open.
        high: The largest.
        domain: The strings that the schema knows; others are taken, too.
        formats: How its dates may be written (`strptime`, or "ISO8601"); () where it has none.
        may_be_missing: Whether it was missing from some rows that the schema was made for; a row without it
            is taken in any case.
    """

    name: str
    kind: Kind
    low: float | None
    high: float | None
    domain: tuple[str, ...]
    formats: tuple[str, ...]
    may_be_missing: bool


def described_columns(version: "LoadedVersion") -> tuple[ColumnDescription, ...]:
    """The raw columns of a version in the schema's order; none where it takes no raw rows."""
    if not version.engine:
        return ()
    checks = version.engine.checks
    schema = schema_in(version.path)
    features: dict[str, Any] = {feature["name"]: feature for feature in schema["feature"]}
    return tuple(
        ColumnDescription(
            column.name,
            column.kind,
            checks.bounds[column.name].low if column.name in checks.bounds else None,
            checks.bounds[column.name].high if column.name in checks.bounds else None,
            tuple(checks.domains.get(column.name, ())),
            tuple(way.written for way in cells.formats),
            float(features[column.name].get("presence", {}).get("min_fraction", 0)) < 1,
        )
        for column, cells in zip(checks.columns, checks.reader.cells, strict=True)
    )


def example_row(columns: tuple[ColumnDescription, ...]) -> Row:
    """A row within all bounds: the middle of each number, the first of each domain, a date, else missing."""
    return {column.name: _example(column) for column in columns}


def _example(column: ColumnDescription) -> int | float | str | None:
    if column.formats:
        return example_date(column.formats[0])
    if column.kind == "string":
        return column.domain[0] if column.domain else None
    if column.low is None or column.high is None:
        return column.low if column.low is not None else column.high
    middle = column.low + (column.high - column.low) * _MIDDLE
    return int(middle) if column.kind == "int" else middle


def example_date(written: str) -> str:
    """A time in one of a column's formats."""
    return _DATE.strftime("%Y-%m-%d %H:%M:%S" if written == ISO else written)
