"""Hyperparameters fit the table: its rows, its columns and its task."""

import pytest

from commands.new.hyperparameters import hyperparameters
from commands.new.plan import ColumnPlan, TablePlan
from tests.commands.new.tables import BINARY, LABEL, table


@pytest.mark.parametrize("rows", [100, 1_000, 50_000, 5_000_000])
def test_hyperparameters_fit_tables_of_any_size(rows: int) -> None:
    chosen = hyperparameters(table("everything"), rows, 3)
    assert chosen["batch_size"] <= max(32, rows)
    assert chosen["early_stopping"]["days"] == 3


def test_a_wide_table_has_fewer_bins_a_column() -> None:
    columns = tuple(ColumnPlan(f"c{each}", f"c{each}", "float", "number", "") for each in range(500))
    wide = TablePlan("wide", BINARY, (*columns, LABEL), None, 1000)
    assert hyperparameters(wide, 800, 7)["bins"] < hyperparameters(table("numbers"), 800, 7)["bins"]


@pytest.mark.parametrize(("rows", "dropout"), [(3_000, 0.1), (20_000, 0.0)])
def test_of_a_larger_regression_nothing_is_left_out(rows: int, dropout: float) -> None:
    assert hyperparameters(table("numbers_and_dates"), rows, 7)["dropout"] == dropout
