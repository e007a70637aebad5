"""The zone of a table's times is the one whose clock has their offsets."""

import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from commands.new.sniffing.offsets import zone_of_offsets
from commands.new.sniffing.sniff import sniff
from serving.reading.time_zones import offset_at
from tests.commands.new.sniffing.sniffed_text import sniff_text

_HOURS = range(1704067200, 1704067200 + 366 * 86400, 21 * 3600)


@pytest.mark.parametrize(
    "zone",
    [
        "Europe/Berlin",
        "America/Los_Angeles",
        "Asia/Kolkata",
        "America/St_Johns",
        "Australia/Lord_Howe",
        "UTC",
    ],
)
def test_offsets_of_summer_and_winter_are_of_one_zone(zone: str) -> None:
    assert zone_of_offsets({(at, offset_at(zone, at)) for at in _HOURS})[0] == zone


def test_offsets_that_no_zone_has_together_are_utc() -> None:
    mixed = {(at, offset_at(zone, at)) for at in _HOURS for zone in ("UTC", "America/Los_Angeles")}
    zone, note = zone_of_offsets(mixed)
    assert (zone, "which no zone has" in note) == ("UTC", True)


def test_the_zone_is_set_and_reported(tmp_path: Path) -> None:
    lines = [
        f"2024-{month:02}-{day:02}T10:00:00+0{1 + (4 <= month <= 10)}:00,{day}"
        for month in range(1, 13)
        for day in (5, 15, 25)
    ]
    sniffed = sniff_text(tmp_path, "\n".join(["at,n", *lines]))
    assert sniffed.exports == {"date_format": {"at": "ISO8601"}, "time_zone": "Europe/Berlin"}
    assert any("as Europe/Berlin has" in note for note in sniffed.notes)


def test_times_without_an_offset_are_reported(tmp_path: Path) -> None:
    lines = [f"2024-01-{day:02} 10:00,{day}" for day in range(1, 29)]
    sniffed = sniff_text(tmp_path, "\n".join(["at,n", *lines]))
    assert sniffed.exports == {"date_format": {"at": "ISO8601"}}
    assert any("Times in `at` have no offset" in note for note in sniffed.notes)


@pytest.mark.parametrize(
    ("zones", "time_zone"),
    [
        *(
            (("Asia/Tokyo",), "Asia/Tokyo"),
            (("EST",), "EST"),
            (("+05:30",), "Asia/Kolkata"),
            (("+00:17",), "UTC"),
        ),
        (("UTC",), "UTC"),
        *((("Asia/Tokyo", "UTC"), "UTC"), ((None,), None)),
    ],
)
def test_typed_times_are_of_their_zone(
    tmp_path: Path, zones: tuple[str | None, ...], time_zone: str | None
) -> None:
    times = [datetime.datetime(2024, 1, day) for day in range(1, 29)]
    columns = {f"at{n}": pa.array(times, pa.timestamp("us", zone)) for n, zone in enumerate(zones)}
    pq.write_table(pa.table({**columns, "n": list(range(28))}), tmp_path / "t.parquet")
    sniffed = sniff(tmp_path / "t.parquet")
    assert sniffed.exports.get("time_zone") == time_zone
    assert set(sniffed.exports["date_format"]) == set(columns)
