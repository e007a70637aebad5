"""`new` replaces no use case with a live model, and no other one unasked."""

from pathlib import Path

import pytest

from commands.new.former import Former
from commands.new.new import new
from commands.new.summary import NewSummary
from perennial.errors import UsageError
from pipeline.config import UseCase
from tests.commands.versions import publish


def test_a_live_model_is_never_replaced_and_land_is_named(use_case: UseCase, repository: Path) -> None:
    publish(use_case.model_copy(update={"name": "orders"}))
    with pytest.raises(UsageError, match=r"'orders' has a live model \(version 1\)") as refused:
        new("orders", Path("next.csv"), "label", None, None, repository, replace=True)
    assert "run `land orders next.csv`" in refused.value.remedy


@pytest.mark.parametrize(
    ("chosen", "words"),
    [
        ({"label": "city"}, "another label: `label`, not `city`"),
        ({"time_column": None}, "another time column: `day`, not none"),
        ({"task": "regression"}, "another task: `binary`, not `regression`"),
    ],
)
def test_another_use_case_of_the_name_is_refused(
    made: tuple[NewSummary, Path], home: Path, chosen: dict[str, str | None], words: str
) -> None:
    former = Former.of("orders", home / "orders", made[1])
    with pytest.raises(UsageError, match=words) as refused:
        former.refuse_other(**chosen)
    assert "--replace" in refused.value.remedy


def test_the_same_one_may_be_made_again(made: tuple[NewSummary, Path], home: Path) -> None:
    former = Former.of("orders", home / "orders", made[1])
    former.refuse_live(Path("orders.csv"))
    former.refuse_other(label="label", time_column="day", task=made[0].plan.task.kind)


def test_a_name_that_nothing_has_is_free(home: Path, repository: Path) -> None:
    former = Former.of("orders", home / "orders", repository)
    former.refuse_live(Path("orders.csv"))
    former.refuse_other(label="anything")
