"""How text is laid out for a terminal or a mail."""

import textwrap
from typing import Final

WIDTH: Final = 100


def wrapped(text: str, indent: str = "  ") -> str:
    """The text in indented lines of at most `WIDTH` characters; a longer word, a path say, stays whole."""
    return textwrap.fill(
        text,
        WIDTH,
        initial_indent=indent,
        subsequent_indent=indent,
        break_on_hyphens=False,
        break_long_words=False,
    )
