"""Bodies made to cost much: refused before they do, or read in time that grows with their length alone."""

import asyncio
import gzip
import struct
import time
import tracemalloc
import zlib
from typing import Any

import numpy as np
import pytest

from serving.errors import ServingError
from serving.http.bodies import Bodies, BodyRefused, BodyRoom
from serving.model.checks import RowChecks
from serving.model.columns import RowError
from serving.reading.cells import CellRefused, CellRule
from serving.reading.rules import ReadingRules
from serving.reading.version_rules import VersionRules
from serving.requests.csv_rows import MOST_CELLS, MOST_LINES, rows_of_csv
from serving.requests.json_parse import MOST_CONTAINERS, parse
from serving.requests.raw_rows import MAX_ROWS, from_json

SCHEMA: dict[str, Any] = {
    "feature": [
        {"name": "month", "type": "INT", "int_domain": {"min": "1", "max": "12"}},
        {"name": "temp", "type": "FLOAT", "float_domain": {"min": -30.0, "max": 120.0}},
        {"name": "carrier", "type": "BYTES"},
    ]
}
CHECKS = RowChecks(SCHEMA)
GOOD = {"month": 1, "temp": 2.5, "carrier": "UA"}
MIXED: list[Any] = [
    {"month": 13},
    GOOD,
    {"month": None, "temp": float("nan")},
    {"temp": 120.0000001},  # the bound itself, once it is a float32
    {"temp": 120.1},
    {"temp": "1", "month": 99},
    {"carier": "UA"},
    {"carrier": "\ud800"},
    {"carrier": {"b64": "AA=="}},
    {"month": 2**63},
    {"month": -2147483648},
    {"month": True},
    {"temp": 1e39},
    {"temp": "1.5", "month": 7.0},
    {"temp": "1,5"},
    {"_note": 1, "row_id": "a"},
    RowError(0, "month", "could not be read."),
]


@pytest.mark.parametrize("unit", [b"{},", b"[],"])
def test_a_body_of_nothing_but_empty_lists_is_refused_before_it_is_read(unit: bytes) -> None:
    body = b'{"instances":[' + unit * MOST_CONTAINERS + b"0]}"
    began = time.process_time()
    with pytest.raises(ServingError, match="at most 2000000 lists and objects"):
        parse(body)
    assert time.process_time() - began < 1


DATES = ReadingRules(date_format={"c": ("%d.%m.%Y %H:%M", "%d %B %Y")})


@pytest.mark.parametrize(
    "body", [b"carrier\n" + b"a\n" * 2 * MOST_LINES, b"carrier\n" + b"," * MOST_CELLS + b","]
)
def test_a_csv_body_of_millions_of_lines_or_cells_is_refused_before_it_is_read(body: bytes) -> None:
    began = time.process_time()
    with pytest.raises(ServingError, match="more than 400000 lines or 10000000 cells"):
        rows_of_csv(body, CHECKS.columns, MAX_ROWS, VersionRules())
    assert time.process_time() - began < 1


def test_columns_of_millions_of_rows_are_refused_before_each_row_becomes_an_object() -> None:
    request = {"inputs": {"temp": [0.5] * 5_000_000}}
    began = time.process_time()
    with pytest.raises(ServingError, match="at most 100000 rows, got 5000000"):
        from_json(request, CHECKS)
    assert time.process_time() - began < 0.3


def test_a_name_of_megabytes_is_refused_at_once() -> None:
    began = time.process_time()
    (refused,) = CHECKS.read([{"month" * 1_000_000: 1}]).errors.values()
    assert len(refused.column) == 100
    assert time.process_time() - began < 0.5


def test_one_bad_row_among_many_does_not_make_each_an_array_of_its_own() -> None:
    rows = [GOOD] * 20_000 + [{"month": "x"}] * 5_000 + [{"carier": str(n)} for n in range(5_000)]
    began = time.process_time()
    refused = CHECKS.read(rows).errors
    assert time.process_time() - began < 1.5
    assert list(refused) == list(range(20_000, 30_000))
    assert "Did you mean 'carrier'" not in refused[29_999].problem  # by then nobody reads it


