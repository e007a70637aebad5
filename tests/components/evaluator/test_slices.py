"""Names of days and slices."""

import numpy as np

from components.evaluator.settings import SliceBy
from components.evaluator.slices import days_of, label_slices

BANDS = SliceBy("hour_band", "sched_dep", (6, 10, 24))


def test_a_day_is_the_first_ten_characters() -> None:
    stamps = np.array([b"2013-01-31 23:59:00", b"", b"2013-02-01"], object)
    assert days_of(stamps).tolist() == ["2013-01-31", "(missing)", "2013-02-01"]


def test_hours_fall_in_the_band_that_starts_with_them() -> None:
    stamps = [f"2013-01-31 {hour}:00".encode() for hour in ("05:59", "06:00", "09:59", "10:00", "23:59")]
    assert label_slices(BANDS, np.array(stamps, object)).tolist() == [
        "(other)",
        "06-10",
        "06-10",
        "10-24",
        "10-24",
    ]


def test_what_is_no_timestamp_has_no_hour() -> None:
    stamps = np.array([b"", b"noon", b"2013-01-31"], object)
    assert label_slices(BANDS, stamps).tolist() == ["(missing)"] * 3


def test_values_are_slices_as_text_and_absent_ones_are_missing() -> None:
    text = np.array(["é".encode(), b"", b"00721"], object)
    assert label_slices(SliceBy("c", "c"), text).tolist() == ["é", "(missing)", "00721"]
    assert label_slices(SliceBy("c", "c"), np.array([7, -2147483648])).tolist() == ["7", "(missing)"]
    assert label_slices(SliceBy("c", "c"), np.array([0.5, np.nan], np.float32)).tolist() == [
        "0.5",
        "(missing)",
    ]


def test_no_rows_have_no_slices() -> None:
    assert label_slices(SliceBy("c", "c"), np.zeros(0, object)).tolist() == []
