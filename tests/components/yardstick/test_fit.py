"""The yardstick against scikit-learn used directly, for each task, and what it leaves out."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from sklearn.compose import make_column_transformer
from sklearn.datasets import load_diabetes, load_iris
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import (
    accuracy_score,
    f1_score,
    log_loss,
    mean_absolute_error,
    r2_score,
    roc_auc_score,
    root_mean_squared_error,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from threadpoolctl import threadpool_limits

from components.yardstick.encode import Date, coded
from components.yardstick.fit import measure
from perennial.task import Task


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    """Two threads of OpenMP that share a core with a neighbour wait for seconds."""
    with threadpool_limits(1, "openmp"):
        yield


def _halves(table: pa.Table) -> tuple[pa.Table, list[pa.Table]]:
    """Every second row, and the others in two batches."""
    rows = np.arange(len(table))
    judged = table.filter(rows % 2 == 1)
    return table.filter(rows % 2 == 0), [judged.slice(0, 40), judged.slice(40)]


def _numbers(data: np.ndarray) -> dict[str, pa.Array]:  # type: ignore[type-arg]
    return {f"column {index}": pa.array(column, pa.float32()) for index, column in enumerate(data.T)}


def test_a_regression_is_scikit_learns() -> None:
    data, target = load_diabetes(return_X_y=True, scaled=False)
    table = pa.table({**_numbers(data), "progression": pa.array(target, pa.float32())})
    yardstick = measure(*_halves(table), Task("regression", "progression"))
    data = data.astype(np.float32).astype(float)
    model = HistGradientBoostingRegressor(random_state=17).fit(data[::2], target[::2])
    answers = model.predict(data[1::2])
    linear = make_pipeline(StandardScaler(), Ridge()).fit(data[::2], target[::2]).predict(data[1::2])
    assert yardstick.losses == pytest.approx(
        {
            "HistGradientBoostingRegressor": root_mean_squared_error(target[1::2], answers),
            "Ridge": root_mean_squared_error(target[1::2], linear),
        }
    )
    assert (yardstick.model, yardstick.name) == ("Ridge", "ridge regression")
    assert (yardstick.why, yardstick.train_rows, yardstick.rows, yardstick.columns) == ("", 221, 221, 10)
    assert yardstick.metrics == pytest.approx(
        {
            "rmse": root_mean_squared_error(target[1::2], linear),
            "mae": mean_absolute_error(target[1::2], linear),
            "r2": r2_score(target[1::2], linear),
            "bias": (linear - target[1::2]).mean(),
        }
    )
    assert yardstick.answers == pytest.approx(linear, rel=1e-6)


def test_a_multiclass_is_scikit_learns_in_the_order_of_the_classes() -> None:
    data, target = load_iris(return_X_y=True)
    names = ("virginica", "setosa", "versicolor")
    labels = np.array(["setosa", "versicolor", "virginica"])[target]
    table = pa.table({**_numbers(data), "species": pa.array(labels, pa.string()).cast(pa.binary())})
    yardstick = measure(*_halves(table), Task("multiclass", "species", names))
    data = data.astype(np.float32).astype(float)
    boosting = HistGradientBoostingClassifier(random_state=17).fit(data[::2], labels[::2])
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(data[::2], labels[::2])
    answers, truth = model.predict_proba(data[1::2]), labels[1::2]
    assert yardstick.losses == pytest.approx(
        {
            "HistGradientBoostingClassifier": log_loss(truth, boosting.predict_proba(data[1::2])),
            "LogisticRegression": log_loss(truth, answers),
        },
        rel=1e-5,
    )
    chosen = model.classes_[answers.argmax(1)]
    assert yardstick.metrics == pytest.approx(
        {
            "log_loss": log_loss(truth, answers),
            "accuracy": accuracy_score(truth, chosen),
            "auc": roc_auc_score(truth, answers, multi_class="ovr"),
            "f1_macro": f1_score(truth, chosen, average="macro"),
        },
        rel=1e-5,
    )


def _days(rows: int) -> pd.DataFrame:
    draw = np.random.default_rng(5)
    frame = pd.DataFrame(
        {
            "when": pd.date_range("2013-01-01 08:30", periods=rows, freq="7h").strftime("%Y-%m-%d %H:%M:%S"),
            "colour": draw.choice(np.array(["red", "green", "blue", None], object), rows),
            "town": [f"town {number}" for number in draw.geometric(0.01, rows)],
            "size": draw.normal(size=rows),
        }
    )
    frame.loc[::5, ["when", "size"]] = None
    chance = (frame["colour"] == "red") * 2 + frame["size"].fillna(0)
    return frame.assign(good=(chance + draw.normal(size=rows) > 1).astype(int))


def test_texts_are_categories_and_dates_are_numbers() -> None:
    frame = _days(1200)
    columns = {
        name: pa.array(frame[name], pa.string(), from_pandas=True).cast(pa.binary())
        for name in ("when", "colour", "town")
    }
    table = pa.table(
        {**columns, "size": pa.array(frame["size"], pa.float32(), from_pandas=True), "good": frame["good"]}
    )
    yardstick = measure(*_halves(table), Task("binary", "good"))

    when = pd.to_datetime(frame["when"])
    days = (when - pd.Timestamp("1970-01-01")) / pd.Timedelta(days=1)
    data = pd.DataFrame({"days": days, "month": when.dt.month, "weekday": when.dt.weekday})
    data["minute"] = when.dt.hour * 60 + when.dt.minute
    for name in ("colour", "town"):
        counts = frame[name][::2].dropna().value_counts().items()
        frequent = [text for text, _ in sorted(counts, key=lambda pair: (-pair[1], pair[0]))]
        kept = frequent if len(frequent) <= 255 else frequent[:254]
        data[name] = frame[name].map(lambda text, kept=kept: kept.index(text) if text in kept else len(kept))
        data.loc[frame[name].isna(), name] = np.nan
    data["size"] = frame["size"].astype(np.float32)
    rows = np.column_stack([data[name].to_numpy(np.float64) for name in data])
    model = HistGradientBoostingClassifier(random_state=17, categorical_features=[4, 5])
    model.fit(rows[::2], frame["good"][::2])
    answers = model.predict_proba(rows[1::2])[:, 1]
    assert yardstick.columns == 4
    assert yardstick.losses["HistGradientBoostingClassifier"] == pytest.approx(
        log_loss(frame["good"][1::2], answers)
    )
    numbers = make_pipeline(SimpleImputer(add_indicator=True), StandardScaler())
    texts = OneHotEncoder(handle_unknown="infrequent_if_exist", min_frequency=20)
    columns = make_column_transformer((numbers, [0, 3, 6]), (texts, [1, 2, 4, 5]))
    linear = make_pipeline(columns, LogisticRegression()).fit(rows[::2], frame["good"][::2])
    answers = linear.predict_proba(rows[1::2])[:, 1]
    assert yardstick.metrics["log_loss"] == pytest.approx(log_loss(frame["good"][1::2], answers))
    assert yardstick.metrics["auc"] == pytest.approx(roc_auc_score(frame["good"][1::2], answers))


def test_what_grows_with_time_is_left_out_where_newer_rows_are_judged() -> None:
    days = pd.date_range("2013-01-01", periods=500, freq="D").strftime("%Y-%m-%d")
    column = pa.chunked_array([pa.array(days, pa.string()).cast(pa.binary())])
    assert coded(column) == Date(("days", "month", "weekday"))
    assert coded(column, days[-1]) == Date(("month", "weekday"))
    assert coded(column[:300], days[299]) == Date(("weekday",))
    assert coded(column[:300], days[-1]) == Date(("days", "month", "weekday"))


def test_rows_whose_label_is_missing_or_no_class_are_left_out() -> None:
    labels = pa.array([b"no", b"yes", None, b"perhaps"] * 30, pa.binary())
    table = pa.table({"size": pa.array(range(120), pa.int64()), "good": labels})
    yardstick = measure(table, [table], Task("binary", "good", ("no", "yes")))
    assert (yardstick.why, yardstick.train_rows, yardstick.rows) == ("", 60, 60)


def test_a_class_of_one_row_does_not_stop_a_long_table() -> None:
    labels = np.arange(12_000) % 2
    labels[0] = 2
    table = pa.table({"size": pa.array(np.arange(12_000) % 7, pa.int64()), "kind": labels})
    yardstick = measure(table, [table.slice(0, 100)], Task("multiclass", "kind", (0, 1, 2)))
    assert (yardstick.why, yardstick.train_rows, yardstick.rows) == ("", 11_999, 100)


@pytest.mark.parametrize(
    ("columns", "task", "why"),
    [
        ({"size": [1.0, 2.0], "good": [1, 1]}, Task("binary", "good"), "have only one class"),
        ({"size": [None, None], "good": [0, 1]}, Task("binary", "good"), "No column has a value"),
        ({"size": [1.0, 2.0], "good": [None, None]}, Task("binary", "good"), "No training row has a label"),
        ({"good": [1.0, 2.0]}, Task("regression", "good"), "No column has a value"),
        ({"size": [1.0], "good": [1]}, Task("multiclass", "good", tuple(range(101))), "101 classes"),
    ],
)
def test_where_there_is_none_the_reason_is_reported(
    columns: dict[str, list[float]], task: Task, why: str
) -> None:
    kinds = {"size": pa.float32(), "good": pa.float32() if task.kind == "regression" else pa.int64()}
    table = pa.table({name: pa.array(values * 2, kinds[name]) for name, values in columns.items()})
    yardstick = measure(table, [table], task)
    assert why in yardstick.why
    assert yardstick.metrics == {}


def test_without_rows_to_judge_by_that_is_reported() -> None:
    table = pa.table({"size": pa.array(range(60), pa.int64()), "good": [0, 1] * 30})
    assert "no rows to evaluate on" in measure(table, [], Task("binary", "good")).why
