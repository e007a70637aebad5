"""Reads one TFRecord of tf.Examples as the schema says: one value or none a feature, of the schema's kind."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import tensorflow as tf
from google.protobuf.message import DecodeError
from tensorflow_metadata.proto.v0 import schema_pb2
from tfx_bsl.coders import example_coder

from perennial.errors import FileRefused
from perennial.reading import arrow_cells, row_rules
from perennial.reading.columns import Column
from perennial.reading.compression import GZIP_MAGIC
from perennial.reading.csv_format import CsvFormat
from perennial.reading.partitions import partitioned
from perennial.reading.reading import (
    ARROW_TYPES,
    ExportFormat,
    Fault,
    Placed,
    Read,
    bad_rows_of,
    read_of,
    refuse_missing,
)
from perennial.reading.source_files import chunks

MANY_VALUES = "expected one value, got several"
NOT_AN_EXAMPLE = "bytes that are not a tf.Example"

_FEATURE_TYPES = {"int": schema_pb2.INT, "float": schema_pb2.FLOAT, "string": schema_pb2.BYTES}
_LISTS = {"int": "int64_list", "float": "float_list", "string": "bytes_list"}
_LIST_NAMES = {"int64_list": "integers", "float_list": "floats", "bytes_list": "strings"}
_BATCH_ROWS = 8_192
# Each record comes with its length (8 bytes), the length's checksum (4) and its own (4).
_FRAME_BYTES = 16
# Names of features that the schema lacks are looked for in the first records only: each is parsed by Python.
_SAMPLED_RECORDS = 100


@partitioned
def read_tfrecord(path: Path, export: ExportFormat) -> Read:
    """Reads a TFRecord, plain or gzip; a bad row's line is its record's number, from 1.

    Args:
        path: The file.
        export: Its columns, label, time column, and cap.

    Returns:
        The typed good rows and the bad ones. Unknown features are reported from the first 100 records.

    Raises:
        FileRefused: the file cannot be read, a checksum is wrong, or no record has a column it must have.
    """
    records = _records(path, export.max_bytes)
    table, faults = _typed(records, export.columns)
    ignored = _unknown_features(records, export.columns)
    header = (*(column.name for column in export.columns), *ignored)
    faulty_columns = {fault.column for fault in faults}
    absent = tuple(
        name
        for name in table.column_names
        if records and name not in faulty_columns and table[name].null_count == len(records)
    )
    refuse_missing(path.name, set(absent), header, export)
    # What else a row at fault lacks follows from its fault, so it is not told.
    at_fault = {fault.row for fault in faults}
    faults += [fault for fault in row_rules.row_faults(table, export, faults) if fault.row not in at_fault]
    bad = bad_rows_of(
        faults, header, line_of=lambda row: row + 1, cells_of=lambda row: _cells(records[row], header)
    )
    rows = {fault.row for fault in faults}
    return read_of(table, rows, bad, export, Placed(header, ignored, absent))


def _records(path: Path, max_bytes: int) -> list[bytes]:
    # The first pass bounds what is decompressed and checks gzip; TensorFlow's checks each record's CRC.
    size = sum(len(chunk) for chunk in chunks(path, max_bytes))
    with path.open("rb") as source:
        is_gzip = source.read(2) == GZIP_MAGIC
    dataset = tf.data.TFRecordDataset(str(path), compression_type="GZIP" if is_gzip else "")
    try:
        records = [record for batch in dataset.batch(_BATCH_ROWS).as_numpy_iterator() for record in batch]
    except tf.errors.DataLossError:
        raise _damaged(path) from None
    # TensorFlow takes a file that is cut within a record's length for one that ends before it.
    if size != sum(len(record) + _FRAME_BYTES for record in records):
        raise _damaged(path)
    return records


def _damaged(path: Path) -> FileRefused:
    return FileRefused(
        f"{path.name}: a checksum or length of a TFRecord is wrong.",
        "Export the file again and copy it completely.",
    )


def _schema(columns: Sequence[Column]) -> schema_pb2.Schema:
    schema = schema_pb2.Schema()
    for column in columns:
        schema.feature.add(name=column.name, type=_FEATURE_TYPES[column.kind])
    return schema


def _typed(records: list[bytes], columns: Sequence[Column]) -> tuple[pa.Table, list[Fault]]:
    schema = _schema(columns).SerializeToString()
    tables = [pa.table([pa.array([], ARROW_TYPES[c.kind]) for c in columns], names=[c.name for c in columns])]
    faults: list[Fault] = []
    for start in range(0, len(records), _BATCH_ROWS):
        batch = records[start : start + _BATCH_ROWS]
        try:
            lists = example_coder.ExamplesToRecordBatchDecoder(schema).DecodeBatch(batch)
        except RuntimeError:
            # It names the first record only: find the others one by one, and read them as empty.
            undecodable = [
                (row, fault) for row, record in enumerate(batch) if (fault := _kind_fault(record, columns))
            ]
            faults += [Fault(start + row, *fault) for row, fault in undecodable]
            for row, _ in undecodable:
                batch[row] = b""
            # A decoder that has failed once cannot be used again.
            lists = example_coder.ExamplesToRecordBatchDecoder(schema).DecodeBatch(batch)
        values = []
        for column in columns:
            singles, many = _singles(lists.column(lists.schema.get_field_index(column.name)))
            checked, column_faults = arrow_cells.from_arrow(
                column.kind, column.name, pa.chunked_array([singles]), CsvFormat()
            )
            values.append(checked)
            column_faults += [Fault(row, column.name, MANY_VALUES) for row in many]
            faults += [fault._replace(row=start + fault.row) for fault in column_faults]
        tables.append(pa.table(values, names=[column.name for column in columns]))
    return pa.concat_tables(tables), faults


def _kind_fault(record: bytes, columns: Sequence[Column]) -> tuple[str, str] | None:
    """The first column of a record whose feature is of another kind than the schema's, and what it is."""
    try:
        features = tf.train.Example.FromString(record).features.feature
    except DecodeError:
        return "", NOT_AN_EXAMPLE
    for column in columns:
        list_kind = features[column.name].WhichOneof("kind") if column.name in features else None
        if list_kind not in (None, _LISTS[column.kind]):
            return (
                column.name,
                f"expected {_LIST_NAMES[_LISTS[column.kind]]}, got {_LIST_NAMES[list_kind]}",
            )
    return None


