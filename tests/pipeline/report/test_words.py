"""How numbers, shares and times are said."""

import pytest

from pipeline.report import words


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (None, words.NONE),
        (float("nan"), words.NONE),
        (3, "3"),
        (27902.0, "27,902"),
        (0.0017539, "0.001754"),
        (1234.5, "1,234"),
    ],
)
def test_a_number_is_said_in_few_digits(value: float | None, said: str) -> None:
    assert words.number(value) == said


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (None, words.NONE),
        (0.5, "0.5000"),
        (53.2111, "53.21"),
        (15234.7, "15,235"),
        (0.0000123, "1.23e-05"),
        (12, "12"),
    ],
)
def test_a_score_has_as_many_decimals_as_its_size_asks_for(value: float | None, said: str) -> None:
    assert words.score(value) == said


def test_a_share_that_is_something_is_never_said_to_be_nothing() -> None:
    said = [words.share(value).replace("\u00a0", " ") for value in (0.0, 0.0004, 0.103, 1.0)]
    assert said == ["0 %", "< 0.1 %", "10.3 %", "100 %"]


def test_a_run_is_dated_by_its_id_and_an_odd_id_is_said_as_it_is() -> None:
    assert words.moment("20261125T051717.387774Z-2") == "25 November 2026, 05:17 UTC"
    assert words.moment("odd") == "odd"


def test_code_between_backticks_is_marked_and_everything_else_escaped() -> None:
    assert words.with_code("Say `run <x>` & wait") == "Say <code>run &lt;x&gt;</code> &amp; wait"
    assert words.with_code("half ` <b>") == "half ` &lt;b&gt;"
