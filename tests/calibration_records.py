"""A calibration as the ledger records it."""

from perennial.store.calibrations import CalibrationRecord


def calibration_record(number: int, *, days: int, needed: int) -> CalibrationRecord:
    """One that a run made, for once a quarter."""
    return CalibrationRecord(
        number=number,
        at="2013-04-02T05:30:00Z",
        run_id="r",
        rate="1 per quarter",
        state="not calibrated" if needed else "calibrated",
        days=days,
        needed=needed,
        digest=f"{number:064}",
        history=f"{number:016}",
    )
