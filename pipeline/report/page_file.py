"""Writes a run's page into the run's folder."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from perennial.files import write_json, write_text
from pipeline.report import model, render


def write_page(order: Mapping[str, Any], name: str) -> None:
    """Writes the page of an order into its folder, and beside it what the page was made of.

    Args:
        order: From `pipeline.report.sources.order_of`.
        name: The page's file.

    Raises:
        OSError, ValueError, KeyError: A node's output is not what nodes write, or a file cannot be written.
    """
    folder = Path(order["folder"])
    page = model.page_of(order)
    write_json(folder / model.FILE, page)
    write_text(folder / name, render.html_of(page))
