"""Reads one TFRecord of tf.Examples as the schema says: one value or none a feature, of a kind that fits."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

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
from perennial.reading.partitions import partitioned
from perennial.reading.reading import (
    ARROW_TYPES,
    ExportFormat,
    Fault,
    Placed,
    Read,
    ReadColumn,
    ReadTable,
    bad_rows_of,
    read_columns,
    read_of,
    refuse_missing,
)
from perennial.reading.source_files import chunks
from perennial.reading.zones import ZoneCount, merged_counts
from serving.reading.cells import Cell, CellRefused, CellRule
from serving.reading.rules import several_names

MANY_VALUES = "expected one value, got several"
NOT_AN_EXAMPLE = "bytes that are not a tf.Example"

_FEATURE_TYPES = {"int": schema_pb2.INT, "float": schema_pb2.FLOAT, "string": schema_pb2.BYTES}
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
    read = _typed(records, export)
    table, faults = read.table, read.faults
    ignored = _unknown_features(records, export)
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
    return read_of(read._replace(faults=faults), bad, export, Placed(header, ignored, absent))


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


def _names_of(column: Column, export: ExportFormat) -> list[str]:
    """The names under which records may have a column: its own, and those of `exports.rename`."""
    others = [name for name, own in export.written.rules.rename.items() if own == column.name]
    return [column.name, *others]


def _under_any_name(export: ExportFormat) -> list[Column]:
    """The columns of the schema, under each of their names."""
    return [replace(column, name=name) for column in export.columns for name in _names_of(column, export)]


def _has_two_names(lists: pa.RecordBatch, export: ExportFormat) -> bool:
    """Whether records have a column under several names."""
    present = [
        export.name_of(name)
        for name, values in zip(lists.schema.names, lists.columns, strict=True)
        if values.null_count < len(values)
    ]
    return len(present) > len(set(present))


def _typed(records: list[bytes], export: ExportFormat) -> ReadTable:
    names = [column.name for column in export.columns]
    tables = [pa.table([pa.array([], ARROW_TYPES[column.kind]) for column in export.columns], names=names)]
    faults: list[Fault] = []
    zones: list[dict[str, ZoneCount]] = []
    for start in range(0, len(records), _BATCH_ROWS):
        batch = records[start : start + _BATCH_ROWS]
        lists = _lists(batch, _under_any_name(export))
        if lists is None or _has_two_names(lists, export):
            read = _read_each(batch, export)
        else:
            read = _read_lists(lists, export)
        tables.append(read.table)
        faults += [fault._replace(row=start + fault.row) for fault in read.faults]
        zones.append(read.zones)
    return ReadTable(pa.concat_tables(tables), faults, merged_counts(zones))


def _lists(batch: list[bytes], columns: Sequence[Column]) -> pa.RecordBatch | None:
    """The features of some records as lists, of the schema's kinds or of their own.

    Returns:
        None where a record is no tf.Example, or a feature's kind is not the same in all records.
    """
    for schema in ((_schema(columns).SerializeToString(),), ()):
        try:
            # A decoder that has failed once cannot be used again.
            return example_coder.ExamplesToRecordBatchDecoder(*schema).DecodeBatch(batch)
        except RuntimeError:
            continue
    return None


def _read_lists(lists: pa.RecordBatch, export: ExportFormat) -> ReadTable:
    several: list[Fault] = []

    def read(column: Column, rule: CellRule) -> ReadColumn | None:
        indices = [lists.schema.get_field_index(name) for name in _names_of(column, export)]
        present = [lists.column(at) for at in indices if at >= 0]
        present = [values for values in present if values.null_count < len(values)]
        if not present:
            return None
        singles, many = _singles(present[0])
        several.extend(Fault(row, column.name, MANY_VALUES) for row in many)
        values = pa.chunked_array([singles])
        if not arrow_cells.fits(rule, values.type):
            return _each_value(column, rule, values.to_pylist())
        return arrow_cells.from_arrow(column.name, rule, values)

    table = read_columns(export, lists.num_rows, read)
    return table._replace(faults=table.faults + several)


def _read_each(batch: list[bytes], export: ExportFormat) -> ReadTable:
    """Reads records of which some are no tf.Example, or differ in the kinds of their features."""
    faults: list[Fault] = []
    rows: list[Mapping[str, Any]] = []
    for number, record in enumerate(batch):
        values: dict[str, Any] = {}
        try:
            features = tf.train.Example.FromString(record).features.feature
        except DecodeError:
            features = {}
            faults.append(Fault(number, "", NOT_AN_EXAMPLE))
        for column in export.columns:
            present = {
                name: several
                for name in _names_of(column, export)
                if name in features and (several := _values_of(features[name]))
            }
            if len(present) > 1:
                faults.append(Fault(number, column.name, several_names(present)))
            elif any(len(several) > 1 for several in present.values()):
                faults.append(Fault(number, column.name, MANY_VALUES))
            elif present:
                values[column.name] = next(iter(present.values()))[0]
        rows.append(values)
    table = read_columns(
        export,
        len(batch),
        lambda column, rule: _each_value(column, rule, [row.get(column.name) for row in rows]),
    )
    return table._replace(faults=table.faults + faults)


def _each_value(column: Column, rule: CellRule, values: list[Any]) -> ReadColumn:
    """Reads a column whose values are of several classes, or of one that it does not take."""
    cells: list[Cell | None] = []
    faults = []
    for row, value in enumerate(values):
        cell = None
        try:
            cell = rule.read(value)
        except CellRefused as refusal:
            faults.append(Fault(row, column.name, str(refusal)))
        cells.append(cell)
    return ReadColumn(pa.chunked_array([pa.array(cells, ARROW_TYPES[column.kind])]), faults)


def _singles(lists: pa.Array) -> tuple[pa.Array, list[int]]:
    """The one value of each list, null where there is none; and the rows that have several."""
    lengths = pc.fill_null(pc.list_value_length(lists), 0).to_numpy()
    one = lengths == 1
    values = pc.list_flatten(lists.filter(pa.array(one)))
    singles = values.take(pa.array(np.cumsum(one) - 1, mask=~one))
    return singles, [int(row) for row in np.flatnonzero(lengths > 1)]


def _unknown_features(records: list[bytes], export: ExportFormat) -> tuple[str, ...]:
    known = {column.name for column in _under_any_name(export)}
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
    values = _values_of(feature)
    if len(values) > 1:
        return json.dumps(values, default=lambda value: value.decode("utf-8", "replace")).encode()
    return arrow_cells.rendered_value(values[0]) if values else None


def _values_of(feature: tf.train.Feature) -> list[Any]:
    kind = feature.WhichOneof("kind")
    return list(getattr(feature, kind).value) if kind else []
