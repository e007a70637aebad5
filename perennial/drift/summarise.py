"""Makes the day summaries of a table's rows."""

from collections.abc import Iterable, Mapping
from typing import Any, Final, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from tensorflow_metadata.proto.v0 import schema_pb2

from perennial.drift.day_columns import LEVELS, Counts, NumberDays, Places, TextDays, ValueCounts, text_days
from perennial.drift.day_summaries import (
    DAY,
    MOST_SAMPLED,
    ORDER,
    UNDATED,
    ColumnDays,
    Days,
    DayTable,
    empty_days,
)
from perennial.drift.text_values import SHAPES, Hashes, mixed, text_hashes, text_shapes

# So many values of a day are kept, the most frequent; of equally frequent ones those of the least hashes, so
# that the same are kept on each day.
TOP: Final = 200
# So many days of a table are summarised, the newest: a column that is no row's time has any number of days.
MOST_DAYS: Final = 1100

Summary = Literal["number", "text", "clock"]

_TYPES: Final = {"INT": pa.int64(), "FLOAT": pa.float32(), "BYTES": pa.binary()}
_GOLDEN: Final = np.uint64(0x9E3779B97F4A7C15)
_MISSING: Final = np.uint64(0xD1B54A32D192ED03)
_LATER: Final = np.uint64(0x8CB92BA72F3D8DD7)
_DATE_LENGTH: Final = len("2013-01-31")
_CLOCK_LENGTH: Final = len("2013-01-31 23:59:59")


class SummaryColumn(NamedTuple):
    """A column that is summarised: its Arrow type, and as what."""

    arrow_type: pa.DataType
    summary: Summary


class _Texts(NamedTuple):
    """A column of texts: its different values, which of them each row has (-1: none), and their hashes."""

    values: pa.Array
    codes: Places
    hashes: Hashes


def summary_columns(schema: schema_pb2.Schema, time_column: str = "") -> dict[str, SummaryColumn]:
    """What a schema's columns are summarised as, in its order; those that are set aside are left out.

    Texts, and integers whose domain is categorical, as texts; the time column as the time of the day.
    """
    columns: dict[str, SummaryColumn] = {}
    for feature in schema.feature:
        kind = schema_pb2.FeatureType.Name(feature.type)
        if kind not in _TYPES or feature.lifecycle_stage == schema_pb2.DISABLED:
            continue
        is_text = kind == "BYTES" or feature.int_domain.is_categorical
        summary: Summary = "clock" if feature.name == time_column else "text" if is_text else "number"
        columns[feature.name] = SummaryColumn(_TYPES[kind], summary)
    return columns


def days_of(
    rows: pa.Table | Iterable[pa.RecordBatch],
    schema: schema_pb2.Schema,
    time_column: str = "",
    day: np.datetime64 = UNDATED,
) -> DayTable:
    """Summarises rows by day.

    Args:
        rows: int64, float32 and binary columns, null is missing. Columns that the schema does not have are
            ignored; one that they lack is missing in all rows.
        schema: The curated schema.
        time_column: ISO dates or times, of the wall clock that counts; a row without one is left out. "": all
            rows are of one day.
        day: That day.

    Returns:
        The days with rows; if they are more than `MOST_DAYS`, the newest.
    """
    table = rows if isinstance(rows, pa.Table) else pa.Table.from_batches(list(rows))
    if not table.num_rows:
        return empty_days()
    columns = summary_columns(schema, time_column)
    seconds = np.zeros(0)
    if time_column:
        ordinals, seconds, is_dated = _times(table[time_column])
        days, code = np.unique(ordinals[is_dated], return_inverse=True)
        if not len(days):
            return empty_days()
        is_kept = is_dated.copy()
        is_kept[is_dated] = code >= len(days) - MOST_DAYS
        if not is_kept.all():
            table, seconds = table.filter(pa.array(is_kept)), seconds[is_kept]
            days, code = np.unique(ordinals[is_kept], return_inverse=True)
    else:
        days, code = (
            np.array([day.astype("datetime64[D]").astype(np.int64)]),
            np.zeros(table.num_rows, np.intp),
        )
    typed = {name: _typed(table, name, column.arrow_type) for name, column in columns.items()}
    summaries: dict[str, ColumnDays] = {}
    row_hashes = np.zeros(table.num_rows, np.uint64)
    for name, column in columns.items():
        if column.summary == "text":
            texts = _texts(typed[name])
            summaries[name] = _text_summary(texts, code, len(days))
            hashes = np.append(texts.hashes, _MISSING)[texts.codes]
        elif column.summary == "clock":
            summaries[name] = _number_summary(seconds, code, len(days))
            hashes = _number_hashes(seconds)
        else:
            values = typed[name].cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
            summaries[name] = _number_summary(values, code, len(days))
            hashes = _number_hashes(values)
        row_hashes = mixed(row_hashes * _GOLDEN + hashes)
    dates = days.astype("datetime64[D]")
    counts = np.bincount(code, minlength=len(days)).astype(np.int64)
    return DayTable(dates, counts, summaries, _sample(typed, row_hashes, code, dates))


