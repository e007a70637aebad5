"""Lists the files of a person's table: one file, or all in a folder."""

from pathlib import Path
from typing import Literal

from perennial.errors import FileRefused, UsageError
from perennial.reading.source_files import format_of, remedy_of_name
from perennial.reading.table_folders import files_below


def files_of(path: Path) -> tuple[list[Path], Literal["csv", "parquet"]]:
    """The file, or those in a folder and below it, in order; hidden ones and `_SUCCESS` left out; their kind.

    Raises:
        UsageError: `path` does not exist, or has no file, one of another kind, or files of both kinds.
        FileRefused: As `files_below`.
    """
    if path.is_file():
        files = [path]
    elif path.is_dir():
        files = [file for file in files_below(path) if file.is_file()]
    else:
        raise UsageError(f"{path.name} does not exist.", "Check the path.")
    if not files:
        raise UsageError(f"The folder {path.name} has no files.", "Name the folder that has them.")
    for file in files:
        _refuse_unknown(file)
    kinds = {format_of(file) for file in files}
    if len(kinds) > 1:
        raise UsageError(
            f"{path.name} has {' and '.join(sorted(kinds))} files; all must be of one kind.",
            "Name a folder with files of one kind.",
        )
    return files, "csv" if kinds == {"csv"} else "parquet"


def _refuse_unknown(file: Path) -> None:
    try:
        known = format_of(file) != "tfrecord"
    except FileRefused:
        known = False
    if known:
        return
    remedy = remedy_of_name(file) or "Export it as CSV or Parquet."
    raise UsageError(f"{file.name} must end in .csv (.csv.gz, .bz2, .xz, .zst, .zip) or .parquet.", remedy)
