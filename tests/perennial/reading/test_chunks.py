"""A CSV cut into chunks reads as the whole does, wherever it is cut."""

import random
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from perennial.errors import FileRefused
from perennial.reading import chunks
from perennial.reading.chunks import chunks_of, header_of, line_ends, record_end, records_of
from perennial.reading.read_csv import read_text
from perennial.reading.reading import BadRow
from tests.perennial.reading.small_csvs import EXPORT, random_csv, read


def _pieces(data: bytes, size: int) -> Iterator[bytes]:
    return (data[start : start + size] for start in range(0, len(data), size))


def _by_chunks(data: bytes, size: int) -> tuple[pa.Table, list[BadRow]]:
    head, rest = header_of("part.csv", _pieces(data, size), ",")
    tables, bad, seen = [], [], head
    lines = line_ends(head)
    for chunk in chunks_of("part.csv", rest, ",", 1 + lines):
        assert chunk.line == 1 + line_ends(seen)
        seen += chunk.data
        part = read_text("part.csv", head + chunk.data, EXPORT, chunk.line - 1 - lines)
        tables.append(part.table)
        bad += part.bad
    assert seen == data
    return pa.concat_tables(tables), bad


@pytest.mark.parametrize("seed", range(30))
def test_chunks_read_as_the_whole_file_does(
    tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    dice = random.Random(seed)
    monkeypatch.setattr(chunks, "CHUNK_BYTES", dice.randrange(1, 400))
    text = random_csv(dice)
    # Now and then quoting that no two readers agree on.
    text += dice.choice(["", '5" pipe,1,1,a,0\n', 'x"y"z,1,1,a,0\n"a"b,1,1,a,0\n7,1,1,a,1\n'])
    whole = read(tmp_path, text)
    table, bad = _by_chunks(text.encode(), dice.randrange(1, 300))
    assert bad == whole.bad
    assert table.to_pylist() == whole.table.to_pylist()


@pytest.mark.parametrize(
    ("data", "whole"),
    [
        (b"a,b\nc", b"a,b\n"),
        (b"a,b", b""),
        (b'a,"b\nc', b""),
        (b'a\n"b\nc"', b"a\n"),
        (b'a\n"b\nc"\nd', b'a\n"b\nc"\n'),
        (b'a\n"b""\nc"\nd', b'a\n"b""\nc"\n'),
        (b"a\r\nb\r", b"a\r\n"),
        (b"a\rb\r", b"a\r"),
        (b"a\rb\rc", b"a\rb\r"),
        (b'5" pipe\nb\nc', b'5" pipe\nb\n'),
    ],
)
def test_a_record_is_whole_where_no_quote_is_open(data: bytes, whole: bytes) -> None:
    assert data[: record_end(data, ",")] == whole


@pytest.mark.parametrize("data", [b"a\n\nb,c\r\n", b'a\r\n"x\ny"\r\n\r\nb', b'5" pipe\n\nb"\nc', b"\n\r\n"])
def test_records_are_located_without_their_line_ends(data: bytes) -> None:
    records = records_of(data, ",")
    cut = [data[start:end] for start, end in zip(records.starts, records.ends, strict=True)]
    expected = {
        b"a\n\nb,c\r\n": [b"a", b"b,c"],
        b'a\r\n"x\ny"\r\n\r\nb': [b"a", b'"x\ny"', b"b"],
        b'5" pipe\n\nb"\nc': [b'5" pipe', b'b"', b"c"],
        b"\n\r\n": [],
    }
    assert cut == expected[data]


def test_a_record_without_an_end_is_refused_with_its_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunks, "CHUNK_BYTES", 10)
    monkeypatch.setattr(chunks, "MAX_RECORD_BYTES", 1 << 20)
    data = b"1,2\n3,4\n" + b'5,"' + b"never closed\n" * 100_000
    with pytest.raises(FileRefused, match="record on line 4 is longer"):
        list(chunks_of("part.csv", _pieces(data, 100_000), ",", 2))


def test_the_last_chunk_holds_the_footer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunks, "CHUNK_BYTES", 4)
    data = b"1\n2\n3\n4\ntotal\n\n,,\nby hand"
    *_, last = chunks_of("part.csv", _pieces(data, 3), ",", 2, footer=2)
    assert last.data.endswith(b"total\n\n,,\nby hand")
    assert last.line <= 6


def test_a_header_may_take_several_pieces() -> None:
    head, rest = header_of("part.csv", _pieces(b'\n\n,\n"a\nb",c\r\n1,2\n', 2), ",")
    assert (head, b"".join(rest)) == (b'\n\n,\n"a\nb",c\r\n', b"1,2\n")


def test_a_quote_after_spaces_opens_a_cell_where_these_are_no_part_of_it() -> None:
    data = b'n, s\n1, "two\nlines"\n2, "a, b"\n'
    head, rest = header_of("part.csv", _pieces(data, 7), ",", True)
    (chunk,) = chunks_of("part.csv", rest, ",", skipinitialspace=True)
    assert (head, chunk.data) == (b"n, s\n", data[len(head) :])
    records = records_of(chunk.data, ",", True)
    cut = [chunk.data[start:end] for start, end in zip(records.starts, records.ends, strict=True)]
    assert cut == [b'1, "two\nlines"', b'2, "a, b"']
    assert record_end(chunk.data[:-1], ",", True) == len(b'1, "two\nlines"\n')
