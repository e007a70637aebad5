"""The range of a backtest: whether it can be used, and which spans of it are left out."""

import shutil
from contextlib import closing

import pytest

from perennial.errors import UsageError
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


@pytest.mark.parametrize(
    ("first", "last", "problem", "remedy"),
    [
        ("x", "4", "--from: expected a span such as 7", "There are 4 spans, from 1 to 4."),
        ("1", "9", "--to: flights has no span '9'", "There are 4 spans, from 1 to 4."),
        ("3", "3", "at least one span after 3", "There are 4 spans, from 1 to 4."),
        ("4", "2", "at least one span after 4", "There are 4 spans, from 1 to 4."),
    ],
)
def test_a_wrong_range_is_a_usage_error(
    past: PastScene, first: str, last: str, problem: str, remedy: str
) -> None:
    with pytest.raises(UsageError) as error:
        past.backtest(first, last)
    assert problem in error.value.problem
    assert error.value.remedy == remedy
    assert past.lines.read == []


def test_a_range_that_ends_on_a_blocked_span_names_those_that_can_be_used(past: PastScene) -> None:
    past.script.runs.gates = {"4": "BLOCK"}
    with pytest.raises(UsageError) as error:
        past.backtest()
    assert error.value.problem == "--to: span 4 cannot be trained on: it is blocked."
    assert error.value.remedy == "Use a span from 1 to 3."


def test_a_window_with_too_few_rows_is_refused_before_anything_is_trained(past: PastScene) -> None:
    past.edit("window: {spans: 3}", "window: {spans: 3, eval_min_rows: 13000}")
    with pytest.raises(UsageError, match="As of 1 there is too little to train on") as error:
        past.backtest()
    assert error.value.remedy == "Use --from 2, or longer --windows."
    assert past.script.trained == []
    assert past.backtest("2").trained == 3
