"""A whole export: its splits, its summary, its quarantine, and when it is refused."""

import datetime
import random
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from components.arrow_example_gen import convert
from components.arrow_example_gen.ingest import Cutting, Export, read_export
from perennial.errors import FileRefused, LabelsMissing, SpanRefused
from perennial.reading.csv_format import CsvFormat
from perennial.reading.reading import ExportFormat
from serving.reading.rules import ReadingRules
from tests.small_exports import COLUMNS, EXPORT, HEADER, IDENTITY, part, read


def january(rows: int) -> list[str]:
    return [f"2013-01-{1 + row % 31:02d},{row},0.5,s{row},{row % 2}\n" for row in range(rows)]


def splits_by_row(export: Export) -> dict[int, str]:
    names = [convert.SPLITS[split] for split in export.splits]
    return dict(zip(export.table["n"].to_pylist(), names, strict=True))


def test_splits_do_not_depend_on_the_order_of_rows_or_files(tmp_path: Path) -> None:
    rows = january(3000)
    one = splits_by_row(read([part(tmp_path, "one.csv", HEADER + "".join(rows))]))
    random.Random(1).shuffle(rows)
    halves = [part(tmp_path, f"{half}.csv.gz", HEADER + "".join(rows[half::2])) for half in (1, 0)]
    assert splits_by_row(read(halves)) == one
    assert set(one.values()) == {"head", "tail", "anchor"}


def test_the_tail_is_the_last_seven_days_over_all_files(tmp_path: Path) -> None:
    first = part(tmp_path, "a.csv", HEADER + "2013-01-24,1,,,0\n2013-01-25,2,,,0\n")
    second = part(tmp_path, "b.csv", HEADER + "2013-01-31 12:00,3,,,0\n")
    cutting = Cutting(anchor_share=0.0)
    assert splits_by_row(read([first, second], cutting)) == {1: "head", 2: "tail", 3: "tail"}
    assert splits_by_row(read([first], cutting)) == {1: "tail", 2: "tail"}


def test_one_instant_is_one_text_and_one_day_whatever_the_zone_of_its_file(tmp_path: Path) -> None:
    text = part(tmp_path, "a.csv", HEADER + "2013-01-31T23:30:00Z,1,,,0\n2013-02-01 01:30,2,,,0\n")
    zoned = tmp_path / "b.parquet"
    when = pa.array([datetime.datetime(2013, 1, 31, 22, 30)] * 2, pa.timestamp("ms", "Asia/Kolkata"))
    pq.write_table(pa.table({"day": when, "n": [3.0, None], "y": ["0", "1.0"]}), zoned)
    written = CsvFormat(rules=ReadingRules(time_zone="Europe/Berlin"))
    export = read([text, zoned], export=ExportFormat(COLUMNS, "y", "day", written))
    hours = [b"2013-02-01 00:30:00", b"2013-02-01 01:30:00", *[b"2013-01-31 23:30:00"] * 2]
    assert export.table["day"].to_pylist() == hours
    assert (export.table["n"].to_pylist(), export.table["y"].to_pylist()) == ([1, 2, 3, None], [0, 0, 0, 1])
    assert export.summary["outside_period"]["after"] == 2
    assert export.summary["zones"] == {"day": {"zoned": 3, "zones": ("+00:00", "Asia/Kolkata"), "unzoned": 1}}


def test_without_a_time_column_the_tail_is_by_hash(tmp_path: Path) -> None:
    export = read(
        [part(tmp_path, "a.csv", HEADER + "".join(january(3000)))], export=ExportFormat(COLUMNS, "y")
    )
    counts = Counter(splits_by_row(export).values())
    assert 500 < counts["tail"] < 700
    assert export.summary["splits"]["tail"]["first_day"] is None


