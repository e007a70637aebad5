"""What drift does to a model's scores, on rows whose model and drift are known."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pytest
from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2

from perennial.drift.day_summaries import DayTable
from perennial.drift.effects import Effect, effect_of, reference_of
from perennial.drift.summarise import days_of
from perennial.task import Task

SCHEMA = text_format.Parse(
    """
    feature { name: "when" type: BYTES } feature { name: "carrier" type: BYTES }
    feature { name: "gate" type: INT int_domain { is_categorical: true } }
    feature { name: "x" type: FLOAT } feature { name: "count" type: INT } feature { name: "y" type: FLOAT }
    """,
    schema_pb2.Schema(),
)
TASK = Task("binary", "late")
CARRIERS = np.array([b"AA", b"DL", b"UA"], object)
Columns = dict[str, Any]


def rows_of(days: list[str], seed: int, rows: int = 900) -> Columns:
    """Columns of days that look alike."""
    random = np.random.default_rng(seed)
    count = rows * len(days)
    hours = random.integers(6, 22, count)
    return {
        "when": [f"{days[row % len(days)]} {hours[row]:02d}:15:00".encode() for row in range(count)],
        "carrier": CARRIERS[random.choice(3, count, p=[0.5, 0.3, 0.2])],
        "gate": random.integers(1, 5, count),
        "x": random.normal(size=count).astype(np.float32),
        "count": random.poisson(3, count),
        "y": random.normal(50, 10, count).astype(np.float32),
    }


def summarised(columns: Columns, missing: dict[str, npt.NDArray[np.bool_]] | None = None) -> DayTable:
    types = {"when": pa.binary(), "carrier": pa.binary(), "x": pa.float32(), "y": pa.float32()}
    arrays = {
        name: pa.array(values, types.get(name, pa.int64()), mask=(missing or {}).get(name))
        for name, values in columns.items()
    }
    return days_of(pa.table(arrays), SCHEMA, "when")


def score(table: pa.Table) -> npt.NDArray[np.float32]:
    """Of x, missing as 0; of one carrier and one gate; and of the hour."""
    x = np.nan_to_num(table["x"].to_numpy().astype(np.float64))
    united = np.array([each == b"UA" for each in table["carrier"].to_pylist()])
    gate = np.nan_to_num(table["gate"].to_pandas().to_numpy(np.float64)) == 4
    late = np.array([int(each[11:13]) > 17 for each in table["when"].to_pylist()])
    answers = 0.3 + 0.1 * np.tanh(x) + 0.2 * united + 0.1 * gate + 0.1 * late
    return answers.astype(np.float32)


REFERENCE = summarised(rows_of([f"2013-03-{day:02d}" for day in range(1, 15)], 1))
CHANGED_DAYS = ["2013-03-15", "2013-03-16"]


def effect(name: str, change: Callable[[Any], Any] | None = None, rows: int = 900) -> Effect | None:
    columns = rows_of(CHANGED_DAYS, 2, rows)
    if change:
        columns[name] = change(columns[name])
    return effect_of([name], summarised(columns), REFERENCE, TASK, score)


@pytest.mark.parametrize("name", ["x", "carrier", "gate", "count", "when"])
def test_of_a_column_that_did_not_drift_there_is_hardly_any_effect(name: str) -> None:
    made = effect(name)
    assert made is not None
    assert (made.columns, made.rows) == ((name,), 600)
    assert abs(made.effect) < 0.01
    assert made.moved < 0.02


def test_the_effect_of_a_number_that_rises_is_what_it_does_to_the_mean_score() -> None:
    made = effect("x", lambda x: x + np.float32(1))
    drawn = np.random.default_rng(3).normal(size=1_000_000)
    expected = 0.1 * (np.tanh(drawn + 1) - np.tanh(drawn)).mean()
    assert made is not None
    assert made.effect == pytest.approx(expected, abs=0.006)
    assert made.moved == pytest.approx(expected, abs=0.006)


def test_a_spread_that_grows_shows_where_the_mean_stays() -> None:
    made = effect("x", lambda x: 4 * x)
    assert made is not None
    assert abs(made.effect) < 0.01
    assert made.spread > made.expected_spread + 0.01
    assert made.moved > 0.02


def test_the_effect_of_a_value_that_is_gone_is_that_of_its_share() -> None:
    made = effect("carrier", lambda each: np.where(each == b"UA", b"AA", each))
    assert made is not None
    assert made.effect == pytest.approx(-0.2 * 0.2, abs=0.012)
    assert made.moved == pytest.approx(0.2 * 0.2, abs=0.012)


def test_a_category_that_is_an_integer_is_replaced_as_text_is() -> None:
    made = effect("gate", lambda each: np.where(each == 4, 1, each))
    assert made is not None
    assert made.effect == pytest.approx(-0.1 * 0.25, abs=0.012)


def test_the_effect_of_times_in_another_zone_is_that_of_the_hour() -> None:
    made = effect(
        "when", lambda each: [f"{at[:11].decode()}{int(at[11:13]) - 6:02d}:15:00".encode() for at in each]
    )
    assert made is not None
    assert made.effect == pytest.approx(-0.1 * 4 / 16, abs=0.012)


@pytest.mark.parametrize("share", [0.6, 1.0])
def test_values_that_are_missing_come_back_as_the_reference_has_them(share: float) -> None:
    reference = rows_of([f"2013-03-{day:02d}" for day in range(1, 15)], 1)
    columns = rows_of(CHANGED_DAYS, 2)
    for each in (reference, columns):
        each["x"] = each["x"] + np.float32(1)
    gone = np.random.default_rng(4).random(len(columns["x"])) < share
    made = effect_of(["x"], summarised(columns, {"x": gone}), summarised(reference), TASK, score)
    expected = -0.1 * share * np.tanh(np.random.default_rng(3).normal(1, 1, 1_000_000)).mean()
    assert made is not None
    assert made.effect == pytest.approx(expected, abs=0.012)


def test_columns_that_drifted_together_are_replaced_together() -> None:
    columns = rows_of(CHANGED_DAYS, 2)
    columns["x"] = columns["x"] + np.float32(1)
    columns["carrier"] = np.where(columns["carrier"] == b"AA", b"UA", columns["carrier"])
    changed = summarised(columns)
    alone = [effect_of([name], changed, REFERENCE, TASK, score) for name in ("x", "carrier")]
    both = effect_of(["x", "carrier", ""], changed, REFERENCE, TASK, score)
    assert both is not None
    assert both.columns == ("x", "carrier")
    assert both.effect == pytest.approx(sum(each.effect for each in alone if each), abs=0.01)


def test_the_same_days_give_the_same_effect() -> None:
    assert effect("x", lambda x: x + np.float32(1)) == effect("x", lambda x: x + np.float32(1))


def test_a_column_that_the_model_does_not_use_has_none() -> None:
    made = effect("y", lambda y: 5 * (y - 32) / 9)
    assert made is not None
    assert (made.effect, made.moved) == (0.0, 0.0)


@pytest.mark.parametrize("name", ["", "other"])
def test_what_is_no_column_has_no_effect_that_could_be_measured(name: str) -> None:
    assert effect_of([name], REFERENCE, REFERENCE, TASK, score) is None


def test_days_without_a_sample_and_answers_that_are_no_numbers_have_none() -> None:
    empty = REFERENCE.only(np.zeros(len(REFERENCE.days), bool))
    assert effect_of(["x"], empty, REFERENCE, TASK, score) is None
    broken = effect_of(
        ["x"], REFERENCE, REFERENCE, TASK, lambda table: np.full(len(table), np.nan, np.float32)
    )
    assert broken is None


def test_of_several_classes_it_is_that_of_the_class_that_moves_most() -> None:
    task = Task("multiclass", "kind", ("a", "b", "c"))

    def classes(table: pa.Table) -> npt.NDArray[np.float32]:
        b = score(table)
        return np.stack([(1 - b) * 0.6, b, (1 - b) * 0.4], axis=1).astype(np.float32)

    columns = rows_of(CHANGED_DAYS, 2)
    columns["carrier"] = np.full(len(columns["carrier"]), b"UA", object)
    made = effect_of(["carrier"], summarised(columns), REFERENCE, task, classes)
    assert made is not None
    assert made.effect == pytest.approx(0.2 * 0.8, abs=0.015)
    means = f"({made.expected_mean:.3g} to {made.mean:.3g})"
    of = "the predicted probability that `kind` is b"
    assert made.text == f"It moves {of} by {made.effect:+.2g} on average {means}."


def test_of_a_regression_it_is_in_the_unit_of_the_label() -> None:
    made = effect_of(
        ["x"],
        summarised(rows_of(CHANGED_DAYS, 2)),
        REFERENCE,
        Task("regression", "delay"),
        lambda table: np.nan_to_num(table["x"].to_numpy()).astype(np.float32) * 100,
    )
    assert made is not None
    assert made.text.startswith("It moves the predicted `delay` by ")


@pytest.mark.parametrize(
    ("baseline", "expected"),
    [
        ("season", ["2013-03-02", "2013-03-09"]),
        ("previous", [f"2013-03-{day:02d}" for day in range(1, 15)]),
        ("training", ["2013-03-03"]),
        ("pinned", [f"2013-03-{day:02d}" for day in range(1, 15)]),  # there is none: the days before
    ],
)
def test_the_days_of_a_reference_are_those_of_the_baseline(baseline: str, expected: list[str]) -> None:
    named = {"training": REFERENCE.only(REFERENCE.days == np.datetime64("2013-03-03"))}
    days = reference_of(baseline, REFERENCE, np.datetime64("2013-03-16"), named)
    assert days.days.astype(str).tolist() == expected


def test_the_days_before_are_28_at_most_and_none_of_the_finding() -> None:
    table = summarised(rows_of([f"2013-01-{day:02d}" for day in range(1, 32)], 1, rows=5))
    days = reference_of("previous", table, np.datetime64("2013-01-31")).days
    assert (str(days[0]), str(days[-1]), len(days)) == ("2013-01-03", "2013-01-30", 28)
