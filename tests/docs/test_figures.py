"""Figures that are copied from the page of a proof or a benchmark are the page's."""

import re
from pathlib import Path
from typing import Final

import pytest

from pipeline.config import REPOSITORY
from pipeline.verdict import EXIT_CODES
from tests.docs.pages import links, without_code

README: Final = REPOSITORY / "README.md"
INDEX: Final = REPOSITORY / "docs" / "proofs" / "README.md"
_FIGURE: Final = re.compile(r"(?<![\w.])[+-]?\d[\d,]*(?:\.\d+)?(?:e-?\d+)?")


def _figures(text: str) -> set[str]:
    """The numbers of a text, without the commas between thousands and without a plus."""
    return {figure.replace(",", "").lstrip("+") for figure in _FIGURE.findall(text)}


def _copied(page: Path) -> list[tuple[str, Path]]:
    """Lines of a page that name a command and link to what it wrote, each with that page."""
    return [
        (line, (page.parent / target).resolve())
        for line in page.read_text(encoding="utf-8").splitlines()
        if "`make " in line or "`python -m" in line
        for target in links(line)
    ]


@pytest.mark.parametrize("page", [README, INDEX], ids=["README.md", "docs/proofs/README.md"])
def test_every_figure_of_a_line_is_on_the_page_that_it_links_to(page: Path) -> None:
    copied = _copied(page)
    assert copied
    wrong = {}
    for line, source in copied:
        text = re.sub(r"\]\([^)]*\)", "]", without_code(line))
        if strange := _figures(text) - _figures(source.read_text(encoding="utf-8")):
            wrong[source.name] = strange
    assert not wrong, "copy the figures of the page, or leave them out"


@pytest.mark.parametrize("name", ["README.md", "docs/reference/verdicts.md"])
def test_a_table_of_verdicts_has_each_with_its_exit_code(name: str) -> None:
    rows = re.findall(r"^\| ([A-Z_]+) \| (\d) \|", (REPOSITORY / name).read_text(), re.MULTILINE)
    assert {verdict: int(code) for verdict, code in rows} == EXIT_CODES
