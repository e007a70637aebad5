"""What lies in a use case's root that retention decides about, and how much disk its removal frees."""

import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from perennial.store import registry
from pipeline.run.calibration_paths import calibration_files
from pipeline.run.leftovers import REMNANTS

_NUMBERED: Final = re.compile(r"v([1-9][0-9]*)(\.csv)?")
_BLOCK: Final = 512  # bytes of a block, as `st_blocks` counts


@dataclass(frozen=True)
class RootContent:
    """What lies in a use case's root.

    Attributes:
        root: The root.
        versions: Folder of each published version, by its number.
        outputs: Folders of the nodes' outputs.
        work: Folders in which nodes worked, by the execution that they are of: node and id.
        runs: Folder of each run, by its id.
        quarantine: Files of quarantined rows, by span and version.
        remnants: What is left of spans whose rows were removed, by span and version.
        calibrations: Files of calibrations of drift, by number.
    """

    root: Path
    versions: Mapping[int, Path]
    outputs: tuple[Path, ...]
    work: Mapping[tuple[str, str], Path]
    runs: Mapping[str, Path]
    quarantine: Mapping[tuple[str, int], Path]
    remnants: Mapping[tuple[str, int], Path]
    calibrations: Mapping[int, Path]


def content_of(root: Path) -> RootContent:
    """Lists a root; folders and files with other names are a person's, and are not listed."""
    nodes = list(_folders(root / "artifacts"))
    outputs = [
        output
        for node in nodes
        for key in _folders(node)
        if not key.name.startswith(".")
        for output in _folders(key)
        if output.name.isdecimal()
    ]
    work = {
        (node.name, folder.name): folder
        for node in nodes
        for folder in _folders(node / ".system" / "executor_execution")
        if folder.name.isdecimal()
    }
    return RootContent(
        root=root,
        versions={number: root / "models" / str(number) for number in registry.numbers(root / "models")},
        outputs=tuple(outputs),
        work=work,
        runs={path.name: path for path in _folders(root / "runs")},
        quarantine=dict(_numbered(root / "quarantine")),
        remnants=dict(_numbered(root / REMNANTS)),
        calibrations=calibration_files(root),
    )


def output_of(path: Path, root: Path) -> str:
    """URI of the node's output that a path is, or lies in; "" if it is in none of this root."""
    try:
        parts = path.relative_to(root / "artifacts").parts
    except ValueError:
        return ""
    return str(root.joinpath("artifacts", *parts[:3])) if len(parts) >= 3 else ""


def freed_bytes(paths: Mapping[str, Iterable[Path]]) -> dict[str, int]:
    """Bytes on disk that the removal of paths frees, by their kind.

    A file with several names is freed with the last of them, and counted where that is: a window's files are
    links to those of its spans.

    Args:
        paths: Files and folders by kind.
    """
    sizes: Counter[str] = Counter()
    seen: Counter[tuple[int, int]] = Counter()
    for kind, roots in paths.items():
        sizes[kind] += 0
        for path in (each for root in roots for each in _below(root)):
            stat = path.lstat()
            seen[stat.st_dev, stat.st_ino] += 1
            if path.is_dir() or seen[stat.st_dev, stat.st_ino] == stat.st_nlink:
                sizes[kind] += stat.st_blocks * _BLOCK
    return dict(sizes)


def _below(path: Path) -> Iterator[Path]:
    if path.exists():
        yield path
    for folder, folders, files in os.walk(path):
        yield from (Path(folder, name) for name in (*folders, *files))


def _folders(folder: Path) -> Iterator[Path]:
    if folder.is_dir():
        yield from sorted(path for path in folder.iterdir() if path.is_dir())


def _numbered(folder: Path) -> Iterator[tuple[tuple[str, int], Path]]:
    """What is called `SPAN/vN`, with or without an ending, by span and N."""
    for span in _folders(folder):
        for path in sorted(span.iterdir()):
            if match := _NUMBERED.fullmatch(path.name):
                yield (span.name, int(match[1])), path
