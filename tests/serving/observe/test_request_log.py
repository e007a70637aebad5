"""A sample of what was asked, on disk as the pipeline reads it, whatever happens to its writer."""

import contextlib
import csv
import json
import random
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from perennial.reading.columns import Column as ReadColumn
from perennial.reading.read_csv import read_csv
from perennial.reading.reading import ExportFormat
from serving.model.answers import Answers
from serving.model.columns import InputColumn, RowError
from serving.observe import log_parts, request_log
from serving.observe.request_log import RequestLog
from serving.reading.csv_dialect import CsvDialect
from serving.reading.rules import ReadingRules
from serving.reading.values import MISSING_FLOAT, MISSING_INT, MISSING_STRING
from serving.reading.version_rules import VersionRules
from tests.serving.observe.small_logs import (
    COLUMNS,
    VERSION,
    LoggedEngine,
    LoggedVersion,
    open_log,
    until,
)

MISSING_OF = {"i": MISSING_INT, "f": MISSING_FLOAT, "O": MISSING_STRING}


def _parts(folder: Path) -> list[Path]:
    return sorted(folder.glob("*/part-*.csv"))


def _records(folder: Path) -> list[dict[str, str]]:
    records: list[dict[str, str]] = []
    for path in _parts(folder):
        with path.open(newline="") as file:
            records += csv.DictReader(file)
    return records


def _offer(log: RequestLog, rows: Sequence[Any], score: float = 0.5) -> None:
    log.offer(VERSION, rows, np.full(len(rows), score, np.float32))


AWKWARD: list[dict[str, Any]] = [
    {"s": "plain", "n": 1, "x": 39.02},
    {"s": "", "n": None, "x": None},
    {"s": None, "n": 0, "x": 0},
    {},
    {"s": 'a "quoted", cell', "n": -(2**63), "x": -0.0},
    {"s": "two\nlines\r\nand a return\r", "n": 2**63 - 1, "x": 3.4028234e38},
    {"s": " 007 é ", "n": -1, "x": 1e-45},
    {"s": b"bytes", "n": 5, "x": float("nan")},
    {"s": {"b64": "w6k="}, "n": -2147483647, "x": 16777217},
    {"s": '"', "n": 5, "x": 1e-40},
    {"s": "NULL", "n": 5, "x": 0.1 + 0.2},
    {"s": ";\t|", "n": 5, "x": 123456.789},
]


def _seen(row: Mapping[str, Any]) -> tuple[bytes | None, int | None, float | None]:
    """What the model saw of a row."""
    text, number, real = row.get("s"), row.get("n"), row.get("x")
    if isinstance(text, dict):
        text = "é"
    if isinstance(text, str):
        text = text.encode()
    if real is None or real != real:
        return text, number, None
    return text, number, float(np.float32(real))


def test_the_pipelines_own_reader_reads_rows_without_loss(tmp_path: Path) -> None:
    log = open_log(tmp_path)
    _offer(log, AWKWARD)
    log.close()
    (part,) = _parts(tmp_path)
    columns = tuple(ReadColumn(column.name, column.kind, True) for column in COLUMNS)
    read = read_csv(part, ExportFormat(columns))
    assert read.bad == []
    assert read.ignored_columns == ("_score", "_version", "_time", "_row_id")
    read_rows = [tuple(row.values()) for row in read.table.to_pylist()]
    assert read_rows == [_seen(row) for row in AWKWARD]


def test_rows_of_any_text_and_number_are_read_without_loss(tmp_path: Path) -> None:
    draw = random.Random(11)
    letters = "a0 '\",;\t|\r\n\\#\ufeff_é\U0001f600"
    rows: list[dict[str, Any]] = [
        {
            "s": draw.choice([None, "".join(draw.choices(letters, k=draw.randrange(9)))]),
            "n": draw.choice([None, draw.randrange(-(2**63), 2**63), draw.randrange(-9, 9)]),
            "x": draw.choice([None, draw.gauss(0, 1), float(np.float32(10 ** draw.uniform(-44, 38)))]),
        }
        for _ in range(3000)
    ]
    log = open_log(tmp_path)
    _offer(log, rows)
    log.close()
    (part,) = _parts(tmp_path)
    columns = tuple(ReadColumn(column.name, column.kind, True) for column in COLUMNS)
    read = read_csv(part, ExportFormat(columns))
    assert read.bad == []
    assert [tuple(row.values()) for row in read.table.to_pylist()] == [_seen(row) for row in rows]


