"""Masks the text of a CSV in another dialect than RFC 4180's, and puts its cells right again."""

import pyarrow as pa
import pyarrow.compute as pc

from perennial.errors import FileRefused
from perennial.reading.csv_format import CsvFormat
from perennial.reading.reading import BadRow
from serving.reading.csv_dialect import CsvDialect, NotUtf8


def masked(file: str, data: bytes, written: CsvFormat) -> bytes:
    """The text as RFC 4180 has it (`csv_dialect.py`).

    Raises:
        FileRefused: It is not UTF-8, where that has to be known.
    """
    if written.dialect.is_plain:
        return data
    try:
        return written.dialect.masked(data)
    except NotUtf8 as error:
        raise not_utf8(file, error) from None


def not_utf8(file: str, error: NotUtf8) -> FileRefused:
    """What is said of such a file."""
    return FileRefused(f"{file}: {error}.", "Set `encoding` in the use case to that of the export.")


def unmasked(row: BadRow, dialect: CsvDialect) -> BadRow:
    """A row with its cells as they are in the file's own dialect."""
    cells = tuple(map(dialect.value, row.cells))
    return row._replace(cells=cells, extra=dialect.value(row.extra))


def unmasked_column(column: pa.ChunkedArray, dialect: CsvDialect) -> pa.ChunkedArray:
    """A column (binary) as it is in the file's own dialect."""
    distinct = pc.unique(column)
    texts = pa.array(map(dialect.value, distinct.to_pylist()), pa.binary())
    return pc.take(texts, pc.index_in(column, value_set=distinct))
