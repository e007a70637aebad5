"""The template of a page: all that it shows is escaped, and a name that it was not given is an error."""

import base64
import functools
import hashlib
from pathlib import Path
from typing import Any, Final

import jinja2
from markupsafe import Markup

# Here are the style sheet, the script and the parts that several pages have.
_SHARED: Final = Path(__file__).parent


@functools.cache
def page_template(folder: Path) -> jinja2.Template:
    """`page.html.j2` of a folder; compiled once. It may import the parts of a page that are here."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader([folder, _SHARED]),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("page.html.j2")


@functools.cache
def page_frame() -> dict[str, Any]:
    """What every page with a script has in it: `style, script, script_hash`, the last for its policy."""
    script = (_SHARED / "page.js").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return {
        "style": Markup((_SHARED / "page.css").read_text(encoding="utf-8")),
        "script": Markup(script),
        "script_hash": f"sha256-{digest}",
    }
