"""The file tree of the architecture page is that of the repository."""

import re
from pathlib import Path
from typing import Final

from benchmarks.harness.tree import repository_files
from pipeline.config import REPOSITORY

PAGE: Final = REPOSITORY / "docs" / "architecture.md"
# One name or several, two spaces apart; what they are for follows after more.
_NAMES: Final = re.compile(r"(?:[\w./]+ {2})*[\w./]+")
# What is in the tree as a whole.
_WHOLE: Final = ("tests", "benchmarks")


def _named() -> set[str]:
    """The paths of the tree; a line is indented by two spaces below its folder, and may name several."""
    block = re.search(r"^```tree\n(.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    assert block
    folders: list[str] = []
    listed: set[str] = set()
    for line in block[1].splitlines():
        level = (len(line) - len(line.lstrip())) // 2
        names = _NAMES.match(line.strip())
        assert names, line
        paths = [part for part in names[0].split("  ") if "/" in part or "." in part]
        listed |= {"".join(folders[:level]) + path for path in paths}
        folders = [*folders[:level], paths[0]]
    return listed


def test_every_path_of_the_tree_is_there() -> None:
    assert not [path for path in sorted(_named()) if not (REPOSITORY / path).exists()]


def test_every_package_is_in_the_tree() -> None:
    packages = {str(Path(name).parent) for name in repository_files() if name.endswith("/__init__.py")}
    shown = {path.rstrip("/") for path in _named()}
    assert {package for package in packages if not package.startswith(_WHOLE)} - shown == set()
