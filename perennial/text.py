"""How text is laid out for a terminal or a mail."""

import textwrap
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