RULES = VersionRules(
    ReadingRules(
        decimal=",",
        thousands=".",
        na_values={"*": ("NA", "-999")},
        true_values=("ja",),
        date_format={"when": ("%d.%m.%Y %H:%M",), "day": ("%Y-%d-%m",)},
        time_zone="Europe/Berlin",
    ),
    CsvDialect(";"),
)
DATED = (*COLUMNS, InputColumn("when", "string"), InputColumn("day", "string"))
WRITTEN: list[dict[str, Any]] = [
    {"s": "NA", "n": "1.234", "x": "0,5", "when": "29.03.2024 08:00", "day": "2024-29-03"},
    {"s": {"b64": "TkE="}, "n": 1234.0, "x": 0.5, "when": "2024-03-29T07:00Z", "day": " 2024-29-03 "},
    {"s": "a;b,c", "n": True, "x": "-999", "when": b"2024-03-29 08:00:00.250", "day": ""},
    {"s": "1.5", "n": "ja", "x": -999, "when": None, "day": "NA"},
]
LOGGED = [
    (None, 1234, 0.5, b"2024-03-29 08:00:00", b"2024-03-29"),
    (None, 1234, 0.5, b"2024-03-29 08:00:00", b"2024-03-29"),
    (b"a;b,c", 1, None, b"2024-03-29 08:00:00.25", None),
    (b"1.5", 1, None, None, None),
]


def test_cells_are_as_the_model_saw_them_however_the_use_case_writes_them(tmp_path: Path) -> None:
    version: Any = LoggedVersion(LoggedEngine(DATED, rules=RULES))
    read = version.engine.checks.read(WRITTEN)
    assert not read.errors
    log = open_log(tmp_path)
    log.offer(version, WRITTEN, np.full(len(WRITTEN), 0.5, np.float32))
    log.close()
    (part,) = _parts(tmp_path)
    columns = tuple(ReadColumn(column.name, column.kind, True) for column in DATED)
    logged = read_csv(part, ExportFormat(columns))
    assert logged.bad == []
    assert [tuple(row.values()) for row in logged.table.to_pylist()] == LOGGED
    for column, array in zip(zip(*LOGGED, strict=True), read.arrays, strict=True):
        missing = [cell if cell is not None else MISSING_OF[array.dtype.kind] for cell in column]
        np.testing.assert_array_equal(array, np.array(missing, array.dtype))


def test_the_hash_of_a_value_is_that_of_its_other_spellings(tmp_path: Path) -> None:
    version: Any = LoggedVersion(LoggedEngine(DATED, rules=RULES))
    log = open_log(tmp_path, private={"n": "hash", "when": "hash"})
    log.offer(version, WRITTEN[:2], np.full(2, 0.5, np.float32))
    log.close()
    first, second = _records(tmp_path)
    assert (first["_n_hash"], first["_when_hash"]) == (second["_n_hash"], second["_when_hash"])


def test_score_version_time_and_row_id_stand_beside_the_row(tmp_path: Path) -> None:
    log = open_log(tmp_path)
    for row_id in ("a,1", 12, 1.5, None, {"deep": [1]}, "x" * 300, 10**400):
        log.offer(VERSION, [{"s": "r", "row_id": row_id}], [0.25])
    log.close()
    records = _records(tmp_path)
    assert [row["_row_id"] for row in records] == ["a,1", "12", "1.5", "", "", "", ""]
    assert {(row["_score"], row["_version"]) for row in records} == {("0.25", "7")}
    day = _parts(tmp_path)[0].parent.name
    assert records[0]["_time"].startswith(day)
    assert records[0]["_time"].endswith("Z")


