"""The vectorised look at quotes agrees with a strict reader; records know their place."""

import csv
import io
import random

import pytest

from perennial.reading.csv_records import Quoting, quoting_is_regular, records


@pytest.mark.parametrize(
    "data",
    [b"", b"a,b\n", b'"a",b\n', b'"a""b",c', b'"""",""\n', b'"a\n,b"\r\n"c"', b'""', b'"",""'],
)
def test_whole_quoted_cells_are_regular(data: bytes) -> None:
    assert quoting_is_regular(data, ",")


@pytest.mark.parametrize(
    "data",
    [b'"', b'a"b,c', b'a"b",c', b'"a"b,c', b'""a,b', b'"a,"b"', b'"a","b', b'"a" ,b', b' "a",b', b'"a""'],
)
def test_stray_and_open_quotes_are_not_regular(data: bytes) -> None:
    assert not quoting_is_regular(data, ",")


@pytest.mark.parametrize("seed", range(20))
def test_regular_text_reads_strictly_and_back_to_the_same_bytes(seed: int) -> None:
    dice = random.Random(seed)
    quoting = Quoting(",")
    for _ in range(500):
        data = "".join(dice.choice('a",\n') for _ in range(dice.randrange(1, 12))).encode()
        if not quoting_is_regular(data, ","):
            continue
        strict = list(csv.reader(io.StringIO(data.decode(), newline=""), strict=True))
        raw = [data[record.start : record.end] for record, _ in records(data, ",")]
        ours = [[(cell or b"").decode() for cell in quoting.cells(text)] for text in raw]
        assert ours == [row for row in strict if row]
        assert all(quoting.is_well_formed(text) for text in raw)


def test_records_know_their_lines_and_bytes() -> None:
    data = b'h\n\n"a\r\nb",c\r\n\rd\x00e'
    lines_and_bytes = [(record.line, data[record.start : record.end]) for record, _ in records(data, ",")]
    assert lines_and_bytes == [(1, b"h\n"), (3, b'"a\r\nb",c\r\n'), (6, b"d\x00e")]
