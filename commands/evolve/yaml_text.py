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
        NoPlace: `exports`, or what is in the mapping's place, is written in a way that has no place for them.
    """
    for key, value in values.items():
        entry = f"{yaml_text(key)}: {yaml_text(value)}"
        by_hand = f"set `{key}` to {yaml_text(value)} in `{EXPORTS}.{section}`"
        edited = _with_setting(text, section, entry, comment)
        _check(edited, _with_value(text, section, key, value), by_hand)
        text = edited
    return text


def _with_value(text: str, section: str, key: str, value: Any) -> Any:
    """What the YAML has to hold after the edit."""
    data = yaml.safe_load(text)
    exports = data["exports"] = dict(data.get(EXPORTS) or {})
    former = exports.get(section)
    former = {} if former is None else former
    former = former if isinstance(former, dict) else {"*": former}
    exports[section] = {**former, key: yaml.safe_load(yaml_text(value))}
    return data


def _with_setting(text: str, section: str, entry: str, comment: str) -> str:
    pair = _pair(text, (EXPORTS, section))
    if pair is not None:
        key, node = pair
        if isinstance(node, yaml.MappingNode):
            return _with_entry(text, key, node, entry)
        start, end = ends_of(text, node)
        if _is_null(node):
            return f"{text[:start].rstrip(' ')} {{ {entry} }}{text[end:]}"
        # A list for all columns.
        return f'{text[:start]}{{ "*": {text[start:end].rstrip()}, {entry} }}{text[end:]}'
    exports = _pair(text, (EXPORTS,))
    if exports is None:
        return f"{text.rstrip()}\n\n{EXPORTS}:\n  {section}: # {comment}\n    {entry}\n"
    key, node = exports
    if not isinstance(node, yaml.MappingNode) or node.flow_style:
        return _inserted(text, node, f"{section}: {{ {entry} }}")
    indent = " " * node.value[0][0].start_mark.column
    return with_line(text, key.end_mark.line + 1, f"{indent}{section}: # {comment}\n{indent}  {entry}")


def with_classes(text: str, names: Sequence[Any]) -> str:
    """The YAML with further classes, after the others.

    Raises:
        NoPlace: There are no `classes`.
    """
    for name in names:
        node = node_of(text, ("classes",))
        by_hand = f"add {yaml_text(name)} to `classes`"
        if not isinstance(node, yaml.SequenceNode) or not node.value:
            raise NoPlace(by_hand)
        if node.flow_style:
            edited = _inserted(text, node, yaml_text(name))
        else:
            line = f"{' ' * node.start_mark.column}- {yaml_text(name)}"
            edited = with_line(text, node.value[-1].end_mark.line + 1, line)
        data = yaml.safe_load(text)
        _check(edited, data | {"classes": [*data["classes"], name]}, by_hand)
        text = edited
    return text


def without_slice(text: str, name: str) -> str:
    """The YAML without the slice by a column; one that is cut into ranges stays for a person to remove.

    Raises:
        NoPlace: It is not in a list on one line.
    """
    node = node_of(text, ("evaluation", "slices"))
    if not isinstance(node, yaml.SequenceNode):
        return text
    nested = [each for each in node.value if not isinstance(each, yaml.ScalarNode)]
    if any(name in _scalars(each) for each in nested):
        raise NoPlace(f"remove the slice by `{name}` from `evaluation.slices`")
    values = [each.value if isinstance(each, yaml.ScalarNode) else None for each in node.value]
    if name not in values:
        return text
    number, (start, end) = values.index(name), ends_of(text, node)
    by_hand = f"remove `{name}` from `evaluation.slices`"
    if not node.flow_style or "\n" in text[start:end]:
        raise NoPlace(by_hand)
    first, last = ends_of(text, node.value[number])
    if number + 1 < len(values):
        last = ends_of(text, node.value[number + 1])[0]
    elif number:
        first = ends_of(text, node.value[number - 1])[1]
    edited = text[:first] + text[last:]
    data = yaml.safe_load(text)
    remaining = [value for value in data["evaluation"]["slices"] if value != name]
    _check(edited, data | {"evaluation": data["evaluation"] | {"slices": remaining}}, by_hand)
    return edited


def node_of(text: str, path: Sequence[str]) -> yaml.Node | None:
    """The value at a path of keys; None where there is none.

    Raises:
        NoPlace: The text is no YAML.
    """
    pair = _pair(text, path)
    return None if pair is None else pair[1]


def _check(text: str, expected: Any, by_hand: str) -> None:
    """Compares an edited text with what it has to hold.

    Raises:
        NoPlace: It holds something else.
    """
    try:
        same = yaml.safe_load(text) == expected
    except yaml.YAMLError:
        same = False
    if not same:
        raise NoPlace(by_hand)


def _scalars(node: yaml.Node) -> list[str]:
    if isinstance(node, yaml.MappingNode):
        return [text for _, value in node.value for text in _scalars(value)]
    if isinstance(node, yaml.SequenceNode):
        return [text for value in node.value for text in _scalars(value)]
    return [str(node.value)]


def _is_null(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode) and node.tag == "tag:yaml.org,2002:null"


def _with_entry(text: str, key: yaml.Node, node: yaml.MappingNode, entry: str) -> str:
    if node.flow_style:
        return _inserted(text, node, entry)
    last_key, last_value = node.value[-1]
    is_line = isinstance(last_value, yaml.ScalarNode) or last_value.end_mark.line == last_key.start_mark.line
    # Before the first entry there may be a person's comment on it.
    line = last_key.start_mark.line + 1 if is_line else key.end_mark.line + 1
    return with_line(text, line, f"{' ' * last_key.start_mark.column}{entry}")


def _inserted(text: str, node: yaml.Node, entry: str) -> str:
    """An entry at the end of a mapping or list in brackets, before what follows the last one."""
    if not node.value:
        end = ends_of(text, node)[1] - 1
        return f"{text[:end].rstrip(' ')} {entry} {text[end:]}"
    last = node.value[-1]
    end = ends_of(text, last[1] if isinstance(last, tuple) else last)[1]
    return f"{text[:end]}, {entry}{text[end:]}"


def ends_of(text: str, node: yaml.Node) -> tuple[int, int]:
    """Where a node starts and ends in a text."""
    marks = (node.start_mark, node.end_mark)
    start, end = (at(text, mark.line, mark.column) for mark in marks)
    return start, end


def _pair(text: str, path: Sequence[str]) -> tuple[yaml.Node, yaml.Node] | None:
    """The key and the value at a path of keys.

    Raises:
        NoPlace: The text is no YAML.
    """
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        raise NoPlace("correct the YAML, which cannot be read") from error
    pair: tuple[yaml.Node, yaml.Node] | None = None
    for key in path:
        if not isinstance(node, yaml.MappingNode):
            return None
        pair = next(((each, value) for each, value in node.value if each.value == key), None)
        node = pair[1] if pair else None
    return pair
