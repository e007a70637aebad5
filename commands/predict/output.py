"""The files that `predict` writes: where they go, what they never replace, and the rows that were refused."""

from collections.abc import Sequence
from pathlib import Path
from typing import IO, Final

from perennial.errors import UsageError
from perennial.reading.csv_format import CsvFormat
from perennial.reading.csv_stream import Encoded
from perennial.reading.quarantine import AFTER, BEFORE, csv_line
from perennial.reading.reading import BadRow

REFUSED: Final = ".refused.csv"


def refused_file(out: Path) -> Path:
    """Where the refused rows of `out` go: beside it, under its name without the suffix."""
    name = out.name
    for suffix in (".csv.gz", ".csv", ".parquet"):
        if name.lower().endswith(suffix):
            name = name[: -len(suffix)]
            break
    return out.with_name(name + REFUSED)


def refuse_unfit(out: Path, sources: Sequence[Path], force: bool) -> None:
    """Refuses to write over another file.

    Args:
        out: Where the scored rows shall go.
        sources: The files that are read.
        force: Whether files of an earlier time may be replaced.

    Raises:
        UsageError: The folder does not exist, or a file already does.
    """
    if not out.parent.is_dir():
        raise UsageError(f"The folder of {out.name} does not exist.", "Create the folder, or fix the path.")
    for path in (out, refused_file(out)):
        if path.is_dir():
            raise UsageError(f"{path.name} is a folder; OUT must be a file.", "Name a file.")
        if not path.exists():
            continue
        if any(path.samefile(source) for source in sources):
            raise UsageError(
                f"Cannot write to {path.name}: it is one of the files to score.",
                "Choose another name for OUT.",
            )
        if not force:
            raise UsageError(
                f"{path.name} already exists.", "Choose another name, or add --force to replace it."
            )


class RefusedRows:
    """Writes refused rows in the form of a quarantine, so that they can be fixed there and scored again."""

    def __init__(self, out: IO[bytes], written: CsvFormat) -> None:
        """Takes where to write, and how."""
        self._out = out if written.is_utf8 else Encoded(out, written.encoding, "backslashreplace")
        self._dialect = written.dialect
        self._kept: list[int] | None = None

    def add(self, file: str, header: Sequence[str], rows: Sequence[BadRow]) -> None:
        """Writes the refused rows of a file; all files have one header."""
        if not rows:
            return
        if self._kept is None:
            own = {*BEFORE, *AFTER}
            self._kept = [place for place, name in enumerate(header) if name not in own]
            names = (*BEFORE, *(header[place] for place in self._kept), *AFTER)
            self._out.write(csv_line([name.encode() for name in names], self._dialect))
        for row in rows:
            place_and_reason = [text.encode() for text in (file, str(row.line), row.column, row.reason)]
            cells = [row.cells[place] for place in self._kept]
            self._out.write(csv_line([*place_and_reason, *cells, row.extra], self._dialect))