def test_scores_keep_their_bits(tmp_path: Path) -> None:
    scores = np.random.default_rng(1).random(200).astype(np.float32)
    log = open_log(tmp_path)
    log.offer(VERSION, [{"s": "r"}] * 200, scores)
    log.close()
    assert np.array_equal(np.array([row["_score"] for row in _records(tmp_path)], np.float32), scores)


def test_refused_rows_are_not_kept(tmp_path: Path) -> None:
    log = open_log(tmp_path)
    log.offer(
        VERSION,
        [{"s": "good"}, {"s": "bad"}, RowError(2, "s", "bad")],
        np.array([0.5, np.nan, np.nan], np.float32),
    )
    log.close()
    assert [row["s"] for row in _records(tmp_path)] == ["good"]


def test_a_share_of_rows_is_drawn_each_for_itself(tmp_path: Path) -> None:
    log = open_log(tmp_path, share=0.1)
    for index in range(200):
        _offer(log, [{"s": "one", "n": index}])
        _offer(log, [{"s": "many", "n": index}] * 99)
    log.close()
    records = _records(tmp_path)
    # 20,000 rows: 2,000 are expected, with a standard deviation of 42.
    assert 1750 < len(records) < 2250
    assert sum(row["s"] == "one" for row in records) > 2


def test_no_share_keeps_nothing_and_makes_no_folder(tmp_path: Path) -> None:
    log = open_log(tmp_path / "log", share=0.0)
    _offer(log, [{"s": "a"}] * 100)
    log.close()
    assert [*(tmp_path / "log").iterdir()] == []


def test_private_columns_are_left_out_or_hashed_under_another_name(tmp_path: Path) -> None:
    log = open_log(tmp_path, private={"s": "omit", "n": "hash"})
    _offer(log, [{"s": "SECRET", "n": 4711, "x": 1}, {"n": 4711}, {"n": 12}, {"n": None}])
    log.close()
    (part,) = _parts(tmp_path)
    assert part.read_text().splitlines()[0] == "x,_n_hash,_score,_version,_time,_row_id"
    assert "SECRET" not in part.read_text()
    first, same, other, missing = (row["_n_hash"] for row in _records(tmp_path))
    assert first == same != other
    assert (len(first), missing) == (32, "")
    assert json.loads((part.parent / "_private.json").read_text())["left_out"] == ["n", "s"]
    key = tmp_path / "_key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert len(key.read_bytes()) == 32


def test_a_hash_stays_the_same_over_starts_and_differs_between_logs(tmp_path: Path) -> None:
    hashes = []
    for folder in ("a", "a", "b"):
        log = open_log(tmp_path / folder, private={"s": "hash"})
        _offer(log, [{"s": "SECRET"}])
        log.close()
        hashes.append(_records(tmp_path / folder)[-1]["_s_hash"])
    assert hashes[0] == hashes[1] != hashes[2]


def test_nothing_is_seen_until_a_part_is_whole_and_a_full_one_is_seen_at_once(tmp_path: Path) -> None:
    log = open_log(tmp_path, max_rows=10)
    _offer(log, [{"s": "a"}] * 9)
    until(lambda: log.written == 9)
    assert _parts(tmp_path) == []
    assert len([*tmp_path.glob("*/_part-*.csv")]) == 1
    _offer(log, [{"s": "b"}])
    until(lambda: log.written == 10)
    _offer(log, [{"s": "c"}])
    until(lambda: _parts(tmp_path))
    assert len(_records(tmp_path)) == 10
    log.close()
    assert len(_records(tmp_path)) == 11
    assert [*tmp_path.glob("*/_*")] == []


def test_an_old_part_is_seen_though_it_is_not_full(tmp_path: Path) -> None:
    log = open_log(tmp_path, max_age=0.1)
    _offer(log, [{"s": "a"}])
    until(lambda: _parts(tmp_path))
    assert len(_records(tmp_path)) == 1
    log.close()


def test_another_schema_begins_another_part(tmp_path: Path) -> None:
    log = open_log(tmp_path)
    _offer(log, [{"s": "a"}])
    newer: Any = LoggedVersion(LoggedEngine((InputColumn("n", "int"),)))
    log.offer(newer, [{"n": 1}], [0.5])
    log.close()
    headers = [part.read_text().split(",_score")[0] for part in _parts(tmp_path)]
    assert headers == ["s,n,x", "n"]


