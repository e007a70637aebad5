"""Messages for errors in a use case's YAML: file, line, key, what was expected, the most similar key."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from pydantic import ValidationError

from perennial.errors import nearest
from pipeline import use_case_yaml

Path = tuple[str, ...]
Schema = Mapping[str, Any]

# A value of YAML: its type in JSON Schema, its name in a message, and its name if the type is right.
_KINDS: Final[Mapping[type, tuple[str, str, str]]] = {
    type(None): ("null", "nothing", "nothing"),
    bool: ("boolean", "true or false", "true or false"),
    str: ("string", "text", "a text of another form"),
    int: ("integer", "an integer", "a value out of range"),
    float: ("number", "a number", "a value out of range"),
    list: ("array", "a list", "a list of another form"),
    dict: ("object", "a mapping", "a mapping of another form"),
}
_CALLED: Final = {name: words for name, words, _ in _KINDS.values()}
_LIMITS: Final = {
    "minimum": "from {:g}",
    "exclusiveMinimum": "above {:g}",
    "maximum": "to {:g}",
    "exclusiveMaximum": "below {:g}",
}


def explain(
    error: ValidationError, values: Mapping[str, Any], lines: use_case_yaml.Lines, source: str, schema: Schema
) -> str:
    """One sentence per error; values are not repeated.

    Args:
        error: Of validating `values`.
        values: What the YAML holds.
        lines: The lines of its keys.
        source: What messages call the file.
        schema: The JSON Schema of what was expected.
    """
    problems = [(_path(problem, values), problem) for problem in error.errors(include_url=False)]
    unknown = {path: _nearest(path, _keys(schema, path[:-1])) for path, each in problems if _is_unknown(each)}
    sentences = {path: _no_key(path, near, schema) for path, near in unknown.items()}
    for path, problem in problems:
        is_misspelt = problem["type"] == "missing" and path in unknown.values()
        if path not in sentences and not is_misspelt:
            sentences[path] = f"`{_dotted(path)}`: {_unfit(path, problem, schema)}"
    return " ".join(
        f"{use_case_yaml.place(path, lines, source)}: {sentence.rstrip('.')}."
        for path, sentence in sentences.items()
        # Each allowed kind reports an error: the deepest one is of the kind that was meant.
        if not any(other != path and other[: len(path)] == path for other in sentences)
    )


def _path(problem: Mapping[str, Any], values: Any) -> Path:
    """The keys that lead to the problem, without the kinds that pydantic adds."""
    path: list[str] = []
    for part in problem["loc"]:
        in_list = isinstance(values, list) and isinstance(part, int)
        if in_list or (isinstance(values, dict) and part in values):
            path.append(str(part))
            values = values[part]
    if problem["type"] == "missing":
        path.append(problem["loc"][-1])
    return (*path, *getattr(_own_error(problem), "at", ()))


def _own_error(problem: Mapping[str, Any]) -> Exception | None:
    """The error that a validator raised; None if pydantic itself found the problem."""
    return problem.get("ctx", {}).get("error")


def _is_unknown(problem: Mapping[str, Any]) -> bool:
    return problem["type"] in ("extra_forbidden", "invalid_key") or problem["loc"][-1:] == ("[key]",)


def _no_key(path: Path, near: Path | None, schema: Schema) -> str:
    if near:
        return f"unknown key `{_dotted(path)}` (did you mean `{_dotted(near)}`?)"
    known = [f"`{key}`" for key in _keys(schema, path[:-1])]
    there = f". Known keys: {_listed(known)}" if known else ": expected text as a key"
    return f"unknown key `{_dotted(path)}`{there}"


def _unfit(path: Path, problem: Mapping[str, Any], schema: Schema) -> str:
    """What was expected, and what kind of value it is."""
    if own := _own_error(problem):
        return str(own)
    value, nodes = problem["input"], _nodes_at(schema, path)
    expected = _listed((_expected(node, schema) for node in nodes), "or")
    if problem["type"] == "missing":
        known = _keys(schema, path[:-1])
        near = _nearest(path, [str(key) for key in value if key not in known])
        return f"expected {expected}, but it is missing" + (f" (there is `{_dotted(near)}`)" if near else "")
    kinds = [each for node in nodes for each in _resolved(node, schema)]
    type_, words, another = _KINDS[type(value)]
    if problem["type"].startswith(("greater_than", "less_than")):
        words = "a value out of range"
    elif any(kind.get("type") in (type_, "number" if type_ == "integer" else type_) for kind in kinds):
        words = another
    words_known = [each for kind in kinds for each in kind.get("enum", ())]
    if words_known and isinstance(value, str):
        words = "none of these"
    near = _nearest((value,), words_known) if isinstance(value, str) else None
    return f"expected {expected}, got {words}" + (f" (did you mean `{near[0]}`?)" if near else "")


def _expected(node: Schema, schema: Schema) -> str:
    """What a value of this schema is, in words: its field's own description, or what its type says."""
    if words := node.get("description"):
        return str(words)
    kinds = [kind for kind in _resolved(node, schema) if kind.get("type") != "null"]
    return _listed((_words(kind) for kind in kinds), "or")


