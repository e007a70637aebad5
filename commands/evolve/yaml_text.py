"""Edits the text of a use case's YAML: a key of a mapping, an item of a list; comments and order stay."""

from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from commands.evolve.texts import NoPlace, at, with_line
from commands.new.render import yaml_text

EXPORTS = "exports"


def with_exports(text: str, section: str, values: Mapping[str, Any], comment: str) -> str:
    """The YAML with further keys in a mapping of `exports`, such as `rename`; it is made if it is not there.

    Raises:
        NoPlace: `exports`, or the list that is in the mapping's place, is not written as `new` writes it.
    """
    for key, value in values.items():
        entry = f"{yaml_text(key)}: {yaml_text(value)}"
        node = _node(text, (EXPORTS, section))
        if isinstance(node, yaml.MappingNode):
            text = _with_entry(text, node, entry)
            continue
        if node is not None:
            # A list for all columns.
            start, end = _ends(text, node)
            if "\n" in text[start:end]:
                raise NoPlace(f"set `exports.{section}` of `{key}` to {yaml_text(value)}")
            text = f'{text[:start]}{{ "*": {text[start:end]}, {entry} }}{text[end:]}'
            continue
        exports = _node(text, (EXPORTS,))
        if exports is None:
            text = f"{text.rstrip()}\n\n{EXPORTS}:\n  {section}: # {comment}\n    {entry}\n"
            continue
        if not isinstance(exports, yaml.MappingNode) or exports.flow_style:
            raise NoPlace(f"set `exports.{section}` to {{{entry}}}")
        first = exports.value[0][0].start_mark
        indent = " " * first.column
        lines = f"{indent}{section}: # {comment}\n{indent}  {entry}"
        text = with_line(text, first.line, lines)
    return text


def with_classes(text: str, names: Sequence[Any]) -> str:
    """The YAML with further classes, after the others.

    Raises:
        NoPlace: There are no `classes`.
    """
    for name in names:
        node = _node(text, ("classes",))
        if not isinstance(node, yaml.SequenceNode) or not node.value:
            raise NoPlace(f"add {yaml_text(name)} to `classes`")
        if node.flow_style:
            text = _inserted(text, node, f", {yaml_text(name)}")
        else:
            mark = node.value[-1].start_mark
            text = with_line(
                text, node.value[-1].end_mark.line + 1, f"{' ' * (mark.column - 2)}- {yaml_text(name)}"
            )
    return text


def without_slice(text: str, name: str) -> str:
    """The YAML without the slice by a column; one that is cut into ranges stays for a person to remove.

    Raises:
        NoPlace: It is not in a list on one line.
    """
    node = _node(text, ("evaluation", "slices"))
    if not isinstance(node, yaml.SequenceNode):
        return text
    values = [each.value if isinstance(each, yaml.ScalarNode) else None for each in node.value]
    nested = [each for each in node.value if not isinstance(each, yaml.ScalarNode)]
    if any(yaml.serialize(each).find(name) >= 0 for each in nested):
        raise NoPlace(f"remove the slice by `{name}` from `evaluation.slices`")
    if name not in values:
        return text
    if not node.flow_style or nested:
        raise NoPlace(f"remove `{name}` from `evaluation.slices`")
    start, end = _ends(text, node)
    return text[:start] + yaml_text([value for value in values if value != name]) + text[end:]


def _with_entry(text: str, node: yaml.MappingNode, entry: str) -> str:
    if node.flow_style:
        return _inserted(text, node, f", {entry}" if node.value else entry)
    mark = node.value[-1][0].start_mark
    return (
        with_line(text, mark.line + 1, f"{' ' * mark.column}{entry}")
        if _is_line(node)
        else _before(text, node, entry)
    )


def _is_line(node: yaml.MappingNode) -> bool:
    """Whether the last entry of a mapping is on one line."""
    key, value = node.value[-1]
    return isinstance(value, yaml.ScalarNode) or value.end_mark.line == key.start_mark.line


def _before(text: str, node: yaml.MappingNode, entry: str) -> str:
    mark = node.value[0][0].start_mark
    return with_line(text, mark.line, f"{' ' * mark.column}{entry}")


def _inserted(text: str, node: yaml.Node, more: str) -> str:
    """More at the end of a mapping or list in brackets."""
    _, end = _ends(text, node)
    body = text[: end - 1].rstrip(" ")
    return body + more + text[len(body) :]


def _ends(text: str, node: yaml.Node) -> tuple[int, int]:
    marks = (node.start_mark, node.end_mark)
    start, end = (at(text, mark.line, mark.column) for mark in marks)
    return start, end


def _node(text: str, path: Sequence[str]) -> yaml.Node | None:
    node: yaml.Node | None = yaml.compose(text, Loader=yaml.SafeLoader)
    for key in path:
        if not isinstance(node, yaml.MappingNode):
            return None
        node = next((value for each, value in node.value if each.value == key), None)
    return node
