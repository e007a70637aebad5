"""How many fewer rows a window has than the live version, and what is said of them."""

import pytest

from components.window_gate.gate import NO_LIVE_ROWS, LiveRows, judge_window

SPANS = {"2013-01": 600, "2013-02": 400}


def _live(rows: int = 1000, *, same_window: bool = True, rejected: tuple[str, ...] = ()) -> LiveRows:
    return LiveRows(3, rows, SPANS, {"2013-01": "refused"}, same_window, rejected)


def _window(*spans: tuple[str, int]) -> dict[str, object]:
    named = [{"span": span, "train_rows": rows} for span, rows in spans]
    return {"spans": named, "train": {"rows": sum(rows for _, rows in spans)}}


@pytest.mark.parametrize(
    ("rows", "max_shrink", "fewer"),
    [(700, 0.3, False), (699, 0.3, True), (999, 0.0, True), (1000, 0.0, False), (0, 1.0, False)],
)
def test_a_window_may_have_so_many_fewer_rows_and_no_more(rows: int, max_shrink: float, fewer: bool) -> None:
    result = judge_window(_window(("2013-02", rows)), _live(), max_shrink)
    assert (result.fewer, result.blocks) == (fewer, fewer)
    assert bool(result.sentence()) == fewer


def test_the_sentence_names_the_spans_with_fewer_rows_and_why() -> None:
    result = judge_window(_window(("2013-02", 300), ("2013-03", 100)), _live(), 0.3)
    assert result.sentence() == (
        "The window has 400 rows to train on, 60% fewer than the 1,000 of version 3, which is live."
        " Spans with fewer rows: 2013-01 (0 of 600, refused), 2013-02 (300 of 400)."
    )


def test_a_rejected_span_is_not_missing() -> None:
    result = judge_window(_window(("2013-02", 300)), _live(400, rejected=("2013-01",)), 0.3)
    assert (result.fewer, result.missing) == (False, ("2013-02 (300 of 400)",))


def test_other_settings_of_the_window_block_nothing() -> None:
    result = judge_window(_window(("2013-02", 300)), _live(same_window=False), 0.3)
    assert (result.fewer, result.blocks) == (True, False)


def test_without_a_live_version_nothing_is_fewer() -> None:
    assert not judge_window(_window(("2013-02", 1)), NO_LIVE_ROWS, 0.0).fewer


def test_many_spans_are_counted() -> None:
    live = LiveRows(3, 80, {str(number): 10 for number in range(8)}, {}, True)
    assert judge_window(_window(), live, 0.3).sentence().endswith("3 (0 of 10), 4 (0 of 10) and 3 more.")


def test_what_the_node_is_given_is_what_was_written() -> None:
    live = _live(rejected=("2013-01",))
    assert LiveRows.from_json(live.to_json()) == live