def _words(kind: Schema) -> str:
    if "enum" in kind:
        return _listed(kind["enum"], "or")
    if "const" in kind:
        return str(kind["const"])
    if kind.get("properties"):
        return f"a mapping of {_listed(kind['properties'])}"
    if kind.get("maxLength") == 1:
        return "one character"
    limits = [words.format(kind[key]) for key, words in _LIMITS.items() if key in kind]
    between = " " if limits[1:] and limits[1].startswith("to") else " and "
    return " ".join([_CALLED[kind["type"]], between.join(limits)]).strip()


def _nodes_at(schema: Schema, path: Path) -> list[Schema]:
    """The schemas that a value at this path may be of."""
    nodes = [schema]
    for key in path:
        kinds = [kind for node in nodes for kind in _resolved(node, schema)]
        # A list or a mapping may be allowed: a number is a place in the list.
        lists = [kind for kind in kinds if kind.get("type") == "array"] if key.isdigit() else []
        nodes = [node for kind in lists or kinds if (node := _inner(kind, key)) is not None]
    return nodes


def _inner(kind: Schema, key: str) -> Schema | None:
    inner = kind.get("properties", {}).get(key, kind.get("items") if key.isdigit() else None)
    others = kind.get("additionalProperties")
    return others if inner is None and isinstance(others, dict) else inner


def _resolved(node: Schema, schema: Schema) -> Iterator[Schema]:
    """The kinds of value that a schema allows, each without references."""
    if "$ref" in node:
        yield from _resolved(schema["$defs"][node["$ref"].rpartition("/")[2]], schema)
    elif "anyOf" in node:
        for each in node["anyOf"]:
            yield from _resolved(each, schema)
    else:
        yield node


def _keys(schema: Schema, path: Path) -> list[str]:
    """The keys that are known at this path."""
    kinds = [kind for node in _nodes_at(schema, path) for kind in _resolved(node, schema)]
    names = (kind.get("propertyNames", {}).get("enum", ()) for kind in kinds)
    return [
        key for kind, more in zip(kinds, names, strict=True) for key in (*kind.get("properties", ()), *more)
    ]


def _nearest(path: Path, known: Iterable[str]) -> Path | None:
    near = nearest(path[-1], known)
    return (*path[:-1], near) if near else None


def _dotted(path: Path) -> str:
    return "".join(f"[{part}]" if part.isdigit() else f".{part}" for part in path).removeprefix(".")


def _listed(words: Iterable[Any], last: str = "and") -> str:
    *first, end = dict.fromkeys(map(str, words))
    return f"{', '.join(first)} {last} {end}" if first else end
