"""Fills the templates: the text of each file of a use case."""

import json
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import jinja2

from perennial.errors import UsageError

_TEMPLATES: Final = Path(__file__).resolve().parent / "templates"
# What no template can help: a column's own name may be long, or of letters that look like others.
_NAMES_FAULTS: Final = ("E501", "RUF001")
_PLAIN: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]*( [A-Za-z0-9_-]+)*")
_YAML_WORDS: Final = ("yes", "no", "on", "off", "true", "false", "null", "none", "y", "n")


def yaml_text(value: Any) -> str:
    """A value in YAML's flow style; text is quoted where it could be read as something else."""
    if isinstance(value, str) and _PLAIN.fullmatch(value) and value.lower() not in _YAML_WORDS:
        return value
    if isinstance(value, float):
        # YAML reads `1e-05` as text.
        return (
            repr(value) if "e" not in repr(value) or "." in repr(value) else repr(value).replace("e", ".0e")
        )
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{yaml_text(key)}: {yaml_text(each)}" for key, each in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(yaml_text, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def python_text(value: Any) -> str:
    """A value as a Python literal, text in double quotes."""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else repr(value)


def filled(template: str, **values: Any) -> str:
    """The text of a template with these values."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
        # Python, YAML and a schema, no HTML.
        autoescape=False,
    )
    environment.filters |= {"text": yaml_text, "python": python_text}
    return environment.get_template(template).render(**values)


def as_python(text: str) -> str:
    """Python as `ruff format` writes it; what only a column's name is at fault for is allowed in the file."""
    text = _ruff(["format", "-"], text)
    violations = json.loads(_ruff(["check", "--output-format=json", "--exit-zero", "-"], text))
    allowed = sorted({each["code"] for each in violations} & set(_NAMES_FAULTS))
    if not allowed:
        return text
    first, _, rest = text.partition("\n")
    return f"{first}\n# ruff: noqa: {', '.join(allowed)}\n{rest}"


def _ruff(arguments: list[str], text: str) -> str:
    ruff = Path(sys.executable).parent / "ruff"
    try:
        done = subprocess.run(
            [ruff, *arguments], input=text, capture_output=True, text=True, check=True, cwd=_TEMPLATES
        )
    except OSError as error:
        raise UsageError(
            f"`ruff`, which formats the generated files, is not installed next to {sys.executable}.",
            "Run `make setup`.",
        ) from error
    return done.stdout
