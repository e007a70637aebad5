"""Each column of a table gets its type and role, or is set aside with the reason."""

from pathlib import Path

import pytest

from commands.new.summary import NewSummary


@pytest.mark.parametrize(
    ("column", "reason"),
    [
        ("Order ID", "it is an id"),
        ("row", "it numbers the rows"),
        ("always", "it has the same value in every row"),
        ("nothing", "it is empty in every row"),
        ("note", "it is free text"),
        ("same", "it is equal to `größe` in every row"),
        ("sold", "it reveals the label: each of its 2 values has one class"),
        ("huge", "it is an id"),
    ],
)
def test_a_column_is_set_aside_with_the_reason(
    made: tuple[NewSummary, Path], column: str, reason: str
) -> None:
    plan = next(each for each in made[0].plan.columns if each.name == column)
    assert plan.role == "set_aside"
    assert plan.reason.startswith(reason)


@pytest.mark.parametrize(
    ("column", "role", "kind"),
    [
        ("größe", "number", "float"),
        ("class", "category", "string"),
        ("city", "category", "string"),
        ("zip", "category", "string"),
        ("shop_id", "category", "int"),
        ("count", "number", "int"),
        ("day", "date", "string"),
        ("flag", "number", "int"),
        ("label", "label", "string"),
    ],
)
def test_a_column_has_its_role_and_type(
    made: tuple[NewSummary, Path], column: str, role: str, kind: str
) -> None:
    plan = next(each for each in made[0].plan.columns if each.name == column)
    assert (plan.role, plan.type) == (role, kind)
