"""Cron lines for tests and the proof, and any others that hypothesis makes."""

from typing import Final

from hypothesis import strategies as st

# Each with something that a translation can get wrong.
LINES: Final = (
    *(
        "30 5 * * *",
        "*/15 * * * *",
        "* * * * *",
        "7,22,37,52 * * * *",
        "5-59/7 3-20/5 * * *",
        "10/20 4 * * *",
    ),
    *("0 0 1 * *", "0 9 31 * *", "0 12 * * 7", "0 12 * * 0-7", "0 12 * * 5-7", "0 12 * jan,mar-may sun"),
    *("0 0 1,15 * mon", "0 9 13 * fri", "0 9 1-31 * mon", "0 5 */2 * mon", "0 5 1-7 * */2", "0 5 * * */2"),
)
# Those that cron itself does not know.
EXTENDED: Final = (
    "0 0 L * *",
    "0 0 LW * *",
    "0 9 * * mon#2",
    "0 9 * * mon#5",
    "0 9 * * 5L",
    "0 9 15,L * 1,3#1",
)


def _field(low: int, high: int) -> st.SearchStrategy[str]:
    number = st.integers(low, high)
    pair = st.tuples(number, number).map(sorted)
    step = st.integers(1, high)
    term = st.one_of(
        number.map(str),
        pair.map(lambda ends: f"{ends[0]}-{ends[1]}"),
        st.tuples(pair, step).map(lambda each: f"{each[0][0]}-{each[0][1]}/{each[1]}"),
        step.map(lambda each: f"*/{each}"),
    )
    return st.one_of(st.just("*"), st.lists(term, min_size=1, max_size=3).map(",".join))


def any_line() -> st.SearchStrategy[str]:
    """Lines of five fields, some of which never come true."""
    fields = (_field(0, 59), _field(0, 23), _field(1, 31), _field(1, 12), _field(0, 7))
    return st.tuples(*fields).map(" ".join)
