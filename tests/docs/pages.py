"""The pages of the documentation, their headings, links and code, as the tests of this folder read them."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from benchmarks.harness.tree import repository_files
from pipeline.config import REPOSITORY

_FENCE: Final = re.compile(r"^(```|~~~)[^\n]*\n.*?^\1[ ]*$", re.MULTILINE | re.DOTALL)
_CODE: Final = re.compile(r"(`+)(?!`)(.+?)(?<!`)\1(?!`)", re.DOTALL)
_LINK: Final = re.compile(r"\[(?:[^\[\]]|\[[^\]]*\])*\]\(([^()\s]+)\)")
_HEADING: Final = re.compile(r"^#{1,6} +(.+?) *$", re.MULTILINE)


def pages() -> list[Path]:
    """All Markdown files of the repository."""
    return [REPOSITORY / name for name in sorted(repository_files()) if name.endswith(".md")]


def name_of(page: Path) -> str:
    """A page's path below the repository."""
    return page.relative_to(REPOSITORY).as_posix()


def prose(page: Path) -> str:
    """A page's text without its code blocks."""
    return _FENCE.sub("", page.read_text(encoding="utf-8"))


def blocks(text: str) -> Iterator[str]:
    """The code blocks between fences."""
    return (match[0] for match in _FENCE.finditer(text))


def inline_code(text: str) -> Iterator[str]:
    """What stands in backticks, outside of code blocks."""
    return (match[2].strip() for match in _CODE.finditer(_FENCE.sub("", text)))


def without_code(text: str) -> str:
    """The text without what stands in backticks."""
    return _CODE.sub("", text)


def links(text: str) -> list[str]:
    """Targets of the links and pictures in a text that has no code blocks."""
    return _LINK.findall(re.sub(_CODE, lambda match: "`" + "x" * len(match[2]) + "`", text))


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    anchors: set[str] = set()
    for heading in _HEADING.findall(prose(page)):
        text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()
        slug = re.sub(r"[^\w\- ]", "", text).replace(" ", "-")
        number = 0
        while (anchor := f"{slug}-{number}" if number else slug) in anchors:
            number += 1
        anchors.add(anchor)
    return anchors


def linked(page: Path) -> list[Path]:
    """Files and folders that a page links to, in this repository."""
    targets = (target.partition("#")[0] for target in links(prose(page)) if "://" not in target)
    return [(page.parent / target).resolve() for target in targets if target]
