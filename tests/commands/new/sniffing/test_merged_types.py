"""A column whose types differ between Parquet files: one meaning, or the two files are named."""

import decimal

import pyarrow as pa
import pytest

from commands.new.sniffing.merged_types import MergedType, is_text, is_whole


@pytest.mark.parametrize(
    ("types", "kind", "mixed"),
    [
        ([pa.int64(), pa.int32()], "int", False),
        ([pa.null(), pa.float64()], "float", False),
        ([pa.null(), pa.null()], "string", False),
        ([pa.int64(), pa.float64()], "float", True),
        ([pa.float32(), pa.decimal128(10, 2), pa.null()], "float", False),
        ([pa.bool_(), pa.int8()], "int", False),
        ([pa.bool_(), pa.null()], "int", False),
        ([pa.bool_(), pa.float64()], "float", True),
        ([pa.null(), pa.int64(), pa.string()], "float", True),
        ([pa.bool_(), pa.large_string()], "float", True),
        ([pa.date32(), pa.string(), pa.timestamp("us")], "string", False),
        ([pa.string(), pa.dictionary(pa.int32(), pa.large_string())], "string", False),
        ([pa.timestamp("us"), pa.timestamp("ns", "UTC"), pa.date32()], "string", False),
        ([pa.list_(pa.int64()), pa.null()], None, False),
    ],
)
def test_types_that_fit_are_one_kind(types: list[pa.DataType], kind: str | None, mixed: bool) -> None:
    merged = MergedType.of(types)
    assert (merged.kind, merged.is_mixed) == (kind, mixed)


@pytest.mark.parametrize(
    "types", [[pa.null(), pa.int64(), pa.timestamp("us")], [pa.bool_(), pa.date32(), pa.bool_()]]
)
def test_types_that_do_not_fit_are_named_by_their_files(types: list[pa.DataType]) -> None:
    with pytest.raises(ValueError, match=r".*") as caught:
        MergedType.of(types)
    first, second = caught.value.args
    assert types[first] != types[second]


def test_numbers_that_are_whole_whatever_their_type() -> None:
    assert is_whole(pa.array([17.0, None, float("nan"), -3.0]))
    assert not is_whole(pa.array([17.5]))
    assert not is_whole(pa.array([2.0**60]))
    assert is_whole(pa.array([2**60]))
    assert is_whole(pa.array(["17", " 17.0", "TRUE", None]).dictionary_encode())
    assert not is_whole(pa.array(["17", "1.5"]))
    assert is_whole(pa.array([decimal.Decimal("17.00")]))


def test_bytes_that_are_text() -> None:
    assert is_text(pa.array(["größe".encode(), None]))
    assert not is_text(pa.array([b"\xff\xfe"]))