def believed(table: DayTable, summary: Mapping[str, Any]) -> DayTable:
    """The days of a span without those that are not believed, such as the year 2031 of one wrong row.

    Args:
        table: The span's days.
        summary: The `summary.json` of its Examples; `stray` is the split of rows with such days.
    """
    splits = [
        split for name, split in summary["splits"].items() if name != "stray" and split.get("first_day")
    ]
    if not splits:
        return table
    first = np.datetime64(min(split["first_day"] for split in splits), "D")
    last = np.datetime64(max(split["last_day"] for split in splits), "D")
    is_believed = (table.days >= first) & (table.days <= last)
    return table if is_believed.all() else table.only(is_believed)


def _typed(table: pa.Table, name: str, arrow_type: pa.DataType) -> pa.Array:
    if name not in table.column_names:
        return pa.nulls(table.num_rows, arrow_type)
    column = table[name].cast(arrow_type)
    return column.chunk(0) if column.num_chunks == 1 else pa.concat_arrays(column.chunks)


def _times(column: pa.ChunkedArray) -> tuple[Counts, npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    """The day of each row since 1970, its seconds since midnight, and whether it has a time."""
    encoded = pa.concat_arrays(column.cast(pa.binary()).chunks).dictionary_encode()
    texts = [value.decode("ascii", "replace") for value in encoded.dictionary.to_pylist()]
    days = np.array([text[:_DATE_LENGTH] for text in texts] or [], "datetime64[D]").astype(np.int64)
    clocks = [f"1970-01-01T{text[_DATE_LENGTH + 1 : _CLOCK_LENGTH] or '00'}" for text in texts]
    seconds = np.array(clocks or [], "datetime64[s]").astype(np.int64).astype(np.float64)
    codes = pc.fill_null(encoded.indices, -1).to_numpy(zero_copy_only=False)
    return np.append(days, 0)[codes], np.append(seconds, np.nan)[codes], codes >= 0


def _number_summary(values: npt.NDArray[np.float64], code: Places, days: int) -> NumberDays:
    is_present = ~np.isnan(values)
    values, code = values[is_present], code[is_present]
    order = np.lexsort((values, code))
    values, code = values[order], code[order]
    present = np.bincount(code, minlength=days).astype(np.int64)
    quantiles = np.full((days, len(LEVELS)), np.nan)
    some = present > 0
    last = (present[some] - 1)[:, None]
    first = (np.cumsum(present) - present)[some][:, None]
    quantiles[some] = values[first + np.rint(LEVELS * last).astype(np.intp)]
    is_finite = np.isfinite(values)
    with np.errstate(invalid="ignore"):
        sums = np.bincount(code[is_finite], values[is_finite], days)
        mean = sums / np.bincount(code[is_finite], minlength=days)
    is_new = np.ones(len(values), bool)
    is_new[1:] = (values[1:] != values[:-1]) | (code[1:] != code[:-1])
    return NumberDays(present, mean, quantiles, np.bincount(code[is_new], minlength=days).astype(np.int64))


def _texts(column: pa.Array) -> _Texts:
    encoded = column.dictionary_encode()
    values = encoded.dictionary
    if pa.types.is_integer(values.type):
        values = values.cast(pa.string())
    values = values.cast(pa.binary())
    codes = pc.fill_null(encoded.indices, -1).to_numpy(zero_copy_only=False).astype(np.intp)
    return _Texts(values, codes, text_hashes(values))


def _text_summary(texts: _Texts, code: Places, days: int) -> TextDays:
    is_present = texts.codes >= 0
    codes, code = texts.codes[is_present], code[is_present]
    width = max(len(texts.values), 1)
    pairs, counts = np.unique(code.astype(np.int64) * width + codes, return_counts=True)
    day, value = pairs // width, pairs % width
    distinct = np.bincount(day, minlength=days).astype(np.int64)
    order = np.lexsort((texts.hashes[value], -counts, day))
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order)) - np.repeat(np.cumsum(distinct) - distinct, distinct)
    most = np.zeros(days, np.int64)
    np.maximum.at(most, day, counts)
    # Of a day's ids, each in one row, none says anything.
    is_id = (most == 1) & (distinct > TOP)
    is_top = (rank < TOP) & ~is_id[day]
    present = np.bincount(code, minlength=days).astype(np.int64)
    top = ValueCounts(day[is_top], texts.values.take(pa.array(value[is_top])), counts[is_top])
    beyond = np.bincount(day[~is_top], counts[~is_top], days).astype(np.int64)
    shapes = text_shapes(texts.values)
    by_day = np.stack(
        [np.bincount(code, shapes[codes, place], days) for place in range(len(SHAPES))], axis=1
    ).astype(np.int64)
    return text_days(present, distinct, beyond, by_day, top)


