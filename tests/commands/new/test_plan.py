"""A plan gives its columns by their role."""

from tests.commands.new.tables import AGE, GRADE, RATIO, SEX, table


def test_columns_are_given_by_role_in_the_order_of_the_table() -> None:
    plan = table("everything")
    assert plan.numbers == (AGE, RATIO)
    assert plan.categories == (SEX, GRADE)
    assert [column.name for column in plan.dates] == ["sold at", "born"]
    assert plan.set_aside == ()
    assert [column.name for column in plan.of_role("label")] == ["label"]
