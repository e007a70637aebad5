"""Which columns a model takes, and what its inputs are called."""

import pytest

from serving.model.columns import InputColumn, input_names, model_columns


def test_columns_follow_the_schema_and_leave_other_environments_out() -> None:
    schema = {
        "default_environment": ["TRAINING", "SERVING"],
        "feature": [
            {"name": "s", "type": "BYTES"},
            {"name": "late", "type": "INT", "not_in_environment": ["SERVING"]},
            {"name": "n", "type": "INT"},
            {"name": "x", "type": "FLOAT", "in_environment": ["SERVING"]},
        ],
    }
    assert model_columns(schema) == (
        InputColumn("s", "string"),
        InputColumn("n", "int"),
        InputColumn("x", "float"),
    )
    assert [column.name for column in model_columns(schema, "TRAINING")] == ["s", "late", "n", "x"]


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["a", "sched_dep", "x1"], ["a", "sched_dep", "x1"]),
        (["mean radius", "mean_radius"], ["mean_radius_2", "mean_radius"]),
        (["od280/od315", "größe", "1st", "_x", "self"], ["od280_od315", "groe", "column_1st", "x", "self_2"]),
        (["a", "A", "a b", "A_B"], ["a", "A_2", "a_b_2", "A_B"]),
        (["年", "月", " "], ["column", "column_2", "column_3"]),
    ],
)
def test_inputs_have_names_that_tensorflow_takes(names: list[str], expected: list[str]) -> None:
    assert list(input_names([InputColumn(name, "int") for name in names])) == expected


def test_a_column_that_is_set_aside_is_none() -> None:
    schema = {
        "feature": [{"name": "a", "type": "INT"}, {"name": "b", "type": "INT", "lifecycle_stage": "DISABLED"}]
    }
    assert model_columns(schema) == (InputColumn("a", "int"),)
