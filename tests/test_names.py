"""Names say what they hold: words that fit everything are in none, and no two classes have one name."""

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from pipeline.config import REPOSITORY
from pipeline.provenance import packages

# What a value was is no name for it.
_EMPTY: Final = {"told", "found", "came", "said"}
# gRPC's status; TFX's name for what runs a component.
_OF_OTHERS: Final = {"NOT_FOUND"}
_SHARED: Final = {"Executor"}


def _sources() -> Iterator[tuple[Path, ast.AST]]:
    for package in (*packages(), "local_runner.py"):
        path = REPOSITORY / package
        for file in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
            yield file.relative_to(REPOSITORY), ast.parse(file.read_text())


def _names(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            yield name
        case ast.Name(id=name) | ast.arg(arg=name) | ast.Attribute(attr=name):
            yield name


def test_no_name_has_a_word_that_fits_everything() -> None:
    empty = {
        f"{file}:{getattr(node, 'lineno', 0)} {name}"
        for file, tree in _sources()
        for node in ast.walk(tree)
        for name in _names(node)
        if name not in _OF_OTHERS and _EMPTY & set(name.lower().split("_"))
    }
    assert sorted(empty) == []


def test_no_two_classes_have_one_name() -> None:
    files = defaultdict(list)
    for file, tree in _sources():
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef) and node.name not in _SHARED:
                files[node.name].append(str(file))
    assert {name: where for name, where in files.items() if len(where) > 1} == {}