def test_the_oldest_parts_go_first(tmp_path: Path) -> None:
    for day in ("2013-01-01", "2013-01-02", "2013-01-03"):
        (tmp_path / day).mkdir()
        for number in range(2):
            (tmp_path / day / f"part-{number}.csv").write_bytes(b"x" * 100)
    (tmp_path / "2013-01-01" / "_private.json").write_text("{}")
    (tmp_path / "2013-01-01" / "someones.csv").touch()
    (tmp_path / "kept").mkdir()
    log_parts.sweep(tmp_path, 350, 30, "2013-01-03")
    left = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.glob("*/part-*"))
    assert left == ["2013-01-02/part-1.csv", "2013-01-03/part-0.csv", "2013-01-03/part-1.csv"]
    assert (tmp_path / "2013-01-01" / "someones.csv").exists()
    log_parts.sweep(tmp_path, 350, 1, "2013-01-03")
    assert not (tmp_path / "2013-01-02").exists()
    assert (tmp_path / "kept").exists()


def test_the_log_keeps_its_bound_while_it_is_written(tmp_path: Path) -> None:
    log = open_log(tmp_path, max_bytes=40_000)
    for _ in range(40):
        _offer(log, [{"s": "x" * 1000}] * 10)
        until(lambda: not log._waiting)
    log.close()
    assert 20_000 < sum(part.stat().st_size for part in _parts(tmp_path)) <= 40_000


def test_what_waits_is_bounded_and_drops_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(request_log, "MAX_WAITING_ROWS", 50)
    log = open_log(tmp_path, period=30)
    began = time.perf_counter()
    _offer(log, [{"s": "a"}] * 1000)
    assert time.perf_counter() - began < 1
    assert (len(log._waiting), log.dropped) == (50, 950)
    _offer(log, [{"s": "a" * 100_000}])
    assert log.dropped == 951
    log.close()
    assert len(_records(tmp_path)) == 50


def test_a_full_disk_is_counted_and_half_a_line_is_never_left(tmp_path: Path) -> None:
    # A limit on the size of files is the disk that is full; the signal that comes with it is not for the log.
    code = f"""if True:
        import resource, signal, sys, time
        from tests.serving.observe.small_logs import VERSION, open_log
        from pathlib import Path
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (4000, resource.RLIM_INFINITY))
        log = open_log(Path({str(tmp_path)!r}))
        for _ in range(100):
            log.offer(VERSION, [{{"s": "x" * 150}}], [0.5])
            time.sleep(0.005)
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        log.offer(VERSION, [{{"s": "room again"}}], [0.5])
        log.close()
        print(log.written, log.dropped)
    """
    process = subprocess.run(
        [sys.executable, "-c", code], check=True, timeout=60, capture_output=True, text=True
    )
    written, dropped = map(int, process.stdout.split())
    records = _records(tmp_path)
    assert (written + dropped, len(records)) == (101, written)
    assert dropped > 0
    assert {row["s"] for row in records} == {"x" * 150, "room again"}
    assert {len(row["_time"]) for row in records} == {24}


def test_a_folder_that_goes_away_disturbs_nothing(tmp_path: Path) -> None:
    import shutil

    log = open_log(tmp_path / "log", max_rows=1)
    _offer(log, [{"s": "a"}] * 3)
    until(lambda: log.written == 3)
    shutil.rmtree(tmp_path / "log")
    (tmp_path / "log").touch()
    _offer(log, [{"s": "a"}] * 3)
    until(lambda: log.dropped >= 3)
    (tmp_path / "log").unlink()
    _offer(log, [{"s": "again"}])
    log.close()
    assert [row["s"] for row in _records(tmp_path / "log")] == ["again"]


@pytest.mark.parametrize(
    ("data", "end"),
    [
        (b"", None),
        (b"a,b", None),
        (b"a,b\n", None),
        (b"a,b\n1,", None),
        (b"a,b\n1,2\n", 8),
        (b"a,b\n1,2\n3", 8),
        (b'a,b\n1,2\n"x\ny', 8),
        (b'a,b\n1,2\n"x\n""y"\n', 16),
        (b'a,b\n"x\ny",2\n"', 12),
    ],
)
def test_whole_records_end_where_no_quote_is_open(data: bytes, end: int | None) -> None:
    assert log_parts.whole_records(data) == end


