"""What code a node runs: a digest of a module and of all it imports from this repository."""

import ast
import functools
import hashlib
from pathlib import Path

from perennial.errors import ConfigError
from pipeline.config import REPOSITORY


def packages() -> tuple[str, ...]:
    """Names of the folders at the top of this repository that are packages, in order."""
    return tuple(sorted(path.parent.name for path in REPOSITORY.glob("*/__init__.py")))


def source_digest(*modules: str) -> str:
    """Digest of the source of dotted `modules` and of every module here that they import, directly or not.

    An edit to any of them gives another digest, and so a cache miss; an edit elsewhere does not. Imports are
    read from the syntax tree, so those inside functions count as well.

    Returns:
        64 hexadecimal digits.

    Raises:
        ConfigError: A named module is not in this repository, or one of them does not parse.
    """
    digest = hashlib.sha256()
    for path in sorted(_closure(modules)):
        digest.update(str(path.relative_to(REPOSITORY)).encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _closure(modules: tuple[str, ...]) -> set[Path]:
    found: set[Path] = set()
    waiting = list(modules)
    while waiting:
        name = waiting.pop()
        path = _file_of(name)
        if path is None:
            if name in modules:
                raise ConfigError(f"There is no {name.replace('.', '/')}.py.", "Write it, or mend its name.")
            continue
        if path not in found:
            found.add(path)
            waiting.extend(_imports(path, path.stat().st_mtime_ns))
    return found


def _file_of(module: str) -> Path | None:
    """The file of a module of this repository; None where the module is not of it."""
    base = REPOSITORY.joinpath(*module.split("."))
    for path in (base.with_suffix(".py"), base / "__init__.py"):
        if path.is_file():
            return path
    return None


@functools.cache
def _imports(path: Path, _mtime_ns: int) -> tuple[str, ...]:
    """Dotted names that a file imports; `from a import b` counts as `a` and as `a.b`."""
    names: list[str] = []
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"))
    except SyntaxError as error:
        where = f"{path.relative_to(REPOSITORY)}, line {error.lineno}"
        raise ConfigError(f"{where}: this is not Python.", "Mend the file and run again.") from error
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names.extend(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            package = path.relative_to(REPOSITORY).parts[: -node.level] if node.level else ()
            module = ".".join([*package, *([node.module] if node.module else [])])
            names.append(module)
            names.extend(f"{module}.{alias.name}" for alias in node.names)
    return tuple(names)
