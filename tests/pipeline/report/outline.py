"""The elements of a page, its headings and its visible text; tags that do not match are a fault."""

import re
from collections import Counter
from html.parser import HTMLParser
from typing import Final

_VOID: Final = ("meta", "br", "input", "img", "link")


class Outline(HTMLParser):
    """What a page has, of its HTML."""

    def __init__(self, html: str) -> None:
        """Reads a page."""
        super().__init__()
        self.elements: Counter[str] = Counter()
        self.headings: list[int] = []
        self._texts: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self._open: list[str] = []
        self.feed(html)
        assert not self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Notes an element."""
        self.elements[tag] += 1
        self.attributes += attrs
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag not in _VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Notes an empty element."""
        self.elements[tag] += 1

    def handle_endtag(self, tag: str) -> None:
        """An end belongs to the element that is open."""
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Notes visible text."""
        if self._open and self._open[-1] not in ("style", "script"):
            self._texts.append(data)

    @property
    def text(self) -> str:
        """All visible text, with single spaces."""
        return re.sub(r"\s+", " ", "".join(self._texts))
