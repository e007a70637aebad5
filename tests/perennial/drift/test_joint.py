"""The tie of a column to the others: broken joins lower it, and single columns or odd tables do no harm."""

import io
from functools import partial
from typing import Any

import numpy as np
import pytest

from perennial.drift.joint import JointModel
from tests.perennial.drift.joint_days import changed, day_table, flights, shuffled

DAYS = 100


@pytest.fixture(scope="module")
def rows() -> dict[str, Any]:
    return flights(DAYS + 20)


@pytest.fixture(scope="module")
def model(rows: dict[str, Any]) -> JointModel:
    past = {name: values[rows["day"] < DAYS] for name, values in rows.items()}
    return JointModel.fit(day_table(past))


def _ties(model: JointModel, frame: dict[str, Any], column: str) -> Any:
    measured = model.measures(day_table(frame))
    return np.tanh(measured.values[:, measured.names.index(column)])


def test_a_column_that_was_shuffled_within_the_day_loses_its_tie(
    model: JointModel, rows: dict[str, Any]
) -> None:
    for column in ("temp", "distance"):
        usual = _ties(model, changed(rows, DAYS, dict), column)
        broken = _ties(model, changed(rows, DAYS, partial(shuffled, column=column, share=1.0)), column)
        assert usual.min() > 0.9 > 0.7 > broken.max()


def test_a_tenth_of_the_rows_with_the_values_of_others_is_below_all_usual_days(
    model: JointModel, rows: dict[str, Any]
) -> None:
    usual = _ties(model, rows, "distance")
    broken = _ties(model, changed(rows, DAYS, lambda new: shuffled(new, "distance", 0.1)), "distance")
    assert np.mean(broken < usual.min()) == 1


def test_days_of_the_history_are_measured_as_days_after_it(model: JointModel, rows: dict[str, Any]) -> None:
    ties = np.arctanh(np.clip(_ties(model, rows, "temp"), -1, 0.99999))
    assert abs(np.median(ties[:DAYS]) - np.median(ties[DAYS:])) < 0.25


def test_the_airport_is_the_key_within_which_neighbours_agree(model: JointModel) -> None:
    assert model.key == "origin"


def test_the_rows_that_carry_it_have_the_largest_surprises(model: JointModel, rows: dict[str, Any]) -> None:
    new = changed(rows, DAYS, dict)
    wrong = np.arange(len(new["day"])) % 10 == 0
    new["distance"] = np.where(wrong, new["distance"][::-1], new["distance"])
    _, surprise = model.surprises(day_table(new), "distance")
    assert surprise[wrong].mean() > 10 * surprise[~wrong].mean()


def test_a_file_of_plain_arrays_gives_the_same_measures(model: JointModel, rows: dict[str, Any]) -> None:
    file = io.BytesIO()
    np.savez(file, **model.to_arrays())
    file.seek(0)
    with np.load(file, allow_pickle=False) as arrays:
        read = JointModel.from_arrays(dict(arrays))
    table = day_table(rows)
    np.testing.assert_array_equal(read.measures(table).values, model.measures(table).values)
    assert read.names == model.names


def test_the_same_days_give_the_same_model_and_a_day_alone_the_same_measures(rows: dict[str, Any]) -> None:
    table = day_table(rows)
    first, second = JointModel.fit(table), JointModel.fit(table)
    together = first.measures(table).values
    np.testing.assert_array_equal(together, second.measures(table).values)
    alone = first.measures(table.only(table.days == table.days[7])).values
    np.testing.assert_allclose(alone[0], together[7], rtol=1e-4, atol=1e-4)


def test_constant_and_empty_columns_are_not_measured(rows: dict[str, Any]) -> None:
    count = len(rows["day"])
    odd = {
        "same": np.full(count, 3.0),
        "none": np.full(count, np.nan),
        "same_text": np.array([b"x"] * count, object),
        "no_text": np.array([None] * count, object),
    }
    model = JointModel.fit(day_table({**rows, **odd}))
    assert set(model.names) == set(rows) - {"day"}


def test_a_column_that_goes_missing_or_is_gone_is_not_measured(
    model: JointModel, rows: dict[str, Any]
) -> None:
    new = changed(rows, DAYS, lambda each: {**each, "temp": np.full(len(each["day"]), np.nan)})
    assert np.isnan(_ties(model, new, "temp")).all()
    del new["temp"], new["dest"]
    measured = model.measures(day_table(new))
    assert np.isnan(measured.values[:, measured.names.index("dest")]).all()
    assert np.isfinite(measured.values[:, measured.names.index("humid")]).all()


def test_a_day_of_one_row_is_not_measured(model: JointModel, rows: dict[str, Any]) -> None:
    one = {name: values[:1] for name, values in rows.items()}
    assert np.isnan(model.measures(day_table(one)).values).all()


def test_texts_of_as_many_values_as_rows_say_nothing(rows: dict[str, Any]) -> None:
    ids = np.array([b"id%d" % place for place in range(len(rows["day"]))], object)
    model = JointModel.fit(day_table({**rows, "id": ids}))
    assert "id" not in model.names


def test_two_columns_are_enough_and_one_is_not(rows: dict[str, Any]) -> None:
    two = {name: rows[name] for name in ("day", "temp", "humid")}
    model = JointModel.fit(day_table(two))
    assert model.names == ("temp", "humid")
    assert np.nanmedian(_ties(model, two, "humid")) > 0.9
    broken = _ties(model, changed(two, DAYS, lambda new: shuffled(new, "humid", 1.0)), "humid")
    assert broken.max() < 0.6
    assert JointModel.fit(day_table({name: rows[name] for name in ("day", "temp")})).names == ()


def test_a_history_of_a_few_days_has_no_model(rows: dict[str, Any]) -> None:
    few = day_table({name: values[rows["day"] < 5] for name, values in rows.items()})
    model = JointModel.fit(few)
    assert model.measures(few).values.shape == (5, 0)
    read = JointModel.from_arrays(model.to_arrays())
    assert read.measures(few).names == ()


def test_infinite_numbers_are_numbers(model: JointModel, rows: dict[str, Any]) -> None:
    new = changed(rows, DAYS, dict)
    new["temp"][::7] = np.inf
    assert np.isfinite(_ties(model, new, "temp")).all()


def test_a_hundred_columns_are_measured(rows: dict[str, Any]) -> None:
    short = {name: values[rows["day"] < 40] for name, values in rows.items()}
    random = np.random.default_rng(0)
    wide = {f"n{place}": short["temp"] + random.normal(0, 5, len(short["day"])) for place in range(92)}
    model = JointModel.fit(day_table({**short, **wide}))
    assert len(model.names) == 99