def test_the_summary_counts_everything_and_holds_no_value(tmp_path: Path) -> None:
    a = part(
        tmp_path, "a.csv", HEADER + "2013-01-01,1,,SECRET,1\n2013-01-09,SECRET,,b,0\n2013-01-31,3,,c,1\n"
    )
    b = part(tmp_path, "b.csv.gz", "day,n,s,y,more\n2013-01-30,4,d,0,SECRET\n")
    summary = read([a, b], Cutting(max_bad_share=0.25, anchor_share=0.0)).summary
    no_rows: dict[str, Any] = {
        "rows": 0,
        "first_day": None,
        "last_day": None,
        "days": 0,
        "label_sum": 0.0,
        "label_counts": [],
    }
    assert summary == {
        "format": 1,
        "span": "2013-01",
        "version": 1,
        "digest": "d",
        "rows": 3,
        "quarantined": 1,
        "footer": 0,
        "unlabelled": 0,
        "unlabelled_late": 0,
        "unlabelled_days": None,
        "outside_period": {"first": "2013-01-01", "last": "2013-01-31", "before": 0, "after": 0},
        "stray_days": None,
        "repeated_files": [],
        "ignored_columns": ["more"],
        "absent_columns": ["x"],
        "zones": {},
        "splits": {
            "head": {
                "rows": 1,
                "first_day": "2013-01-01",
                "last_day": "2013-01-01",
                "days": 1,
                "label_sum": 1.0,
                "label_counts": [],
            },
            "tail": {
                "rows": 2,
                "first_day": "2013-01-30",
                "last_day": "2013-01-31",
                "days": 2,
                "label_sum": 1.0,
                "label_counts": [],
            },
            "anchor": no_rows,
            "early": no_rows,
            "late": no_rows,
            "stray": no_rows,
        },
        "files": [
            {"file": "a.csv", "rows": 2, "quarantined": 1, "unlabelled": 0},
            {"file": "b.csv.gz", "rows": 1, "quarantined": 0, "unlabelled": 0},
        ],
        "quarantine": [
            {"file": "a.csv", "line": 3, "column": "n", "reason": "expected an integer, got text"}
        ],
    }


def test_a_file_that_is_there_twice_is_used_once_whatever_its_format(tmp_path: Path) -> None:
    rows = [f"2013-01-{1 + row:02d},{row},0.5,s,{row % 2}\n" for row in range(20)]
    once = part(tmp_path, "a.csv", HEADER + "".join(rows))
    again = part(tmp_path, "b.csv.gz", HEADER + "".join(rows[::-1]))
    pq.write_table(read([once]).table, tmp_path / "c.parquet")
    export = read([once, again, tmp_path / "c.parquet", part(tmp_path, "d.csv", HEADER + rows[0])])
    assert (export.table.num_rows, export.summary["rows"]) == (21, 21)
    assert export.summary["repeated_files"] == [["b.csv.gz", "a.csv"], ["c.parquet", "a.csv"]]
    assert [file["rows"] for file in export.summary["files"]] == [20, 20, 20, 1]
    assert sum(split["rows"] for split in export.summary["splits"].values()) == 21


def test_files_of_few_rows_may_be_equal(tmp_path: Path) -> None:
    files = [part(tmp_path, f"{name}.csv", HEADER + "2013-01-01,1,,,0\n" * 9) for name in "ab"]
    export = read([*files, part(tmp_path, "c.csv", HEADER), part(tmp_path, "d.csv", HEADER)])
    assert (export.summary["rows"], export.summary["repeated_files"]) == (18, [])


def test_rows_without_a_label_are_left_out_and_the_newest_are_late(tmp_path: Path) -> None:
    rows = [f"2013-01-{1 + row // 10:02d},{row},,s,{row % 2}\n" for row in range(300)]
    newest = [row[:-2] + "\n" for row in rows[260:]]
    export = read([part(tmp_path, "a.csv", HEADER + "".join(rows[:260] + newest))], Cutting())
    counts = [export.summary[key] for key in ("rows", "quarantined", "unlabelled", "unlabelled_late")]
    assert counts == [260, 0, 40, 40]
    assert export.summary["unlabelled_days"] == ["2013-01-27", "2013-01-30"]
    assert export.summary["splits"]["tail"]["last_day"] == "2013-01-26"
    lost = [row[:-2] + "\n" if number % 3 else row for number, row in enumerate(rows[:200])]
    scattered = read([part(tmp_path, "b.csv", HEADER + "".join([*lost, *rows[200:]]))], Cutting())
    assert (scattered.summary["unlabelled"], scattered.summary["unlabelled_late"]) == (133, 0)


@pytest.mark.parametrize("labelled", [0, 9])
def test_an_export_with_too_few_labels_waits(tmp_path: Path, labelled: int) -> None:
    rows = [f"2013-01-01,{row},,s,{'0' if row < labelled else ''}\n" for row in range(20)]
    with pytest.raises(LabelsMissing, match=r"of 20 rows have no label yet .*max_unlabelled_share"):
        read([part(tmp_path, "a.csv", HEADER + "".join(rows))], Cutting())


