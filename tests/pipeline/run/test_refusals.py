"""What a run would refuse; `tests/commands/doctor/test_refusals.py` compares it with what runs refuse."""

from perennial.errors import ExportsUnreadable, HomeUnusable
from pipeline.config import UseCase
from pipeline.run.refusals import refusals


def test_a_use_case_in_order_is_not_refused(use_case: UseCase) -> None:
    assert list(refusals(use_case)) == []


def test_every_refusal_is_given_in_the_order_of_a_run_and_nothing_is_made(use_case: UseCase) -> None:
    (use_case.root / "runs").touch()
    use_case.exports_folder.parent.mkdir()
    use_case.exports_folder.touch()
    before = sorted(use_case.home.rglob("*"))
    assert [type(error) for error in refusals(use_case)] == [HomeUnusable, ExportsUnreadable]
    assert sorted(use_case.home.rglob("*")) == before
