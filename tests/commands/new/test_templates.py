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
from commands.new.plan import TablePlan
from tests.commands.new.tables import TABLES, table


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


def test_columns_of_a_regression_reach_its_answer_as_a_sum(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = table("numbers_and_dates")
    model = loaded(plan, monkeypatch).build_model(hyperparameters(plan, 800, 7), {})
    rows, weights = some_rows(model), np.array([[2.0], [-1.0], [0.5]], "float32")
    before = keras.ops.convert_to_numpy(model(rows))
    model.get_layer("wide").set_weights([weights])
    after = keras.ops.convert_to_numpy(model(rows))
    np.testing.assert_allclose(after - before, rows["scaled"] @ weights, atol=1e-5)
