"""Plans of tables with every mix of columns, and the days of rows."""

import datetime
from typing import Any

import numpy as np

from commands.cutting.spans import span_numbers, span_rule, spans_of
from commands.new.plan import ColumnPlan, TablePlan
from commands.new.settings import ChosenSettings, settings_of
from perennial.task import Task

Array = np.ndarray[Any, Any]


AGE = ColumnPlan("Age", "age", "float", "number", "0.42 to 80; 20 % missing", missing_share=0.2)
RATIO = ColumnPlan("od280/od315", "od280_od315", "float", "number", "1 to 4; never missing")
SEX = ColumnPlan("Sex", "sex_id", "string", "category", "2 values; never missing", distinct=2)
GRADE = ColumnPlan("class", "class_id", "int", "category", "3 values; never missing", distinct=3)
SOLD = ColumnPlan("sold at", "sold_at", "string", "date", "2013 to 2014", has_time=True)
BORN = ColumnPlan("born", "born", "string", "date", "1950 to 1999; 1 % missing", missing_share=0.01)
LABEL = ColumnPlan("label", "label", "string", "label", "")
BINARY = Task("binary", "label", ("no", "yes"))
MULTICLASS = Task("multiclass", "label", ("a", "b", "c"))
REGRESSION = Task("regression", "label")
TABLES = {
    "everything": ((AGE, RATIO, SEX, GRADE, SOLD, BORN), MULTICLASS),
    "numbers": ((RATIO,), Task("binary", "label")),
    "numbers_and_categories": ((AGE, SEX), BINARY),
    "numbers_and_dates": ((RATIO, SOLD), REGRESSION),
    "categories": ((SEX, GRADE), MULTICLASS),
    "one_category": ((SEX,), REGRESSION),
    "one_date": ((SOLD,), BINARY),
    "dates": ((SOLD, BORN), REGRESSION),
    "dates_and_categories": ((BORN, SEX), BINARY),
}


def table(name: str, rows: int = 1000) -> TablePlan:
    columns, task = TABLES[name]
    return TablePlan(name, task, (*columns, LABEL), "sold at" if SOLD in columns else None, rows)


def column(name: str, **values: Any) -> ColumnPlan:
    defaults: dict[str, Any] = {"feature": name, "type": "float", "role": "number", "note": ""}
    return ColumnPlan(name=name, **defaults | values)


def days_from(first: str, count: int, rows_a_day: int) -> Array:
    start = datetime.date.fromisoformat(first)
    days = [(start + datetime.timedelta(day)).isoformat() for day in range(count)]
    return np.repeat(np.array(days, "U10"), rows_a_day)


def chosen_settings(
    days: Array | None, rows: int, task: Task, columns: tuple[ColumnPlan, ...] = ()
) -> ChosenSettings:
    rule = span_rule(days)
    spans = spans_of(days, rows, rule)
    distinct = len(np.unique(days)) if days is not None else 0
    plan = TablePlan("t", task, columns, None, rows, distinct, span_kind=rule.kind, spans=spans)
    label = np.arange(rows) % 2 * 1.0
    return settings_of(
        plan, days, span_numbers(days, rows, rule, spans), label, bad_share=0.0, unlabelled_share=0.0
    )