def _singles(lists: pa.Array) -> tuple[pa.Array, list[int]]:
    """The one value of each list, null where there is none; and the rows that have several."""
    lengths = pc.fill_null(pc.list_value_length(lists), 0).to_numpy()
    one = lengths == 1
    values = pc.list_flatten(lists.filter(pa.array(one)))
    singles = values.take(pa.array(np.cumsum(one) - 1, mask=~one))
    return singles, [int(row) for row in np.flatnonzero(lengths > 1)]


def _unknown_features(records: list[bytes], columns: Sequence[Column]) -> tuple[str, ...]:
    known = {column.name for column in columns}
    unknown: set[str] = set()
    for record in records[:_SAMPLED_RECORDS]:
        try:
            unknown |= set(tf.train.Example.FromString(record).features.feature) - known
        except DecodeError:
            continue
    return tuple(sorted(unknown))


def _cells(record: bytes, header: Sequence[str]) -> tuple[bytes | None, ...]:
    """A record's values as text in the order of the header; all missing where it is not a tf.Example."""
    try:
        features = tf.train.Example.FromString(record).features.feature
    except DecodeError:
        return (None,) * len(header)
    return tuple(_text_of(features[name]) if name in features else None for name in header)


def _text_of(feature: tf.train.Feature) -> bytes | None:
    kind = feature.WhichOneof("kind")
    values = list(getattr(feature, kind).value) if kind else []
    if len(values) > 1:
        return json.dumps(values, default=lambda value: value.decode("utf-8", "replace")).encode()
    return arrow_cells.rendered_value(values[0]) if values else None
