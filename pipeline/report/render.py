"""Makes the page of a run: one HTML file that holds all it needs and loads nothing."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from pipeline.report.page_template import page_frame, page_template
from pipeline.report.view import view_of

# Characters of a page among which its mark is.
_HEAD: Final = 2000
_HERE: Final = Path(__file__).parent


def html_of(page: Mapping[str, Any]) -> str:
    """The page's HTML.

    Args:
        page: From `pipeline.report.model`. All text in it may be hostile: the template escapes it.
    """
    return page_template(_HERE).render(view_of(page), mark=mark_of(page), **page_frame())


def mark_of(page: Mapping[str, Any]) -> str:
    """Digest of what a page shows and of the code that makes it; the page has it in its head."""
    digest = hashlib.sha256(json.dumps(page, sort_keys=True).encode())
    for file in sorted(path for path in _HERE.iterdir() if path.suffix in (".py", ".j2", ".css", ".js")):
        digest.update(file.read_bytes())
    return digest.hexdigest()


def is_made(path: Path, page: Mapping[str, Any]) -> bool:
    """Whether a file is the page of just this, made by just this code."""
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            return mark_of(page) in file.read(_HEAD)
    except FileNotFoundError:
        return False
