"""Finds out how a person's own file is written, for `new`, and what in it has to be fixed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from commands.new.sniffing.delimited import sniff_delimited
from commands.new.sniffing.file_profile import FileProfile
from commands.new.sniffing.parquet import sniff_parquet
from perennial.errors import FileRefused, UsageError
from perennial.reading.source_files import format_of
from serving.model.columns import Kind

_WORKBOOKS = (".xls", ".xlsx", ".xlsm", ".ods", ".numbers")
_TEXTS = (".tsv", ".txt", ".tab", ".dat", ".data", ".psv")


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
            "string" (dates, truth values, and numbers that are codes such as 00721, too). A column without
            any value is "string".
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


def sniff(path: Path) -> Sniffed:
    """Reads the whole of a CSV (plain or gzip) or Parquet file, or of a folder of these, in bounded memory.

    Raises:
        UsageError: `path` does not exist, or has no file of a known kind.
    """
    files = _files(path)
    kinds = {format_of(file) for file in files}
    if len(kinds) > 1:
        raise UsageError(
            f"{path.name} has {' and '.join(sorted(kinds))} files; all must be of one kind.",
            "Name a folder with files of one kind.",
        )
    if kinds == {"csv"}:
        return Sniffed(tuple(files), "csv", **_fields(sniff_delimited(files)))
    return Sniffed(tuple(files), "parquet", **_fields(sniff_parquet(files)))


def _fields(profile: FileProfile) -> dict[str, Any]:
    fields = vars(profile)
    return fields | {name: tuple(fields[name]) for name in ("notes", "problems")}


def _files(path: Path) -> list[Path]:
    """The file, or those in a folder and below it, in order; hidden ones and `_SUCCESS` left out."""
    if path.is_file():
        files = [path]
    elif path.is_dir():
        inside = (file.relative_to(path) for file in path.rglob("*") if file.is_file())
        files = sorted(path / file for file in inside if not any(part[0] in "._" for part in file.parts))
    else:
        raise UsageError(f"{path.name} does not exist.", "Check the path.")
    if not files:
        raise UsageError(f"The folder {path.name} has no files.", "Name the folder that has them.")
    for file in files:
        _refuse_unknown(file)
    return files


def _refuse_unknown(file: Path) -> None:
    try:
        known = format_of(file) != "tfrecord"
    except FileRefused:
        known = False
    if known:
        return
    suffix = file.suffix.lower()
    remedy = "Export it as CSV or Parquet."
    if suffix in _WORKBOOKS:
        remedy = "It is a spreadsheet: save its sheet as CSV (UTF-8)."
    elif suffix in _TEXTS:
        remedy = f"If it is a text table, rename it to {file.stem}.csv; `new` detects its delimiter."
    raise UsageError(f"{file.name} must end in .csv, .csv.gz or .parquet.", remedy)
