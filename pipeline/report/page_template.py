"""The template of a page: all that it shows is escaped, and a name that it was not given is an error."""

import functools
from pathlib import Path

import jinja2


@functools.cache
def page_template(folder: Path) -> jinja2.Template:
    """`page.html.j2` of a folder; compiled once."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(folder),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("page.html.j2")
