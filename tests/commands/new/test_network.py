"""What `new` writes for the network, for tables of every mix of columns: it reads, fits and answers."""

import dataclasses
import sys
import types
from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
import pytest

from commands.new import render
from commands.new.hyperparameters import hyperparameters
from commands.new.plan import ColumnPlan, TablePlan
from perennial.task import Task

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


def written(plan: TablePlan) -> tuple[str, str]:
    return render.filled("transform.py.j2", plan=plan), render.filled("model.py.j2", plan=plan)


def loaded(plan: TablePlan, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The model's module, with the transform's beside it."""
    modules = []
    for folder, text in zip(("transforms", "models"), written(plan), strict=True):
        module = types.ModuleType(f"{folder}.{plan.name}")
        monkeypatch.setitem(sys.modules, module.__name__, module)
        exec(compile(text, module.__name__, "exec"), module.__dict__)
        modules.append(module)
    return modules[1]


def some_rows(model: keras.Model) -> Mapping[str, np.ndarray[Any, Any]]:
    draw = np.random.default_rng(3)
    return {
        tensor.name: draw.integers(0, 3, (7, 1))
        if tensor.dtype == "int64"
        else draw.uniform(size=(7, *tensor.shape[1:])).astype("float32")
        for tensor in model.inputs
    }


@pytest.mark.parametrize("name", TABLES)
def test_the_network_answers_with_a_finite_number_for_each_output(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = table(name)
    sizes = {"sex_id": 3, "class_id": 4, "label": 3}
    model = loaded(plan, monkeypatch).build_model(hyperparameters(plan, 800, 7), sizes)
    answers = keras.ops.convert_to_numpy(model(some_rows(model)))
    assert answers.shape == (7, plan.task.outputs)
    assert np.isfinite(answers).all()


def test_what_is_written_needs_no_edit() -> None:
    # As one text, so that ruff starts twice and not 36 times.
    texts = [text for name in TABLES for text in written(table(name))]
    for text in ("\n\n".join(texts[::2]), "\n\n".join(texts[1::2])):
        assert "noqa: E501" not in render.as_python(text)


@pytest.mark.parametrize("rows", [100, 1_000, 50_000, 5_000_000])
def test_hyperparameters_fit_tables_of_any_size(rows: int) -> None:
    chosen = hyperparameters(table("everything"), rows, 3)
    assert chosen["batch_size"] <= max(32, rows)
    assert chosen["early_stopping"]["days"] == 3


def test_a_wide_table_has_fewer_bins_a_column() -> None:
    columns = tuple(ColumnPlan(f"c{each}", f"c{each}", "float", "number", "") for each in range(500))
    wide = TablePlan("wide", BINARY, (*columns, LABEL), None, 1000)
    assert hyperparameters(wide, 800, 7)["bins"] < hyperparameters(table("numbers"), 800, 7)["bins"]


def test_only_what_a_table_has_is_written() -> None:
    transform, model = written(table("numbers"))
    for absent in ("CATEGORIES", "DATES", "MARKED", "Embedding"):
        assert absent not in transform + model


def test_a_time_column_does_not_give_the_day_itself() -> None:
    transform, _ = written(table("dates"))
    assert '"sold at": ("weekday", "minute")' in render.as_python(transform)
    assert '"born": ("day", "year_day", "weekday")' in render.as_python(transform)


def test_a_time_column_gives_the_day_of_the_year_where_the_rows_cover_more_than_one() -> None:
    transform, _ = written(dataclasses.replace(table("dates"), seasons=True))
    assert '"sold at": ("year_day", "weekday", "minute")' in render.as_python(transform)


@pytest.mark.parametrize(("rows", "dropout"), [(3_000, 0.1), (20_000, 0.0)])
def test_of_a_larger_regression_nothing_is_left_out(rows: int, dropout: float) -> None:
    assert hyperparameters(table("numbers_and_dates"), rows, 7)["dropout"] == dropout


def test_columns_of_a_regression_reach_its_answer_as_a_sum(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = table("numbers_and_dates")
    model = loaded(plan, monkeypatch).build_model(hyperparameters(plan, 800, 7), {})
    rows, weights = some_rows(model), np.array([[2.0], [-1.0], [0.5]], "float32")
    before = keras.ops.convert_to_numpy(model(rows))
    model.get_layer("straight").set_weights([weights])
    after = keras.ops.convert_to_numpy(model(rows))
    np.testing.assert_allclose(after - before, rows["scaled"] @ weights, atol=1e-5)
