"""Which typed rows a version takes, by the schema that travels with it, and how they are handed to it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from google.protobuf import json_format

from perennial.errors import Unservable
from perennial.reading.columns import Column, export_columns
from perennial.reading.reading import Fault
from perennial.schema import schema_from_json
from serving.model.answers import Answers
from serving.model.checks import RowChecks, outside, problem_outside
from serving.model.folder import READING_FILE, schema_in
from serving.reading.values import MISSING
from serving.reading.version_rules import VersionRules

NOT_TAKEN: Final = "the model cannot score this row"


@dataclass(frozen=True)
class Rules:
    """Which rows a version takes, and what it answers.

    Attributes:
        columns: The columns it takes, in its order; required where its schema asks for their presence.
        checks: What the server would check.
        answers: What it answers.
        reading: How it reads cells and splits CSV; None where that does not travel with it, as in an older
            release.
    """

    columns: tuple[Column, ...]
    checks: RowChecks
    answers: Answers
    reading: VersionRules | None

    @classmethod
    def of(cls, version: Path) -> "Rules":
        """Reads what travels with a version.

        Args:
            version: Its folder.

        Raises:
            Unservable: It is not there, or damaged.
        """
        try:
            schema = schema_in(version)
            columns = export_columns(schema_from_json(schema), "SERVING")
            file = version / READING_FILE
            reading = VersionRules.of(file) if file.exists() else None
            return cls(columns, RowChecks(schema), Answers.read(version), reading)
        except (OSError, ValueError, KeyError, json_format.ParseError) as error:
            raise Unservable(
                f"The schema, the task or the reading rules of version {version.name} cannot be read.",
                "Choose another version with --version, or run `rollback`.",
            ) from error

    def faults(self, columns: Sequence[Any]) -> list[Fault]:
        """Why the server would refuse rows, in its words; the first reason of each row.

        Args:
            columns: Of `laid_out`.
        """
        faults: dict[int, Fault] = {}
        for column, values in zip(self.checks.columns, columns, strict=True):
            bound = self.checks.bounds.get(column.name)
            if bound is None:
                continue
            for row in np.flatnonzero(outside(column, bound, values)):
                faults.setdefault(int(row), Fault(int(row), column.name, problem_outside(bound)))
        return [faults[row] for row in sorted(faults)]


def laid_out(table: pa.Table) -> list[Any]:
    """Typed columns as the scoring process takes them: missing values by their sentinels.

    Args:
        table: int64, float32 and binary columns, in the model's order.

    Returns:
        int64 or float32 arrays, and of a binary column an Arrow dictionary.
    """
    return [_laid_out(column) for column in table.columns]


def taken(columns: Sequence[Any], rows: npt.NDArray[np.bool_]) -> list[Any]:
    """The rows of `laid_out` that are wanted."""
    if rows.all():
        return list(columns)
    mask = pa.array(rows)
    return [
        column.filter(mask) if isinstance(column, pa.DictionaryArray) else column[rows] for column in columns
    ]


def _laid_out(column: pa.ChunkedArray) -> Any:
    kind = "string" if pa.types.is_binary(column.type) else "int" if column.type == pa.int64() else "float"
    values = column.combine_chunks()
    if isinstance(values, pa.ChunkedArray):  # pyarrow gives one where there are no rows
        values = pa.array([], column.type)
    if values.null_count:
        values = pc.fill_null(values, pa.scalar(MISSING[kind], column.type))
    return values.dictionary_encode() if kind == "string" else values.to_numpy()
