"""What is shown of a span's columns, and what never is."""

from pathlib import Path

import pytest

from pipeline.report.distributions import distributions_of
from tests.pipeline.report.pages import statistics, write_statistics


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("statistics")
    made = {"now": statistics(400, warmer=3.0, seed=1), "before": statistics(400), "none": statistics(0)}
    return {name: write_statistics(folder / name, each) for name, each in made.items()}


def test_numbers_have_bins_and_text_its_commonest_values(files: dict[str, Path]) -> None:
    columns = {each["name"]: each for each in distributions_of(files["now"], files["before"], (), "good")}
    heat = columns["heat"]
    assert sum(count for _, _, count in heat["bins"]) == pytest.approx(400 * (1 - heat["missing"]))
    assert heat["mean"] == pytest.approx(3, abs=0.3)
    assert heat["was"]["mean"] == pytest.approx(0, abs=0.3)
    assert 0.05 < heat["missing"] < 0.15
    assert columns["colour"]["distinct"] == 5
    assert columns["colour"]["values"][0]["share"] == pytest.approx(0.25)
    assert columns["colour"]["values"][0]["was"] == pytest.approx(0.25)
    assert [each["name"] for each in columns.values() if each["label"]] == ["good"]


def test_a_value_of_few_rows_is_not_named(files: dict[str, Path]) -> None:
    colour = {each["name"]: each for each in distributions_of(files["now"], None, ())}["colour"]
    assert "pink" not in str(colour)
    assert colour["values"][-1] == {"value": "(others)", "share": 3 / 400, "was": None, "rest": True}


def test_of_a_private_column_only_counts_are_shown(files: dict[str, Path]) -> None:
    columns = {
        each["name"]: each for each in distributions_of(files["now"], files["before"], ("colour", "heat"))
    }
    assert set(columns["colour"]) == set(columns["heat"])
    assert "values" not in columns["colour"]
    assert "bins" not in columns["heat"]
    assert "Private column" in columns["heat"]["note"]
    assert columns["heat"]["missing"] > 0


def test_a_column_moves_by_the_share_of_rows_that_would_have_to_change(files: dict[str, Path]) -> None:
    columns = {each["name"]: each["shift"] for each in distributions_of(files["now"], files["before"], ())}
    assert columns["colour"] == pytest.approx(0)
    assert columns["constant"] == pytest.approx(0)
    assert columns["heat"] > 0.7
    assert {each["shift"] for each in distributions_of(files["now"], None, ())} == {None}


def test_a_column_of_one_number_has_a_bin_that_can_be_seen(files: dict[str, Path]) -> None:
    constant = {each["name"]: each for each in distributions_of(files["now"], None, ())}["constant"]
    ((low, high, count),) = constant["bins"]
    assert low < 7 < high
    assert count == pytest.approx(400)


def test_a_span_without_rows_has_columns_without_values(files: dict[str, Path]) -> None:
    for column in distributions_of(files["none"], files["before"], ()):
        assert column["note"] == "All values are missing."
        assert column["shift"] is None
