"""What code a node runs: a digest of a module and of all it imports from this repository."""

import ast
import functools
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from perennial.errors import ConfigError
from pipeline.config import REPOSITORY

# Modules that no node's result follows from, and what they are for. They can only say something: a test
# holds that they define exceptions and functions that return text or nothing, and import nothing from here.
NO_RESULT: Final[Mapping[str, str]] = {
    "perennial.errors": "how an error reads and what a process exits with",
    "perennial.progress": "how far a running node is",
}
# Fields of a statement that hold further ones.
_BODIES: Final = ("body", "orelse", "finalbody", "handlers", "cases")


def packages() -> tuple[str, ...]:
    """Names of the folders at the top of this repository that are packages, in order."""
    return tuple(sorted(path.parent.name for path in REPOSITORY.glob("*/__init__.py")))


def modules(pattern: str) -> tuple[str, ...]:
    """Dotted names of the modules whose files fit a pattern, such as `components/*/component.py`."""
    paths = sorted(REPOSITORY.glob(pattern))
    return tuple(".".join(path.relative_to(REPOSITORY).with_suffix("").parts) for path in paths)


def source_digest(*names: str, follow: bool = True) -> str:
    """Digest of the source of modules and of every module here that they import, directly or not.

    An edit to any of them gives another digest, and so a cache miss; an edit elsewhere does not. Imports are
    read from the syntax tree, so those inside functions count as well. The packages that a module is in
    count; `NO_RESULT` and modules that hold nothing but a docstring do not.

    Args:
        names: Dotted names.
        follow: Whether what they import counts.

    Returns:
        64 hexadecimal digits.

    Raises:
        ConfigError: A named module is not in this repository, or one of them does not parse.
    """
    digest = hashlib.sha256()
    for path, module in sorted(_closure(names, follow).items()):
        digest.update(str(path.relative_to(REPOSITORY)).encode())
        digest.update(module.digest)
    return digest.hexdigest()


def imported_files(*names: str) -> tuple[str, ...]:
    """Files of modules and of every module here that they import, as `source_digest` counts them.

    Args:
        names: Dotted names.

    Returns:
        Paths below the repository, in order.

    Raises:
        ConfigError: As `source_digest`.
    """
    return tuple(sorted(path.relative_to(REPOSITORY).as_posix() for path in _closure(names, follow=True)))


def _closure(names: tuple[str, ...], follow: bool) -> "dict[Path, _Module]":
    seen: set[str] = set()
    counted: dict[Path, _Module] = {}
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name in seen or name in NO_RESULT:
            continue
        seen.add(name)
        path = _file_of(name)
        if path is None:
            if name in names:
                raise ConfigError(
                    f"{name.replace('.', '/')}.py does not exist.", "Write it, or fix its name."
                )
            continue
        module = _read(path, path.stat().st_mtime_ns)
        if module.has_code:
            counted[path] = module
        if follow:
            waiting.extend(module.imports)
            waiting.extend(name[:end] for end, character in enumerate(name) if character == ".")
    return counted


def _file_of(module: str) -> Path | None:
    """The file of a module of this repository; None where the module is not of it."""
    base = REPOSITORY.joinpath(*module.split("."))
    for path in (base.with_suffix(".py"), base / "__init__.py"):
        if path.is_file():
            return path
    return None


class _Module(NamedTuple):
    """What a file says: its digest, what it imports from here, and whether it holds more than a docstring."""

    digest: bytes
    imports: tuple[str, ...]
    has_code: bool


def _statements(body: Sequence[ast.AST]) -> Iterator[ast.AST]:
    """All statements, those inside of others as well: imports are among them. Expressions are not visited."""
    for statement in body:
        yield statement
        for field in _BODIES:
            yield from _statements(getattr(statement, field, ()))


@functools.cache
def _read(path: Path, _mtime_ns: int) -> _Module:
    """Reads a file; of its imports of what is here, `from a import b` counts as `a` and as `a.b`."""
    names: list[str] = []
    content = path.read_bytes()
    try:
        tree = ast.parse(content)
    except (SyntaxError, ValueError) as error:  # the latter for a null byte, of which Python knows no line
        line = f":{error.lineno}" if isinstance(error, SyntaxError) and error.lineno else ""
        why = error.msg if isinstance(error, SyntaxError) else str(error)
        where = f"{path.relative_to(REPOSITORY)}{line}"
        raise ConfigError(f"{where} is not valid Python: {why}.", "Fix it.") from error
    for node in _statements(tree.body):
        if isinstance(node, ast.Import):
            names.extend(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            package = path.relative_to(REPOSITORY).parts[: -node.level] if node.level else ()
            module = ".".join([*package, *([node.module] if node.module else [])])
            names.append(module)
            names.extend(f"{module}.{alias.name}" for alias in node.names)
    documented = ast.get_docstring(tree, clean=False) is not None
    tops = {name.split(".")[0] for name in names}
    here = {top for top in tops if (REPOSITORY / top).is_dir() or (REPOSITORY / f"{top}.py").is_file()}
    imports = tuple(name for name in names if name.split(".")[0] in here)
    return _Module(hashlib.sha256(content).digest(), imports, len(tree.body) > documented)
