"""Opens Parquet files, of newer writers too, and says what is wrong with one that cannot be read."""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow_hotfix  # noqa: F401  (before parquet: without it pyarrow 10 runs code from hostile files)

import pyarrow.parquet as pq  # isort: skip

from perennial.errors import FileRefused
from perennial.reading.parquet_footer import HIDDEN, MAGIC, EditedFile
from perennial.reading.thrift import NotThrift

_EXPORT_AGAIN: Final = "Export the file again and copy it completely."
# pyarrow 10 does not read the first two as dictionaries, without which a page of repeated texts has no bound;
# the last it does not read of integers and of columns with missing values.
_NEWER_ENCODINGS: Final = ("DELTA_BYTE_ARRAY", "DELTA_LENGTH_BYTE_ARRAY", "BYTE_STREAM_SPLIT")
_ENCRYPTED: Final = b"PARE"


@dataclass(frozen=True)
class ParquetSource:
    """A Parquet file that is open.

    Attributes:
        file: As pyarrow reads it.
        schema: Its columns; by Parquet's own types where the writer's Arrow schema cannot be read.
        halves: Its columns of half-precision floats, which are read as float32.
        close: Closes it.
    """

    file: pq.ParquetFile
    schema: pa.Schema
    halves: frozenset[str]
    close: Callable[[], None]

    def batches(self, names: Sequence[str] | None, rows: int) -> Iterator[pa.RecordBatch]:
        """The rows of some columns (None: all), so many at once.

        Raises:
            FileRefused: A column is written in a way that cannot be read.
        """
        try:
            for batch in self.file.iter_batches(batch_size=rows, columns=names):
                yield self._with_halves(batch)
        except (pa.ArrowException, OSError):
            newer = self.newer_encodings(names)
            if not newer:
                raise
            name, encoding = next(iter(newer.items()))
            raise FileRefused(
                f"column `{name}`: expected one of Parquet's usual encodings, got {encoding}.",
                "Write the file with the encodings that its writer uses by default (of DuckDB:"
                " `parquet_version v1`), or leave the column out.",
            ) from None

    def newer_encodings(self, names: Sequence[str] | None) -> dict[str, str]:
        """Column -> an encoding of it that cannot always be read."""
        metadata = self.file.metadata
        newer: dict[str, str] = {}
        for group in range(metadata.num_row_groups):
            for index in range(metadata.num_columns):
                chunk = metadata.row_group(group).column(index)
                name = chunk.path_in_schema.split(".")[0]
                for encoding in _NEWER_ENCODINGS:
                    if encoding in chunk.encodings and (names is None or name in names):
                        newer[name] = encoding
        return newer

    def _with_halves(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """A batch with its half-precision floats, which pyarrow 10 reads as two bytes, as float32."""
        if not self.halves.intersection(batch.schema.names):
            return batch
        columns = [
            _as_float32(column) if name in self.halves else column
            for name, column in zip(batch.schema.names, batch.columns, strict=True)
        ]
        return pa.RecordBatch.from_arrays(columns, names=batch.schema.names)


def _as_float32(pairs: pa.Array) -> pa.Array:
    halves = np.frombuffer(pairs.buffers()[1], np.float16)[pairs.offset : pairs.offset + len(pairs)]
    return pa.array(halves.astype(np.float32), mask=np.asarray(pairs.is_null()))


@contextlib.contextmanager
def refusing_damage(path: Path) -> Iterator[None]:
    """Only around what reads the file: elsewhere an error of Arrow's is ours, and not the file's damage."""
    try:
        yield
    except FileRefused as refusal:
        if refusal.problem.startswith(path.name):
            raise
        raise FileRefused(f"{path.name}: {refusal.problem}", refusal.remedy) from None
    except pa.ArrowException:
        raise _damaged(path) from None
    except OSError as error:
        if not error.strerror:
            raise _damaged(path) from None
        raise FileRefused(
            f"{path.name}: the file cannot be read ({error.strerror}).", _EXPORT_AGAIN
        ) from None


def _damaged(path: Path) -> FileRefused:
    """What is wrong with a file, by how it begins and ends."""
    with path.open("rb") as file:
        begin = file.read(len(MAGIC))
    if begin == _ENCRYPTED:
        return FileRefused(f"{path.name}: the Parquet file is encrypted.", "Export it without encryption.")
    if not MAGIC.startswith(begin):
        return FileRefused(
            f"{path.name}: expected Parquet, got a file that does not begin as Parquet does.",
            "Give the file the ending of its format, or export it as Parquet.",
        )
    return FileRefused(f"{path.name}: the Parquet file is damaged or truncated.", _EXPORT_AGAIN)


def open_source(path: Path, *, dictionaries: bool = True) -> ParquetSource:
    """Opens a Parquet file, of any version and writer; who asks for it closes it.

    Args:
        path: The file.
        dictionaries: Whether texts are read as dictionaries: a page may repeat a long one a million times.

    Raises:
        FileRefused: It is damaged, or none.
    """
    with contextlib.ExitStack() as stack, refusing_damage(path):
        source: Any = stack.enter_context(pa.OSFile(str(path)))
        halves: frozenset[str] = frozenset()
        try:
            parquet = pq.ParquetFile(source)
        except (pa.ArrowException, OSError):
            source = stack.enter_context(contextlib.closing(_edited(path)))
            halves = source.halves
            parquet = pq.ParquetFile(source)
        if dictionaries:
            parquet = pq.ParquetFile(source, read_dictionary=_texts(parquet.schema))
        fields = [
            pa.field(field.name, pa.float32()) if field.name in halves else field
            for field in parquet.schema_arrow
        ]
        metadata = parquet.schema_arrow.metadata or {}
        schema = pa.schema(fields, {key: text for key, text in metadata.items() if key != HIDDEN} or None)
        return ParquetSource(parquet, schema, halves, stack.pop_all().close)


@contextlib.contextmanager
def opened(path: Path, *, dictionaries: bool = True) -> Iterator[ParquetSource]:
    """`open_source`, closed at the end."""
    source = open_source(path, dictionaries=dictionaries)
    try:
        yield source
    finally:
        source.close()


def _edited(path: Path) -> EditedFile:
    try:
        return EditedFile(path)
    except NotThrift:
        raise _damaged(path) from None


def _texts(columns: Any) -> list[str]:
    leaves = [columns.column(index) for index in range(len(columns))]
    return [
        leaf.path for leaf in leaves if leaf.physical_type == "BYTE_ARRAY" and leaf.max_repetition_level == 0
    ]


def schema_of(path: Path) -> pa.Schema:
    """The columns of a Parquet file.

    Raises:
        FileRefused: It is damaged, or none.
    """
    with opened(path, dictionaries=False) as source:
        return source.schema


def columns_of(path: Path, names: Sequence[str], rows: int = 65_536) -> Iterator[pa.Array]:
    """The values of some of its columns, one after another, in parts.

    Raises:
        FileRefused: It is damaged, or none.
    """
    with opened(path, dictionaries=False) as source, refusing_damage(path):
        for batch in source.batches(list(names), rows) if names else ():
            yield from batch.columns


def table_of(path: Path) -> pa.Table:
    """All of its rows.

    Raises:
        FileRefused: It is damaged, or none.
    """
    with opened(path, dictionaries=False) as source, refusing_damage(path):
        return pa.Table.from_batches(list(source.batches(None, 65_536)), source.schema.remove_metadata())