def test_a_row_looked_at_for_itself_is_refused_for_what_it_would_be_refused_among_others() -> None:
    among = CHECKS.read(MIXED).errors
    alone = {index: refused for index, row in enumerate(MIXED) if (refused := _refused_alone(row))}
    assert {index: (error.column, error.problem) for index, error in among.items()} == alone
    assert [error.row for error in among.values()] == list(alone)


def _refused_alone(row: Any) -> tuple[str, str] | None:
    errors = CHECKS.read([row]).errors
    return (errors[0].column, errors[0].problem) if errors else None


def test_rows_that_are_let_through_are_those_that_can_be_laid_out_together() -> None:
    read = CHECKS.read(MIXED)
    alone = CHECKS.read([row for index, row in enumerate(MIXED) if index not in read.errors])
    assert not alone.errors
    for array, other in zip(read.sound.arrays, alone.arrays, strict=True):
        np.testing.assert_array_equal(array, other)


def _bomb(mib: int) -> bytes:
    """A gzip body of so many MiB of zeros; of a deflate stream that is flushed any part can be repeated."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = packer.compress(b"\0" * 2**20) + packer.flush(zlib.Z_FULL_FLUSH)
    return gzip.compress(b"")[:10] + block * mib


def _unpacked(body: bytes, most: int) -> tuple[bytes, Bodies, int]:
    """What a packed body of a request becomes, who holds it, and the most memory that it took."""
    sent = [body[start : start + 65536] for start in range(0, len(body), 65536)]
    bodies = Bodies(most)

    async def receive() -> Any:
        return {"type": "http.request", "body": sent.pop(0), "more_body": bool(sent)}

    async def read() -> bytes:
        with BodyRoom(bodies) as room:
            return await room.read({b"content-encoding": b"gzip"}, receive)

    tracemalloc.start()
    try:
        return asyncio.run(read()), bodies, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_bomb_is_refused_in_bounded_memory_and_time() -> None:
    body = _bomb(10 * 1024)
    assert len(body) < 11_000_000
    began = time.process_time()
    with pytest.raises(BodyRefused, match="larger than 33554432 bytes") as refused:
        _unpacked(body, 32 * 2**20)
    assert refused.value.http_status == 413
    assert time.process_time() - began < 1


def test_what_is_unpacked_is_held_once() -> None:
    body = _bomb(31) + b"\x03\x00" + struct.pack("<II", zlib.crc32(b"\0" * 31 * 2**20), 31 * 2**20)
    unpacked, bodies, most = _unpacked(body, 32 * 2**20)
    assert unpacked == b"\0" * 31 * 2**20
    assert bodies.held == 0
    assert most < 1.25 * len(unpacked)


def test_a_body_of_very_many_members_is_refused_before_they_are_unpacked() -> None:
    began = time.process_time()
    with pytest.raises(ServingError, match="over 1000 members"):
        _unpacked(gzip.compress(b"") * 500_000, 32 * 2**20)
    assert time.process_time() - began < 1


def test_very_many_cells_that_are_not_plain_are_read_in_time_that_grows_with_them_alone() -> None:
    rows = [{"month": f" {index % 12 + 1}.0", "temp": f"{index % 90}.5 "} for index in range(20_000)]
    began = time.process_time()
    assert not CHECKS.read(rows).errors
    assert time.process_time() - began < 1


@pytest.mark.parametrize("text", ["\u00e9", "?", "A"])
def test_a_string_in_base64_that_is_none_is_refused_as_its_row(text: str) -> None:
    (refused,) = CHECKS.read([{"carrier": {"b64": text}}]).errors.values()
    assert str(refused) == "Row 0, column 'carrier': expected text, got an object."


@pytest.mark.parametrize("cell", ["1" * 60_000 + "x", "1 " * 30_000, "1e" * 30_000, "Mon " * 15_000])
@pytest.mark.parametrize("rules", [ReadingRules(), ReadingRules(thousands=","), DATES])
def test_a_long_cell_is_refused_at_once(cell: str, rules: ReadingRules) -> None:
    rule = CellRule.of("c", "string" if rules.date_format else "float", rules)
    began = time.process_time()
    with pytest.raises(CellRefused):
        rule.read(cell)
    assert time.process_time() - began < 0.5
