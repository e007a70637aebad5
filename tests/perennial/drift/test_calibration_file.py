"""A calibration's file gives the same judgement back; equal content, equal bytes; damage is an error."""

from pathlib import Path

import numpy as np
import pytest

from perennial.drift.calibration import calibrate
from perennial.drift.calibration_file import read_calibration, write_calibration
from perennial.drift.rate import Rate
from perennial.errors import CalibrationDamaged
from tests.perennial.drift.drift_days import table

RATE = Rate.parse("1 per quarter")


def test_what_was_written_is_read_and_judges_the_same(tmp_path: Path) -> None:
    days = table(134)
    calibration = calibrate(days.only(np.arange(134) < 120), RATE)
    write_calibration(tmp_path / "1.npz", calibration)
    again = read_calibration(tmp_path / "1.npz")
    write_calibration(tmp_path / "2.npz", again)
    assert (tmp_path / "1.npz").read_bytes() == (tmp_path / "2.npz").read_bytes()
    late = days.only(np.arange(134) >= 120)
    np.testing.assert_array_equal(again.judge(late).by_column, calibration.judge(late).by_column)
    assert (again.rate, again.state, again.threshold) == (RATE, calibration.state, calibration.threshold)


def test_the_same_history_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("1", "2"):
        write_calibration(tmp_path / name, calibrate(table(80), RATE))
    assert (tmp_path / "1").read_bytes() == (tmp_path / "2").read_bytes()


@pytest.mark.parametrize("part", [0.0, 0.3, 0.9])
def test_a_damaged_file_is_an_error_that_says_what_to_do(tmp_path: Path, part: float) -> None:
    path = tmp_path / "1.npz"
    write_calibration(path, calibrate(table(70), RATE))
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * part)])
    with pytest.raises(CalibrationDamaged, match="calibrate"):
        read_calibration(path)
    flipped = bytearray(content)
    flipped[len(content) // 2] ^= 0xFF
    path.write_bytes(bytes(flipped))
    with pytest.raises(CalibrationDamaged):
        read_calibration(path)


def test_no_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CalibrationDamaged):
        read_calibration(tmp_path / "1.npz")