def test_writers_killed_at_any_moment_leave_nothing_half(tmp_path: Path) -> None:
    code = f"""if True:
        from pathlib import Path
        from tests.serving.observe.small_logs import VERSION, open_log
        import itertools, time
        log = open_log(Path({str(tmp_path)!r}), period=0.001, max_rows=64)
        print("up", flush=True)
        for number in itertools.count():
            log.offer(VERSION, [{{"s": 'li"ne\\n' * 9, "n": number}}] * 3, [0.5] * 3)
            time.sleep(0.0005)
    """
    for moment in range(4):
        writers = [
            subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) for _ in range(2)
        ]  # two write side by side
        try:
            for writer in writers:
                assert writer.stdout
                writer.stdout.readline()
            time.sleep(0.15 + 0.031 * moment)
        finally:
            for writer in writers:
                writer.send_signal(signal.SIGKILL)
                writer.wait()
                with contextlib.suppress(AttributeError):
                    writer.stdout.close()  # type: ignore[union-attr]
    before = len(_records(tmp_path))
    log_parts.finish_left_over(tmp_path)
    assert [*tmp_path.glob("*/_part*")] == []
    records = _records(tmp_path)
    assert len(records) >= before > 0
    assert {(row["s"], row["_score"]) for row in records} == {('li"ne\n' * 9, "0.5")}


def test_the_part_of_a_writer_that_lives_is_left_alone(tmp_path: Path) -> None:
    log = open_log(tmp_path)
    _offer(log, [{"s": "a"}])
    until(lambda: log.written == 1)
    log_parts.finish_left_over(tmp_path)
    assert _parts(tmp_path) == []
    _offer(log, [{"s": "b"}])
    log.close()
    assert [row["s"] for row in _records(tmp_path)] == ["a", "b"]


def test_only_its_user_can_read_the_log(tmp_path: Path) -> None:
    log = open_log(tmp_path / "log")
    _offer(log, [{"s": "a"}])
    log.close()
    (part,) = _parts(tmp_path / "log")
    assert [stat.S_IMODE(path.stat().st_mode) for path in (part, part.parent, tmp_path / "log")] == [
        0o600, 0o700, 0o700,
    ]  # fmt: skip


def test_named_classes_are_kept_with_the_probability_of_each(tmp_path: Path) -> None:
    version: Any = LoggedVersion(LoggedEngine(answers=Answers("multiclass", ("a", "b,c", "d"))))
    log = open_log(tmp_path)
    scores = np.array([[0.125, 0.75, 0.125], [np.nan] * 3], np.float32)
    log.offer(version, [{"s": "r"}, {"s": "refused"}], scores)
    log.close()
    (row,) = _records(tmp_path)
    assert (row["s"], row["_prediction"], row["_version"]) == ("r", "b,c", "7")
    assert [row[f"_probability_{name}"] for name in ("a", "b,c", "d")] == ["0.125", "0.75", "0.125"]


def test_two_named_classes_have_both_probabilities(tmp_path: Path) -> None:
    version: Any = LoggedVersion(LoggedEngine(answers=Answers("binary", ("no", "yes"))))
    log = open_log(tmp_path)
    log.offer(version, [{"s": "r"}], np.array([0.25], np.float32))
    log.close()
    (row,) = _records(tmp_path)
    assert (row["_prediction"], row["_probability_no"], row["_probability_yes"]) == ("no", "0.75", "0.25")


def test_a_cell_that_cannot_be_read_again_costs_its_row_alone(tmp_path: Path) -> None:
    version: Any = LoggedVersion(LoggedEngine(DATED, rules=RULES))
    rows: list[Any] = [{"n": 1}, {"n": "no number"}, {"n": 3}]
    log = open_log(tmp_path)
    log.offer(version, rows, np.full(len(rows), 0.5, np.float32))
    log.close()
    assert (log.written, log.dropped) == (2, 1)
