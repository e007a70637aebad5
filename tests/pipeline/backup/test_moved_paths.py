"""Paths below a home become those below another one; nothing else in a text does."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from pipeline.backup.moved_paths import MovedPaths


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("/srv/home/flights/artifacts/A/b/1", "/new/flights/artifacts/A/b/1"),
        ("/srv/home", "/new"),
        ("Free space under /srv/home.", "Free space under /new."),
        ("The traceback is in /srv/home/x/log.txt.", "The traceback is in /new/x/log.txt."),
        ('[["/srv/home/exports/a.csv", "ab"]]', '[["/new/exports/a.csv", "ab"]]'),
        ("/srv/home2/a", "/srv/home2/a"),
        ("/srv/home.old/a", "/srv/home.old/a"),
        ("/mnt/srv/home/a", "/mnt/srv/home/a"),
        ("srv/home/a", "srv/home/a"),
        ("", ""),
    ],
)
def test_only_paths_below_the_home_move(before: str, after: str) -> None:
    assert MovedPaths("/srv/home", "/new").text(before) == after


@pytest.mark.parametrize("ascii_only", [True, False])
def test_json_stays_json_with_any_letters(ascii_only: bool) -> None:
    former, present = '/srv/ä "b"', '/new/ü\\ "c"'
    text = json.dumps({"uri": f"{former}/x"}, ensure_ascii=ascii_only)
    assert json.loads(MovedPaths(former, present).text(text)) == {"uri": f"{present}/x"}
    assert MovedPaths(former, present).text(f"{former}/x") == f"{present}/x"


def test_json_that_is_damaged_stays_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "summary.json"
    file.write_bytes(b'{"uri": "/old/x\xff')
    MovedPaths("/old", "/new").json_file(file)
    assert file.read_bytes() == b'{"uri": "/old/x\xff'


def test_every_text_of_a_database_moves_and_other_values_stay(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "a.db")) as connection, connection:
        connection.execute("CREATE TABLE a (path TEXT PRIMARY KEY, name VARCHAR(9), bytes BLOB, number INT)")
        connection.execute("INSERT INTO a VALUES ('/old/x', 'in /old/y', x'2f6f6c64', 7)")
        connection.execute("INSERT INTO a VALUES ('/older', NULL, NULL, NULL)")
    MovedPaths("/old", "/a/new one").database(tmp_path / "a.db")
    with closing(sqlite3.connect(tmp_path / "a.db")) as connection:
        assert connection.execute("SELECT * FROM a").fetchall() == [
            ("/a/new one/x", "in /a/new one/y", b"/old", 7),
            ("/older", None, None, None),
        ]
