"""Edits the lists of columns of a transform that is built as `new` writes it; finds them in any other."""

import ast
import re
from collections.abc import Collection, Sequence
from typing import Final, NamedTuple

from commands.evolve.texts import NoPlace, without_line
from commands.new.plan import ColumnPlan
from commands.new.render import python_text

NUMBERS: Final = "NUMBERS"
MARKED: Final = "MARKED"
DATES: Final = "DATES"
CATEGORIES: Final = "CATEGORIES"
_LISTS: Final = (NUMBERS, DATES, MARKED, CATEGORIES)
_OF_ROLE: Final = {"number": NUMBERS, "date": DATES, "category": CATEGORIES}
_LONGEST_LINE: Final = 110
_List = ast.Tuple | ast.List | ast.Dict


class _ListEntry(NamedTuple):
    """An entry: its text, where it ends, its indentation, its column, and what Python makes of it."""

    text: str
    end: int
    indent: str
    column: str
    meaning: str


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
        NoPlace: It is used elsewhere than in the lists, it is the last of one, or shares a line of several.
    """
    lists = _lists_of(text)
    places = {line for each in lists.values() for line in _entries(each).get(name, ())}
    elsewhere = lines_with(text, {name}) - places
    if elsewhere:
        raise NoPlace(f"line {', '.join(map(str, sorted(elsewhere)))} of the transform uses it")
    for key in [key for key, each in lists.items() if name in _entries(each)]:
        node = _lists_of(text)[key]
        entries = _parts(text, node)
        remaining = [entry for entry in entries if entry.column != name]
        if not remaining:
            raise NoPlace(f"it is the last column of {key} in the transform")
        if node.lineno == _end(node):
            edited = _on_one_line(text, node, [entry.text for entry in remaining])
        else:
            edited = text
            for line in sorted(_entries(node)[name], reverse=True):
                edited = without_line(edited, line)
        text = _checked(edited, key, [entry.meaning for entry in remaining])
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
    entry, comment = _entry_of(column, column.feature)
    if key not in _lists_of(text):
        raise NoPlace(f"`new` would write it into {key} as {entry},  # {comment}")
    taken = {node.value for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Constant)}
    feature, number = column.feature, 2
    while feature in taken:
        feature, number = f"{column.feature}_{number}", number + 1
    entry, comment = _entry_of(column, feature)
    return _with_entry(text, key, entry, comment)


def with_marker(text: str, column: ColumnPlan) -> str:
    """The transform with a marker of the missing cells of a column, if it has markers at all.

    Raises:
        NoPlace: MARKED is not a list of texts.
    """
    if column.role == "category" or not re.search(rf"^{MARKED}\b", text, re.MULTILINE):
        return text
    if MARKED not in _lists_of(text):
        raise NoPlace(f"add {python_text(column.name)} to {MARKED}, which marks missing cells")
    return _with_entry(text, MARKED, python_text(column.name), "")


def lines_with(text: str, names: Collection[str]) -> set[int]:
    """The lines of a module on which one of these texts is a constant."""
    return {
        node.lineno
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in names
    }


def _entry_of(column: ColumnPlan, feature: str) -> tuple[str, str]:
    """What stands in a list for a column, and the comment beside it."""
    name = python_text(column.name)
    if column.role == "number":
        return name, f"{column.type}, {column.note}"
    if column.role == "category":
        return f'"{feature}": {name}', f"{column.type}, {column.note}"
    parts = ["day", "year_day", "weekday"] + ["minute"] * column.has_time
    return f"{name}: ({', '.join(map(python_text, parts))})", f"string, {column.note}"


def _with_entry(text: str, key: str, entry: str, comment: str) -> str:
    """The transform with a further entry at the end of a list, written as the list is.

    Raises:
        NoPlace: The entries before would not stay as they are.
    """
    node = _lists_of(text)[key]
    parts = _parts(text, node)
    close = _place(text, _end(node), node.end_col_offset or 0) - 1
    line = f"{entry},  # {comment}" if comment else f"{entry},"
    if node.lineno == _end(node):
        edited = _on_one_line(text, node, [*(part.text for part in parts), entry])
    elif not parts:
        edited = f"{text[:close].rstrip()}\n    {line}\n{text[close:]}"
    else:
        last = parts[-1].end
        # Between the last entry and the bracket are a comma, spaces and comments.
        if "," not in re.sub("#.*", "", text[last:close]):
            text, close = f"{text[:last]},{text[last:]}", close + 1
        own_line = text[:close].rpartition("\n")[2].strip() == ""
        before = text[:close].rpartition("\n")[0] if own_line else text[:close].rstrip()
        indent = parts[-1].indent
        edited = f"{before}\n{indent}{line}\n{text[len(before) + 1 :] if own_line else text[close:]}"
    return _checked(edited, key, [*(part.meaning for part in parts), _meaning_of(entry)])


def _lists_of(text: str) -> dict[str, _List]:
    """The lists of columns at the top of a transform, by name."""
    lists: dict[str, _List] = {}
    for node in ast.parse(text).body:
        target: ast.expr | None = node.target if isinstance(node, ast.AnnAssign) else None
        if isinstance(node, ast.Assign) and len(node.targets) == 1:
            target = node.targets[0]
        value = getattr(node, "value", None)
        if isinstance(target, ast.Name) and target.id in _LISTS and isinstance(value, _List):
            lists[target.id] = value
    return lists


def _pairs(node: _List) -> list[tuple[ast.expr, ast.expr]]:
    """The first and the last expression of each entry."""
    if isinstance(node, ast.Dict):
        return [(key, value) for key, value in zip(node.keys, node.values, strict=True) if key is not None]
    return [(each, each) for each in node.elts]


def _column(key: ast.expr, value: ast.expr) -> str:
    """The column of an entry; "" where it has none."""
    # Of a category the column is the value, of a date the key.
    named = value if isinstance(value, ast.Constant) else key
    return named.value if isinstance(named, ast.Constant) and isinstance(named.value, str) else ""


def _entries(node: _List) -> dict[str, tuple[int, ...]]:
    """Column -> the lines of its entries that can be edited: their own, or that of a whole list."""
    pairs = _pairs(node)
    lines: dict[str, tuple[int, ...]] = {}
    taken = [line for key, value in pairs for line in {key.lineno, value.end_lineno or 0}]
    for key, value in pairs:
        alone = taken.count(key.lineno) == 1 and key.lineno not in (node.lineno, _end(node))
        alone = key.lineno == value.end_lineno and (alone or node.lineno == _end(node))
        if name := _column(key, value):
            lines[name] = (key.lineno,) if alone else ()
    return lines


def _parts(text: str, node: _List) -> list[_ListEntry]:
    """The entries of a list, in their order."""
    parts = []
    for key, value in _pairs(node):
        start = _place(text, key.lineno, key.col_offset)
        end = _place(text, value.end_lineno or 0, value.end_col_offset or 0)
        line = text[:start].rpartition("\n")[2]
        indent = line if not line.strip() else "    "
        parts.append(
            _ListEntry(text[start:end], end, indent, _column(key, value), _meaning_of(text[start:end]))
        )
    return parts


def _on_one_line(text: str, node: _List, entries: Sequence[str]) -> str:
    """The module with other entries in a list that is on one line; on a line each where they are too many."""
    start = _place(text, node.lineno, node.col_offset)
    end = _place(text, _end(node), node.end_col_offset or 0)
    former = text[start:end]
    comma = len(entries) == 1 and isinstance(node, ast.Tuple)
    comma = comma or (len(_pairs(node)) > 1 and former[:-1].rstrip().endswith(","))
    edited = f"{former[0]}{', '.join(entries)}{',' * comma}{former[-1]}"
    if len(text[:start].rpartition("\n")[2] + edited) > _LONGEST_LINE:
        edited = "\n".join([former[0], *(f"    {entry}," for entry in entries), former[-1]])
    return text[:start] + edited + text[end:]


def _checked(text: str, key: str, meanings: Sequence[str]) -> str:
    """The edited text, if a list in it has these entries.

    Raises:
        NoPlace: It has others, or the text is no module any more.
    """
    try:
        node = _lists_of(text).get(key)
    except SyntaxError:
        node = None
    if node is None or [part.meaning for part in _parts(text, node)] != list(meanings):
        raise NoPlace(
            f"write {key} in the transform with each entry on a line of its own, and a comma after each"
        )
    return text


def _meaning_of(entry: str) -> str:
    """An entry without its spaces and quotes."""
    return ast.dump(ast.parse(f"{{{entry}}}", mode="eval"))


def _place(text: str, line: int, column: int) -> int:
    """The place of a line (from 1) and a column (in bytes) of Python's parser."""
    lines = text.split("\n")
    return sum(len(each) + 1 for each in lines[: line - 1]) + len(lines[line - 1].encode()[:column].decode())


def _end(node: _List) -> int:
    return node.end_lineno or node.lineno
