"""How text is laid out for a terminal or a mail, and how counts and spans are written in it."""

import textwrap
from collections.abc import Sequence
from typing import Final

WIDTH: Final = 100


def wrapped(text: str, indent: str = "  ") -> str:
    """The text in indented lines of at most `WIDTH` characters; a longer word, a path say, stays whole."""
    return hanging(text, indent, indent)


def hanging(text: str, first: str, further: str) -> str:
    """As `wrapped`, with what stands before the first line and the indent of all further lines."""
    return textwrap.fill(
        text,
        WIDTH,
        initial_indent=first,
        subsequent_indent=further,
        break_on_hyphens=False,
        break_long_words=False,
    )


def plural(count: int, one: str, many: str = "") -> str:
    """A count and what is counted: `1 row`, `2,000 rows`."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def spans_text(names: Sequence[str]) -> str:
    """Spans in a sentence, by their count and both ends: `span 7`, or `3 spans (oldest: 7, newest: 9)`.

    A range would be wrong: after a change of `exports.span` there are months and numbers among them.

    Args:
        names: Their names, oldest first; one or more.
    """
    if len(names) == 1:
        return f"span {names[0]}"
    return f"{len(names)} spans (oldest: {names[0]}, newest: {names[-1]})"
