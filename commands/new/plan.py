"""What `new` decided about a table: each column's type and role, the task, the spans."""

from dataclasses import dataclass
from typing import Literal

from commands.cutting.spans import TableSpan
from perennial.task import Task
from pipeline.span_names import SpanKind

Type = Literal["int", "float", "string"]
Role = Literal["number", "category", "date", "set_aside", "label"]


@dataclass(frozen=True)
class ColumnPlan:
    """One column.

    Attributes:
        name: As in the header; any text.
        feature: What the transform calls its ids: an identifier, unique in the table, never the name of
            another column; "" of the label.
        type: As in the schema; a date is a string, ISO by the time the transform sees it.
        role: What the network makes of it; a label or a column that is set aside is no input of it.
        note: What was seen of it, for a comment: range, number of values, missing share. One line.
        reason: Why it is set aside; "" otherwise.
        values: Of a closed category, its domain, in the schema's order; () of an open one, or of no category.
            Of an `int` column that is a category they are ints, and the schema has no domain of values.
        distinct: How many different values were seen.
        missing_share: Of the rows seen.
        minimum: The least number seen; None of what is no number.
        maximum: The greatest number seen.
        has_time: Whether a date's values have a time of day too.
        rising: Of a number, why neighbouring spans hardly share a value (`rising.py`); "" where they may.
    """

    name: str
    feature: str
    type: Type
    role: Role
    note: str
    reason: str = ""
    values: tuple[str | int, ...] = ()
    distinct: int = 0
    missing_share: float = 0.0
    minimum: float | None = None
    maximum: float | None = None
    has_time: bool = False
    rising: str = ""


@dataclass(frozen=True)
class TablePlan:
    """One table, whole.

    Attributes:
        name: Of the use case.
        task: What the model is to answer.
        columns: All of the table's columns, in the order of its header, the label and what is set aside too.
        time_column: The column that says when a row happened; None: rows have no time.
        rows: How many the table has, label missing or not.
        days: How many different days its rows have; 0 without a time column.
        seasons: Whether the rows cover a year and a half at least: of a shorter time, a day of the year that
            comes later has never been seen.
        span_kind: How the spans' names are read.
        span_years: How many years a span is, whose number is the first of them; 0 of other spans.
        spans: What the table is cut into, oldest first; the rows are in these files' order.
    """

    name: str
    task: Task
    columns: tuple[ColumnPlan, ...]
    time_column: str | None
    rows: int
    days: int = 0
    seasons: bool = False
    span_kind: SpanKind = "number"
    span_years: int = 0
    spans: tuple[TableSpan, ...] = ()

    def of_role(self, role: Role) -> tuple[ColumnPlan, ...]:
        """The columns of one role, in the table's order."""
        return tuple(column for column in self.columns if column.role == role)

    @property
    def numbers(self) -> tuple[ColumnPlan, ...]:
        """Columns that are scaled."""
        return self.of_role("number")

    @property
    def categories(self) -> tuple[ColumnPlan, ...]:
        """Columns that become ids."""
        return self.of_role("category")

    @property
    def dates(self) -> tuple[ColumnPlan, ...]:
        """Columns of ISO dates or times."""
        return self.of_role("date")

    @property
    def set_aside(self) -> tuple[ColumnPlan, ...]:
        """Columns that the model does not see, each with its reason."""
        return self.of_role("set_aside")
