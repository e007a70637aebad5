"""Known damage: what goes wrong with real exports, done to the rows of one span."""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
import pandas as pd
from tensorflow_metadata.proto.v0 import schema_pb2

from benchmarks.proofs.gates.rows import FileRows
from perennial.task import Task

SEED: Final = 17
MOST_COLUMNS: Final = 3
_FEWEST_VALUES: Final = 3
_STRAY: Final = 0.1
_DECADE: Final = pd.Timedelta(days=3653)


class DamagedSpan(NamedTuple):
    """A kind of damage, the column that it is in ("" for none), and the files of the span with it."""

    kind: str
    column: str
    files: Mapping[str, FileRows]


@dataclass(frozen=True)
class Columns:
    """The columns of a use case, as far as damage needs to know them.

    Attributes:
        task: What is predicted.
        label: Its column.
        time: The time column; "" for none.
        numbers: Features that are numbers.
        texts: Features that are text, the time column excepted.
        thousands: What separates thousands in the file; "" for nothing.
    """

    task: Task
    label: str
    time: str
    numbers: Sequence[str]
    texts: Sequence[str]
    thousands: str = ""

    def amounts(self, cells: pd.DataFrame, column: str) -> "pd.Series[Any]":
        """A column as numbers; what is none is missing."""
        values = cells[column]
        if values.dtype == object and self.thousands:
            values = values.str.replace(self.thousands, "", regex=False)
        return pd.to_numeric(values, errors="coerce")


def columns_of(schema: schema_pb2.Schema, task: Task, time: str | None, thousands: str) -> Columns:
    """The columns of a curated schema; those that are set aside are left out."""
    seen = [
        each
        for each in schema.feature
        if each.lifecycle_stage != schema_pb2.DISABLED and each.name not in (task.label, time)
    ]
    return Columns(
        task=task,
        label=task.label,
        time=time or "",
        numbers=[each.name for each in seen if each.type != schema_pb2.BYTES],
        texts=[each.name for each in seen if each.type == schema_pb2.BYTES],
        thousands=thousands,
    )


def damaged(span: FileRows, former: FileRows, columns: Columns) -> Iterator[DamagedSpan]:
    """Each kind of damage, in each column where it can be.

    Args:
        span: The rows of the span as they are.
        former: The rows of an older span.
        columns: Of the use case.
    """
    part, cells = f"part{span.suffix}", span.cells()
    draw = np.random.default_rng(SEED)

    def whole(kind: str, rows: FileRows) -> DamagedSpan:
        return DamagedSpan(kind, "", {part: rows})

    yield whole("nothing: written again", span.with_cells(cells))
    yield whole("half of the rows", span.take(np.arange(len(span) // 2)))
    yield whole("each row twice", span.twice())
    yield DamagedSpan("the file twice in the folder", "", {part: span, f"again-{part}": span})
    yield whole("a former span again", former)
    yield whole("a former span again, shuffled", former.take(draw.permutation(len(former))))
    yield from _labels(span, cells, columns, part)
    for (kind, where), changed in _numbers(cells, columns):
        yield DamagedSpan(kind, where, {part: span.with_cells(changed)})
    features = [each for each in (*columns.numbers, *columns.texts) if _varies(cells[each])]
    for column in features[:MOST_COLUMNS]:
        yield DamagedSpan("column empty", column, {part: span.with_cells(_set(cells, column, None))})
        yield DamagedSpan("column gone", column, {part: span.with_cells(cells.drop(columns=column))})
    for column in [each for each in columns.texts if _varies(cells[each])][:MOST_COLUMNS]:
        renamed = _set(cells, column, "new " + cells[column].astype(str))
        yield DamagedSpan("other names of all values", column, {part: span.with_cells(renamed)})
    if columns.time:
        yield from _times(span, cells, columns.time, part)


def _labels(span: FileRows, cells: pd.DataFrame, columns: Columns, part: str) -> Iterator[DamagedSpan]:
    labels = cells[columns.label]
    if columns.task.kind == "regression":
        amounts = columns.amounts(cells, columns.label)
        changed = {
            "labels in another unit (times 1,000)": _like(cells, columns.label, amounts * 1000),
            "all labels equal": _like(cells, columns.label, amounts.where(amounts.isna(), amounts.median())),
        }
    else:
        by_rows = list(labels[labels.notna() & (labels != "")].value_counts().index)
        swapped = dict(zip(by_rows, by_rows[::-1], strict=True))
        changed = {
            "labels swapped": labels.map(lambda each: swapped.get(each, each)),
            "all labels equal": labels.map(lambda each: by_rows[0] if each in swapped else each),
        }
    for kind, column in changed.items():
        yield DamagedSpan(kind, columns.label, {part: span.with_cells(_set(cells, columns.label, column))})


def _numbers(cells: pd.DataFrame, columns: Columns) -> Iterator[tuple[tuple[str, str], pd.DataFrame]]:
    """Kind and column, and the cells with numbers in another unit, or in another column."""
    names = [each for each in columns.numbers if _varies(columns.amounts(cells, each))][:MOST_COLUMNS]
    for name in names:
        amounts = columns.amounts(cells, name)
        for kind, factor in (("unit: times 1,000", 1000.0), ("unit: times 2.54", 2.54)):
            yield (kind, name), _set(cells, name, _like(cells, name, amounts * factor))
    for one, other in itertools.pairwise(names):
        swapped = cells.copy()
        swapped[one], swapped[other] = cells[other], cells[one]
        yield ("two columns swapped", f"{one} and {other}"), swapped


def _times(span: FileRows, cells: pd.DataFrame, time: str, part: str) -> Iterator[DamagedSpan]:
    form = span.dates.get(time)
    times = pd.to_datetime(cells[time], format=form)
    if form is None and span.lines is not None:
        form = "%Y-%m-%d" if cells[time].str.len().max() == len("2013-01-31") else "%Y-%m-%d %H:%M:%S"
    stray = np.arange(len(cells)) < max(1, round(_STRAY * len(cells)))
    for kind, moved in (
        ("a tenth of the dates ten years earlier", times - _DECADE),
        ("a tenth of the dates ten years later", times + _DECADE),
    ):
        written = moved if span.lines is None else moved.dt.strftime(form)
        changed = _set(cells, time, cells[time].where(~stray, written))
        yield DamagedSpan(kind, time, {part: span.with_cells(changed)})


def _set(cells: pd.DataFrame, column: str, values: Any) -> pd.DataFrame:
    changed = cells.copy()
    changed[column] = values
    return changed


def _like(cells: pd.DataFrame, column: str, amounts: "pd.Series[Any]") -> "pd.Series[Any]":
    """Numbers as the column has them: whole ones stay whole, and text stays as it is where it is none."""
    if cells[column].dtype != object:
        return amounts if cells[column].dtype.kind == "f" else amounts.round().astype("Int64")
    whole = not cells[column].astype(str).str.contains(".", regex=False).any()
    texts = amounts.map(lambda each: str(round(each)) if whole else repr(float(each)), na_action="ignore")
    return texts.where(amounts.notna(), cells[column])


def _varies(values: "pd.Series[Any]") -> bool:
    present = values[values.notna() & (values.astype(str) != "")]
    return present.nunique() >= _FEWEST_VALUES or (present.dtype == object and present.nunique() > 1)
