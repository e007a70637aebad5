"""Each decision has a date and a status, and stands in the index with both."""

import re
from typing import Final

from pipeline.config import REPOSITORY

FOLDER: Final = REPOSITORY / "docs" / "decisions"
INDEX: Final = FOLDER / "README.md"
_BEGINS: Final = re.compile(
    r"# (?P<title>.+)\n\n"
    r"Date: (?P<date>\d{4}-\d{2}-\d{2})\. Status: (?P<status>accepted|superseded by \S+)\.\n"
)
_ROW: Final = re.compile(
    r"^\| (?P<date>[\d-]{10}) \| \[(?P<title>.+)\]\((?P<file>[\w-]+\.md)\) \| (?P<status>[^|]+) \| [^|]+ \|$",
    re.MULTILINE,
)


def test_every_decision_has_date_and_status_and_is_in_the_index() -> None:
    statuses = {}
    for page in sorted(FOLDER.glob("*.md")):
        if page != INDEX:
            begins = _BEGINS.match(page.read_text(encoding="utf-8"))
            assert begins, (
                f"{page.name} has to begin with its title, then `Date: YYYY-MM-DD. Status: accepted.`"
            )
            statuses[page.name] = begins.groupdict()
    rows = [row.groupdict() for row in _ROW.finditer(INDEX.read_text(encoding="utf-8"))]
    assert {row.pop("file"): row for row in rows} == statuses


def test_the_index_is_in_order_of_dates() -> None:
    dates = [row["date"] for row in _ROW.finditer(INDEX.read_text(encoding="utf-8"))]
    assert dates == sorted(dates)
