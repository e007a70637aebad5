"""Lays down what `new` made, never over what a person edited; a `new` that is killed leaves nothing half."""

import hashlib
import keyword
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from commands.cutting.pieces import Pieces, span_digest, stage_span
from perennial.errors import UsageError
from perennial.files import (
    file_digest,
    read_json,
    replace_folder,
    sweep_aside,
    sync_tree,
    write_json,
    write_text,
)
from pipeline.config import NAME, REPOSITORY
from pipeline.export_manifest import SUCCESS

RECORD: Final = "new.json"
FORMAT: Final = 1
LEDGER: Final = "ledger.db"
# The folder of all exports lies beside those of the use cases.
_RESERVED: Final = ("exports",)


@dataclass
class Written:
    """What became of each file and span.

    Attributes:
        files: Files that were written, below the repository.
        kept: Files that a person edited -> where the new text lies.
        spans: Spans that were written.
        kept_spans: Spans that were there with other rows, and stay.
    """

    files: list[str] = field(default_factory=list)
    kept: dict[str, str] = field(default_factory=dict)
    spans: list[str] = field(default_factory=list)
    kept_spans: list[str] = field(default_factory=list)


def paths_of(name: str) -> Mapping[str, str]:
    """The files of a use case by what they are, in the order in which they are written: the YAML last."""
    return {
        "schema": f"schemas/{name}.pbtxt",
        "transform": f"transforms/{name}.py",
        "model": f"models/{name}.py",
        "test": f"tests/use_cases/test_{name}.py",
        "yaml": f"pipeline/use_cases/{name}.yaml",
    }


def refuse_name(name: str, root: Path, repository: Path = REPOSITORY) -> None:
    """Refuses a name that no use case can have, or that something else has.

    Args:
        name: The name.
        root: Folder of all that belongs to the use case; knows what `new` wrote before.
        repository: Where the files go.

    Raises:
        UsageError: It is not a name, or one of Python's, of this repository's, or of another use case.
    """
    if not NAME.fullmatch(name):
        raise UsageError(
            f"{name!r} is not a valid name: use lower-case letters, digits and underscores, and begin"
            " with a letter.",
            "Run for example `new my_table --from ...`.",
        )
    if keyword.iskeyword(name) or keyword.issoftkeyword(name) or name in _RESERVED:
        raise UsageError(
            f"{name!r} cannot be the name of a use case: it is a reserved word.",
            f"Choose another name, such as `{name}_table`.",
        )
    ours = digests_of(root)
    for kind, path in paths_of(name).items():
        file = repository / path
        if file.exists() and path not in ours:
            what = "A use case" if (repository / paths_of(name)["yaml"]).exists() else "A module"
            if kind == "test":
                what = "A test"
            raise UsageError(
                f"{what} named {name!r} already exists: {path}, which `new` did not write"
                f" ({root.name}/{RECORD} does not list it).",
                "Choose another name, or remove its files.",
            )


def digests_of(root: Path) -> Mapping[str, Sequence[str]]:
    """What `new` wrote before: path of a file, or name of a span with a slash, -> the digests of it."""
    file = root / RECORD
    return dict(read_json(file)["wrote"]) if file.is_file() else {}


def write(
    root: Path,
    exports: Path,
    texts: Mapping[str, str],
    spans: Mapping[str, Sequence[Pieces]],
    repository: Path = REPOSITORY,
) -> Written:
    """Writes spans and files.

    What is about to be written is noted first, so that whatever a killed process left is known as its own.
    The YAML is the last: it is what makes a use case exist.

    Args:
        root: Folder of all that belongs to the use case.
        exports: Folder that its exports land in.
        texts: Path below the repository -> text, in the order of writing.
        spans: Span -> what its folder holds.
        repository: Where the files go.
    """
    known = {path: list(digests) for path, digests in digests_of(root).items()}
    done = Written()
    sweep_aside(root)
    _write_spans(exports, spans, known, root, done)
    for path, text in texts.items():
        known.setdefault(path, []).append(hashlib.sha256(text.encode()).hexdigest())
    _note(root, known)
    for path, text in texts.items():
        target = repository / path
        if target.exists() and file_digest(target) not in known[path]:
            aside = root / "new" / path
            aside.parent.mkdir(parents=True, exist_ok=True)
            write_text(aside, text)
            done.kept[path] = str(aside)
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        write_text(target, text)
        done.files.append(path)
    return done


def _write_spans(
    exports: Path,
    spans: Mapping[str, Sequence[Pieces]],
    known: dict[str, list[str]],
    root: Path,
    done: Written,
) -> None:
    exports.mkdir(parents=True, exist_ok=True)
    sweep_aside(exports, ".*")
    if not (root / LEDGER).exists():
        _remove_former(exports, spans, known)
    for name, parts in spans.items():
        folder, key = exports / name, f"{name}/"
        aside = stage_span(folder, parts)
        (aside / SUCCESS).touch()
        sync_tree(aside)
        there, made = span_digest(folder), span_digest(aside)
        if there and there != made and there not in known.get(key, []):
            done.kept_spans.append(name)
            shutil.rmtree(aside)
            continue
        known.setdefault(key, []).append(made)
        _note(root, known)
        if there == made:
            shutil.rmtree(aside)
        else:
            replace_folder(aside, folder)
            done.spans.append(name)


def _remove_former(
    exports: Path, spans: Mapping[str, Sequence[Pieces]], known: Mapping[str, Sequence[str]]
) -> None:
    """Removes spans that a former `new` cut in another way, as long as they are as it wrote them."""
    for key, digests in known.items():
        name = key.removesuffix("/")
        if key.endswith("/") and name not in spans and span_digest(exports / name) in digests:
            shutil.rmtree(exports / name)


def _note(root: Path, known: Mapping[str, Sequence[str]]) -> None:
    wrote: dict[str, Any] = {path: list(dict.fromkeys(digests)) for path, digests in known.items()}
    write_json(root / RECORD, {"format": FORMAT, "wrote": wrote})