def test_a_stray_day_after_the_period_does_not_make_the_tail(tmp_path: Path) -> None:
    rows = [f"2013-01-{1 + row:02d},{row},,s,{row % 2}\n" for row in range(31)]
    export = read([part(tmp_path, "a.csv", HEADER + "".join([*rows, "2099-01-01,99,,s,0\n"]))], Cutting())
    assert export.summary["outside_period"] == {
        "first": "2013-01-01", "last": "2013-01-31", "before": 0, "after": 1,
    }  # fmt: skip
    splits = export.summary["splits"]
    assert (splits["stray"]["rows"], splits["tail"]["last_day"]) == (1, "2013-01-31")


def test_of_an_hour_the_other_hours_of_its_day_are_outside_and_later_ones_are_left_out(
    tmp_path: Path,
) -> None:
    times = [*["2013-01-15 06:30:00"] * 18, "2013-01-15 05:59:59", "2013-01-15", "2013-01-15 07:00:00"]
    text = HEADER + "".join(f"{time},{row},,s,{row % 2}\n" for row, time in enumerate(times))
    identity = {**IDENTITY, "span": "2013-01-15T06"}
    export = read_export([part(tmp_path, "a.csv", text)], EXPORT, Cutting(anchor_share=1e-9), identity)
    assert export.summary["outside_period"] == {
        "first": "2013-01-15T06", "last": "2013-01-15T06", "before": 2, "after": 1,
    }  # fmt: skip
    assert splits_by_row(export)[20] == "stray"
    assert Counter(splits_by_row(export).values()) == {"tail": 20, "stray": 1}


def test_the_summary_lists_the_first_hundred_bad_rows(tmp_path: Path) -> None:
    rows = "".join("2013-01-01,x,,,0\n" for _ in range(70)) + "2013-01-01,1,,,0\n" * 70
    export = read([part(tmp_path, name, HEADER + rows) for name in ("a.csv", "b.csv")])
    assert export.summary["quarantined"] == 140
    assert Counter(row["file"] for row in export.summary["quarantine"]) == {"a.csv": 70, "b.csv": 30}


def test_a_share_of_bad_rows_above_the_limit_refuses_the_span(tmp_path: Path) -> None:
    rows = "2013-01-01,1,,,0\n" * 97 + "2013-01-01,1.5,,,0\n" * 2 + ",1,,,0\n"
    path = part(tmp_path, "a.csv", HEADER + rows)
    assert read([path], Cutting(max_bad_share=0.03)).table.num_rows == 97
    with pytest.raises(SpanRefused) as caught:
        read([path], Cutting(max_bad_share=0.029))
    assert "3 of 100 rows (3.00%) are unreadable (limit " in caught.value.problem
    assert "Most often `n`: expected an integer, got a decimal number" in caught.value.problem
    assert "2 rows, for example a.csv, line 99" in caught.value.problem


@pytest.mark.parametrize("texts", [[], [HEADER], [HEADER, HEADER], [HEADER + "2013-01-01,x,,,0\n"]])
def test_an_export_without_good_rows_is_refused(tmp_path: Path, texts: list[str]) -> None:
    paths = [part(tmp_path, f"{index}.csv", text) for index, text in enumerate(texts)]
    with pytest.raises(SpanRefused):
        read(paths, Cutting(max_bad_share=1.0))


def test_one_refused_file_refuses_the_export(tmp_path: Path) -> None:
    good = part(tmp_path, "a.csv", HEADER + "2013-01-01,1,,,0\n")
    with pytest.raises(FileRefused, match=r"b\.csv: the file is empty"):
        read([good, part(tmp_path, "b.csv", "")])


def test_parts_may_have_several_formats(tmp_path: Path) -> None:
    a = part(tmp_path, "a.csv", HEADER + "2013-01-01,1,0.5,a,0\n")
    b = tmp_path / "b.parquet"
    pq.write_table(pa.table({"day": ["2013-01-02"], "n": [2], "x": [0.5], "s": [""], "y": [True]}), b)
    assert read([a, b]).table.to_pylist() == [
        {"day": b"2013-01-01", "n": 1, "x": 0.5, "s": b"a", "y": 0},
        {"day": b"2013-01-02", "n": 2, "x": 0.5, "s": b"", "y": 1},
    ]


def test_reading_a_csv_imports_neither_tensorflow_nor_tfx() -> None:
    code = (
        "import sys, components.arrow_example_gen.ingest;"
        "print({'tensorflow', 'tfx', 'apache_beam'} & set(sys.modules))"
    )
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True).stdout
    assert printed.strip() == "set()"
