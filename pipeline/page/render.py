"""Makes the page of a run: one HTML file that holds all it needs and asks nobody for anything."""

import base64
import functools
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import jinja2
from markupsafe import Markup

from pipeline.page.view import view_of

_HERE: Final = Path(__file__).parent


def html_of(page: Mapping[str, Any]) -> str:
    """The page's HTML.

    Args:
        page: From `pipeline.page.model`. All text in it may be hostile: the template escapes it.
    """
    script = (_HERE / "page.js").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return _template().render(
        view_of(page),
        style=Markup((_HERE / "page.css").read_text(encoding="utf-8")),
        script=Markup(script),
        script_hash=f"sha256-{digest}",
    )


@functools.cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_HERE),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("page.html.j2")
