"""Finds out how a person's own file is written, for `new`, and what in it has to be fixed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from commands.cutting.files import files_of
from commands.new.sniffing.delimited import sniff_delimited
from commands.new.sniffing.file_profile import FileProfile
from commands.new.sniffing.parquet import sniff_parquet
from serving.reading.values import Kind


@dataclass(frozen=True)
class Sniffed:
    """How a file, or a folder of files, is written.

    Attributes:
        files: The files that hold the rows, in order of their names.
        kind: What all of them are.
        columns: The header's names, in order (of all files the same).
        rows: How many rows the files hold, bad ones and the skipped footer not counted.
        exports: What goes into the YAML's `exports`: only what differs from the defaults.
        kinds: Column -> what every one of its cells can be read as, with `exports`: "int", "float", or
            "string" (dates, and numbers that are codes such as 00721, too). Truth values are "int". A column
            without any value is "string".
        dates: Column -> how its dates or times are written in the file (`strptime`; ISO ones too). Once
            read, with `exports`, they are ISO text.
        missing: Column -> how many of its cells are missing.
        notes: Sentences for the user: how the file is written, in the order of reading.
        problems: Sentences for the user: what to fix before the file can be read; empty where it can be.
    """

    files: tuple[Path, ...]
    kind: Literal["csv", "parquet"]
    columns: tuple[str, ...] = ()
    rows: int = 0
    exports: Mapping[str, Any] = field(default_factory=dict)
    kinds: Mapping[str, Kind] = field(default_factory=dict)
    dates: Mapping[str, str] = field(default_factory=dict)
    missing: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


def sniff(path: Path, label: str = "") -> Sniffed:
    """Reads the whole of a CSV (plain or gzip) or Parquet file, or of a folder of these, in bounded memory.

    Args:
        path: The file or folder.
        label: The column whose spellings are left as they are; "" where there is none.

    Raises:
        UsageError: As `files_of`.
    """
    files, kind = files_of(path)
    if kind == "csv":
        return Sniffed(tuple(files), "csv", **_fields(sniff_delimited(files, label)))
    return Sniffed(tuple(files), "parquet", **_fields(sniff_parquet(files, label)))


def _fields(profile: FileProfile) -> dict[str, Any]:
    fields = vars(profile)
    return fields | {name: tuple(fields[name]) for name in ("notes", "problems")}
