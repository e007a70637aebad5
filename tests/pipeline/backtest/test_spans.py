"""The spans of a range that a backtest leaves out, and why."""

import shutil
from contextlib import closing

from perennial.store.ledger import Ledger
from pipeline.backtest.sentences import left_out_texts
from pipeline.backtest.spans import left_out
from pipeline.run.gaps import MissingSpan
from tests.pipeline.backtest.past import PastScene

MISSING = [MissingSpan("2", "", ""), MissingSpan("3", "", "It was a holiday."), MissingSpan("9", "", "")]


def left_out_of(past: PastScene) -> dict[str, str]:
    """Of a range to 4, of which 1 is in use."""
    for span in ("2", "3"):
        shutil.rmtree(past.use_case.exports_folder / span)
    past.root.mkdir(exist_ok=True)
    with closing(Ledger(past.root / "ledger.db")) as ledger:
        return left_out(past.use_case, ledger, {"1"}, MISSING, "4")


def test_spans_that_are_missing_are_named_as_well_as_those_that_are_not_in_use(past: PastScene) -> None:
    assert left_out_of(past) == {
        "2": "its export is missing",
        "3": "it never comes",
        "4": "its export is not read",
    }


def test_what_is_missing_is_not_named_where_nobody_wants_to_know(past: PastScene) -> None:
    exports = past.use_case.exports.model_copy(update={"gap": "skip"})
    past.use_case = past.use_case.model_copy(update={"exports": exports})
    assert list(left_out_of(past)) == ["4"]


def test_spans_are_named_by_reason_the_first_five_of_each() -> None:
    names = {str(span): "it is blocked" for span in range(7)} | {"8": "it is refused"}
    assert left_out_texts(names) == [
        "0, 1, 2, 3, 4 and 2 more (it is blocked)",
        "8 (it is refused)",
    ]
