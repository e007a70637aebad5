"""Reads a use case's YAML: plain values, and the line that each key stands on."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import yaml

from perennial.errors import ConfigError

Lines = Mapping[tuple[str, ...], int]
_FIX = "Fix the file; nothing was started."


# libyaml's composer calls itself for each level, and would exhaust the stack at about 100,000.
_DEEPEST: Final = 100


class _Loader(yaml.CSafeLoader):
    """YAML without dates: `2013-01-01` is text, as in JSON. By libyaml, which takes a tenth of the time."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def read(text: str, source: str) -> tuple[dict[str, Any], Lines]:
    """The keys and values of a YAML document, and where each key stands.

    Args:
        text: The document.
        source: What messages call it.

    Returns:
        What JSON could hold as well; and line numbers by path.

    Raises:
        ConfigError: It does not parse, has a key twice, more than 100 levels, an alias (a few lines of these
            can stand for billions of values), or something that is no text, number, list or mapping.
    """
    try:
        _check_events(text, source)
        node = yaml.compose(text, Loader=_Loader)
        lines = _lines_of(node, source)
        values = yaml.load(text, Loader=_Loader)
        json.dumps(values, allow_nan=False)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line_too = f", line {mark.line + 1}" if mark else ""
        raise ConfigError(f"{source}{line_too}: not valid YAML.", "Fix the file.") from error
    except (ValueError, TypeError, RecursionError) as error:
        raise ConfigError(
            f"{source}: a value is not text, a number, a list or a mapping.",
            _FIX,
        ) from error
    if not isinstance(values, dict) or not all(isinstance(key, str) for key in values):
        raise ConfigError(
            f"{source}: expected keys and values.", "See the use case `flights` for an example."
        )
    return values, lines


def _check_events(text: str, source: str) -> None:
    """Refuses aliases and levels without end, before anything is made of them."""
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        line = event.start_mark.line + 1 if event.start_mark else 0
        if isinstance(event, yaml.AliasEvent):
            raise ConfigError(f"{source}, line {line}: aliases (`*name`) are not supported.", _FIX)
        opens = isinstance(event, yaml.CollectionStartEvent)
        depth += int(opens) - int(isinstance(event, yaml.CollectionEndEvent))
        if depth > _DEEPEST:
            raise ConfigError(f"{source}, line {line}: more than {_DEEPEST} levels in each other.", _FIX)


def place(path: Sequence[str], lines: Lines, source: str) -> str:
    """The source, and the line of the key at `path` or of the nearest one that it lies in."""
    ends = range(len(path), 0, -1)
    line = next((lines[tuple(path[:end])] for end in ends if tuple(path[:end]) in lines), None)
    return f"{source}, line {line}" if line else source


def _lines_of(node: Any, source: str) -> Lines:
    lines: dict[tuple[str, ...], int] = {}
    for path, line in _keys(node, ()):
        if path in lines:
            raise ConfigError(
                f"{source}, line {line}: `{'.'.join(path)}` is set twice, first on line {lines[path]}.",
                _FIX,
            )
        lines[path] = line
    return lines


def _keys(node: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], int]]:
    """Each key of a YAML document and each entry of a list with its line; an entry's key is its number."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            here = (*path, str(key.value))
            yield here, key.start_mark.line + 1
            yield from _keys(value, here)
    elif isinstance(node, yaml.SequenceNode):
        for number, value in enumerate(node.value):
            here = (*path, str(number))
            yield here, value.start_mark.line + 1
            yield from _keys(value, here)
