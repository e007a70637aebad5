"""Edits the lists of columns of a transform that is built as `new` writes it; finds them in any other."""

import ast
from collections.abc import Collection
from typing import Final

from commands.evolve.texts import NoPlace, with_line, without_line
from commands.new.plan import ColumnPlan
from commands.new.render import python_text

NUMBERS: Final = "NUMBERS"
MARKED: Final = "MARKED"
DATES: Final = "DATES"
CATEGORIES: Final = "CATEGORIES"
_LISTS: Final = (NUMBERS, DATES, MARKED, CATEGORIES)
_OF_ROLE: Final = {"number": NUMBERS, "date": DATES, "category": CATEGORIES}


def features_of(text: str, name: str) -> set[str]:
    """The features of ids that a transform makes of a column, by its list of categories."""
    node = _lists_of(text).get(CATEGORIES)
    pairs = zip(node.keys, node.values, strict=True) if isinstance(node, ast.Dict) else ()
    return {
        key.value
        for key, value in pairs
        if isinstance(key, ast.Constant)
        and isinstance(key.value, str)
        and isinstance(value, ast.Constant)
        and value.value == name
    }


def without_column(text: str, name: str) -> str:
    """The transform without a column.

    Args:
        text: Of the transform.
        name: The column.

    Raises:
        NoPlace: It is used elsewhere than in the lists, it is the last of one, or it shares a line.
    """
    lists = _lists_of(text)
    places = {line for each in lists.values() for line in _entries(each).get(name, ())}
    elsewhere = lines_with(text, {name}) - places
    if elsewhere:
        raise NoPlace(f"line {', '.join(map(str, sorted(elsewhere)))} of the transform uses it")
    for key, each in lists.items():
        entries = _entries(each)
        if name in entries and len(entries) == 1:
            raise NoPlace(f"it is the last column of {key} in the transform")
    for line in sorted(places, reverse=True):
        text = without_line(text, line)
    return text


def with_column(text: str, column: ColumnPlan) -> str:
    """The transform with a further column.

    Args:
        text: Of the transform.
        column: What `new` would make of it.

    Raises:
        NoPlace: The transform has no list for it.
    """
    key = _OF_ROLE[column.role]
    lists = _lists_of(text)
    if key not in lists or not _is_open(text, lists[key]):
        line = _line_of(column, column.feature).strip()
        raise NoPlace(f"`new` would write it into {key} as {line}")
    taken = {node.value for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Constant)}
    feature, number = column.feature, 2
    while feature in taken:
        feature, number = f"{column.feature}_{number}", number + 1
    text = with_line(text, _end(lists[key]) - 1, _line_of(column, feature))
    if column.role != "category" and MARKED in (lists := _lists_of(text)) and _is_open(text, lists[MARKED]):
        text = with_line(text, _end(lists[MARKED]) - 1, f"    {python_text(column.name)},")
    return text


def lines_with(text: str, names: Collection[str]) -> set[int]:
    """The lines of a module on which one of these texts is a constant."""
    return {
        node.lineno
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in names
    }


def _line_of(column: ColumnPlan, feature: str) -> str:
    name = python_text(column.name)
    if column.role == "number":
        return f"    {name},  # {column.type}, {column.note}"
    if column.role == "category":
        return f'    "{feature}": {name},  # {column.type}, {column.note}'
    parts = ["day", "year_day", "weekday"] + ["minute"] * column.has_time
    return f"    {name}: ({', '.join(map(python_text, parts))}),  # string, {column.note}"


def _lists_of(text: str) -> dict[str, ast.Tuple | ast.Dict]:
    """The lists of columns at the top of a transform, by name."""
    lists: dict[str, ast.Tuple | ast.Dict] = {}
    for node in ast.parse(text).body:
        target: ast.expr | None = node.target if isinstance(node, ast.AnnAssign) else None
        if isinstance(node, ast.Assign) and len(node.targets) == 1:
            target = node.targets[0]
        value = getattr(node, "value", None)
        if isinstance(target, ast.Name) and target.id in _LISTS and isinstance(value, ast.Tuple | ast.Dict):
            lists[target.id] = value
    return lists


def _entries(node: ast.Tuple | ast.Dict) -> dict[str, tuple[int, ...]]:
    """Column -> the lines of its entries that have a line of their own."""
    if isinstance(node, ast.Tuple):
        pairs = [(each, each) for each in node.elts]
    else:
        pairs = [(key, value) for key, value in zip(node.keys, node.values, strict=True) if key is not None]
    lines: dict[str, tuple[int, ...]] = {}
    taken = [line for key, value in pairs for line in {key.lineno, value.end_lineno or 0}]
    for key, value in pairs:
        # Of a category the column is the value, of a date the key.
        named = value if isinstance(value, ast.Constant) else key
        if isinstance(named, ast.Constant) and isinstance(named.value, str):
            alone = (
                key.lineno == value.end_lineno and taken.count(key.lineno) == 1 and key.lineno != node.lineno
            )
            lines[named.value] = (key.lineno,) if alone else ()
    return lines


def _end(node: ast.Tuple | ast.Dict) -> int:
    return node.end_lineno or node.lineno


def _is_open(text: str, node: ast.Tuple | ast.Dict) -> bool:
    """Whether the closing bracket of a list stands on a line of its own."""
    return _end(node) > node.lineno and text.splitlines()[_end(node) - 1].strip() in (")", "}")
