"""How numbers, shares and times are said."""

import pytest

from pipeline.report import words


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, words.NONE),
        (float("nan"), words.NONE),
        (3, "3"),
        (27902.0, "27,902"),
        (0.0017539, "0.001754"),
        (1234.5, "1,234"),
    ],
)
def test_a_number_is_written_in_few_digits(value: float | None, text: str) -> None:
    assert words.number(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, words.NONE),
        (0.5, "0.5000"),
        (53.2111, "53.21"),
        (15234.7, "15,235"),
        (0.0000123, "1.23e-05"),
        (12, "12"),
    ],
)
def test_a_score_has_as_many_decimals_as_its_size_asks_for(value: float | None, text: str) -> None:
    assert words.score(value) == text


def test_a_small_share_is_never_shown_as_zero() -> None:
    text = [words.share(value).replace("\u00a0", " ") for value in (0.0, 0.0004, 0.103, 1.0)]
    assert text == ["0 %", "< 0.1 %", "10.3 %", "100 %"]


def test_a_run_is_dated_by_its_id_and_an_odd_id_is_shown_unchanged() -> None:
    assert words.moment("20261125T051717.387774Z-2") == "25 November 2026, 05:17 UTC"
    assert words.moment("odd") == "odd"


def test_code_between_backticks_is_marked_and_everything_else_escaped() -> None:
    assert words.with_code("Run `run <x>` & wait") == "Run <code>run &lt;x&gt;</code> &amp; wait"
    assert words.with_code("half ` <b>") == "half ` &lt;b&gt;"
