"""Raw rows to ask a server for: an export's real ones, and what no export holds but a client may send."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from benchmarks.harness.program import NotReady
from benchmarks.harness.resume import StepFailed
from components.arrow_example_gen.ingest import read_file
from perennial.reading.columns import export_columns
from perennial.reading.reading import ExportFormat
from serving.model.checks import RowChecks
from serving.model.columns import InputColumn

Row = dict[str, Any]
UNSEEN: Final = (
    "ZZ",
    "9E ",
    "aa",
    "\u043f\u0440\u0438\u0432\u0435\u0442",
    'a "quoted", cell',
    "two\nlines",
    "x" * 5000,
)
# Of the rows that are asked for, beside the real ones.
_UNSEEN_ROWS: Final = 500
_EXTREME_ROWS: Final = 480
_MISSING_ROWS: Final = 20
_SPECIAL_ROWS: Final = _UNSEEN_ROWS + _EXTREME_ROWS + _MISSING_ROWS


def export_rows(span: Path, schema: Any, columns: Sequence[InputColumn]) -> list[Row]:
    """All rows of an export as `run` reads them; null is None."""
    export = ExportFormat(export_columns(schema, "TRAINING"))
    rows: list[Row] = []
    for path in sorted(span.glob("part-*")):
        table = read_file(path, export).table
        cells = [table[column.name].to_pylist() for column in columns]
        rows += [
            {column.name: _text(value) for column, value in zip(columns, row, strict=True)}
            for row in zip(*cells, strict=True)
        ]
    return rows


def rows_to_ask(real: Sequence[Row], checks: RowChecks, count: int) -> list[tuple[str, Row]]:
    """Real rows, evenly from the export, then unseen carriers, extremes within the schema, rows of nothing.

    Returns:
        `count` rows, each with its kind: real, unseen, extreme or nothing.

    Raises:
        NotReady: `count` leaves no room for real rows.
        StepFailed: The export has too few rows.
    """
    kept = count - _SPECIAL_ROWS
    if kept < 1:
        raise NotReady(f"{count} rows are too few. Set --rows to {_SPECIAL_ROWS + 1:,} or more.")
    if kept > len(real):
        raise StepFailed(f"The export has {len(real):,} rows; {kept:,} are needed.")
    chosen = [real[index] for index in np.linspace(0, len(real) - 1, kept).astype(int)]
    # A date that is none is refused.
    pairs = zip(checks.columns, checks.reader.cells, strict=True)
    strings = [column.name for column, cells in pairs if column.kind == "string" and not cells.formats]
    unseen = [
        {
            **chosen[index % len(chosen)],
            "carrier" if index % 2 else strings[index % len(strings)]: UNSEEN[index % len(UNSEEN)],
        }
        for index in range(_UNSEEN_ROWS)
    ]
    nothing: list[Row] = [{column.name: None for column in checks.columns} for _ in range(_MISSING_ROWS)]
    return [
        *(("real", row) for row in chosen),
        *(("unseen", row) for row in unseen),
        *(("extreme", row) for row in _extremes(chosen, checks)),
        *(("nothing", row) for row in nothing),
    ]


def _extremes(real: Sequence[Row], checks: RowChecks) -> list[Row]:
    """Rows with a bounded column, or all of them, at an end of the bound."""
    ends: list[Row] = []
    for name, bound in checks.bounds.items():
        ends += [{name: end} for end in (bound.low, bound.high) if end is not None]
    ends.append({name: bound.low for name, bound in checks.bounds.items()})
    ends.append({name: bound.high for name, bound in checks.bounds.items()})
    return [{**real[index % len(real)], **ends[index % len(ends)]} for index in range(_EXTREME_ROWS)]


def _text(value: Any) -> Any:
    return value.decode() if isinstance(value, bytes) else value
