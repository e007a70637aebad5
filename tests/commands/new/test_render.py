"""How values are written to YAML, and Python is formatted."""

import json
from typing import Any

import jinja2
import pytest
import yaml

from commands.new import render
from commands.new.render import yaml_text


@pytest.mark.parametrize(
    "value",
    [
        "plain",
        "two words",
        "no",
        "1e5",
        "2013-01-01",
        "a: b",
        "größe",
        'say "so"',
        "",
        "#",
        1,
        0.5,
        1e-05,
        True,
        ["no", 1.0],
        {"day": "%d.%m.%Y"},
    ],
)
def test_what_is_written_to_yaml_is_read_as_the_same(value: Any) -> None:
    assert yaml.load(f"key: [{yaml_text(value)}]", yaml.BaseLoader)
    read = yaml.safe_load(f"key: [{yaml_text(value)}]")["key"][0]
    assert json.dumps(read) == json.dumps(value)


def test_python_is_formatted_and_only_the_faults_of_names_are_allowed() -> None:
    text = render.as_python('"""A table."""\n\nNAMES = ("%s",)\n' % ("a long name " * 10))
    assert text.startswith('"""A table."""\n# ruff: noqa: E501\n\nNAMES = (\n    "a long name')


def test_a_template_without_a_value_is_an_error() -> None:
    with pytest.raises(jinja2.UndefinedError):
        render.filled("test.py.j2")
