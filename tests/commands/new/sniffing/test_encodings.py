"""The encoding of a file, by its own bytes."""

from pathlib import Path

import pytest

from commands.new.sniffing.encodings import encoding_of
from tests.commands.new.sniffing.sniffed_text import sniff_text
from tests.commands.new.ugly_csvs import KINDS, Style, rows, table


def test_a_few_lines_of_another_encoding_are_bad_rows_of_a_file_in_utf8(tmp_path: Path) -> None:
    data = table(Style(), rows(Style(), 3000)).encode()
    sniffed = sniff_text(tmp_path, data.replace("Süd".encode(), b"S\xfcd", 1))
    assert (sniffed.exports, sniffed.problems, sniffed.rows) == (
        {"date_format": {"date": "ISO8601"}},
        (),
        2999,
    )
    assert sniffed.notes[-1].startswith(
        "Unreadable, sent to quarantine: 1 row (column `shop`: text that is not UTF-8"
    )


@pytest.mark.parametrize(
    ("data", "name", "note"),
    [
        ("größe,1\n".encode(), "utf-8", ""),
        (b"a,1\n", "utf-8", ""),
        ("größe,1\n".encode("latin-1"), "latin-1", "The file is Latin-1, not UTF-8 (line 1 has ö)."),
        ("a\n€5 für\n".encode("cp1252"), "cp1252", "The file is Windows-1252 (Western European), not UTF-8"),
        ("größe,1\n".encode("utf-16"), "utf-16", "The file is UTF-16, not UTF-8: it is read as such."),
        ("größe,1\n".encode("utf-16-le"), "utf-16-le", "The file is UTF-16 without a byte-order mark"),
        ("a,b\n1,2\n".encode("utf-16-le"), "utf-16-le", "The file is UTF-16 without a byte-order mark"),
        ("a,b\n1,2\n".encode("utf-16-be"), "utf-16-be", "The file is UTF-16 without a byte-order mark"),
        (KINDS["cyrillic"](), "cp1251", "which is a guess: check the words"),
    ],
)
def test_the_encoding_follows_from_the_bytes(data: bytes, name: str, note: str) -> None:
    encoding = encoding_of(data)
    assert encoding.name == name
    assert note in encoding.note
    assert bool(note) == bool(encoding.note)
