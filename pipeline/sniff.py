"""Finds out how a person's own file is written, for `new`: what was found, and what has to be mended."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from components.arrow_example_gen.columns import Kind


@dataclass(frozen=True)
class Sniffed:
    """What a file, or a folder of files, turned out to be.

    Attributes:
        files: The files that hold the rows, in order of their names.
        kind: What all of them are.
        columns: The header's names, in order (of all files the same).
        rows: How many rows the files hold, bad ones and the skipped footer not counted.
        exports: What goes into the YAML's `exports`: only what differs from the defaults.
        kinds: Column -> what every one of its cells can be read as, with `exports`: "int", "float", or
            "string" (dates, truth values, and numbers that are codes such as 00721, too). A column without
            any value is "string".
        dates: Column -> how its dates or times are written in the file (`strptime`; ISO ones too). Once
            read, with `exports`, they are ISO text.
        missing: Column -> how many of its cells are missing.
        said: Sentences in the user's words: what was found, in the order of reading.
        problems: Sentences in the user's words: what has to be mended before the file can be read; empty
            where it can.
    """

    files: tuple[Path, ...]
    kind: Literal["csv", "parquet"]
    columns: tuple[str, ...] = ()
    rows: int = 0
    exports: Mapping[str, Any] = field(default_factory=dict)
    kinds: Mapping[str, Kind] = field(default_factory=dict)
    dates: Mapping[str, str] = field(default_factory=dict)
    missing: Mapping[str, int] = field(default_factory=dict)
    said: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


def sniff(path: Path) -> Sniffed:
    """Reads the whole of a CSV (plain or gzip) or Parquet file, or of a folder of these, in bounded memory.

    Raises:
        UsageError: There is nothing at `path`, or no file of a known kind.
    """
    raise NotImplementedError