def _number_hashes(values: npt.NDArray[np.float64]) -> Hashes:
    bits = (values + 0.0).view(np.uint64)  # -0.0 is 0.0
    return mixed(np.where(np.isnan(values), _MISSING, bits * _GOLDEN + np.uint64(1)))


def _sample(columns: Mapping[str, pa.Array], hashes: Hashes, code: Places, days: Days) -> pa.Table:
    """The rows of each day with the least hashes; of equal rows each has another."""
    order = np.lexsort((hashes, code))
    ordered, of_day = hashes[order], code[order]
    is_first = np.ones(len(order), bool)
    is_first[1:] = (ordered[1:] != ordered[:-1]) | (of_day[1:] != of_day[:-1])
    place = np.arange(len(order))
    again = place - np.maximum.accumulate(np.where(is_first, place, 0))
    if again.any():
        ordered = np.where(again > 0, mixed(ordered + again.astype(np.uint64) * _LATER), ordered)
        once_more = np.lexsort((ordered, of_day))
        order, ordered, of_day = order[once_more], ordered[once_more], of_day[once_more]
    rows = np.bincount(of_day, minlength=len(days))
    rank = place - np.repeat(np.cumsum(rows) - rows, rows)
    is_sampled = rank < MOST_SAMPLED
    sampled = pa.array(order[is_sampled])
    arrays: dict[str, Any] = {
        name: column.take(sampled) for name, column in columns.items() if name not in (DAY, ORDER)
    }
    dates = days.astype(np.int32)[of_day[is_sampled]]
    arrays[DAY] = pa.array(dates).cast(pa.date32())
    arrays[ORDER] = pa.array((ordered[is_sampled] >> np.uint64(32)).astype(np.uint32))
    return pa.table(arrays)
