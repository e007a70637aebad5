"""The ledger's calibrations of drift: each file with its rate and state; and the rate that a person set."""

from collections.abc import Sequence
from dataclasses import dataclass

from perennial import clock
from perennial.store.databases import DatabaseTable
from perennial.store.who import who

# What made a calibration that no run made.
BY_COMMAND = "calibrate"


@dataclass(frozen=True)
class CalibrationRecord:
    """A calibration, as the ledger has it.

    Attributes:
        number: Its number; its file is `drift/calibrations/<number>.npz`.
        at: When it was made.
        run_id: The run that made it, or `calibrate`.
        rate: The rate of false alarms that it is for, such as `1 per quarter`.
        state: `calibrated` or `not calibrated`.
        days: How many days it was made from.
        needed: How many more are needed; 0 if it is calibrated.
        digest: SHA-256 of its file.
        history: Digest of all that it was made from: one made from the same is the same.
    """

    number: int
    at: str
    run_id: str
    rate: str
    state: str
    days: int
    needed: int
    digest: str
    history: str


class CalibrationTable(DatabaseTable):
    """The tables `calibrations` and `drift_rates`."""

    def next_number(self) -> int:
        """The number of the calibration that is made next; none is given twice."""
        (row,) = self._rows("SELECT COALESCE(MAX(number), 0) + 1 AS number FROM calibrations")
        return int(row["number"])

    def note(self, record: CalibrationRecord) -> None:
        """Records a calibration whose file is there."""
        self._rows(
            "INSERT INTO calibrations (number, at, run_id, rate, state, days, needed, digest, history)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            record.number,
            record.at,
            record.run_id,
            record.rate,
            record.state,
            record.days,
            record.needed,
            record.digest,
            record.history,
        )

    def newest(self) -> CalibrationRecord | None:
        """The calibration that was made last; None if there is none."""
        return next(iter(self._read("ORDER BY number DESC LIMIT 1")), None)

    def made_from(self, history: str) -> CalibrationRecord | None:
        """The newest calibration that was made from just this; None if there is none."""
        return next(iter(self._read("WHERE history=? ORDER BY number DESC LIMIT 1", history)), None)

    def of(self, number: int) -> CalibrationRecord | None:
        """The calibration of a number; None if there is none."""
        return next(iter(self._read("WHERE number=?", number)), None)

    def numbers(self) -> list[int]:
        """The numbers of all calibrations whose record is there, ascending."""
        return [int(row["number"]) for row in self._rows("SELECT number FROM calibrations ORDER BY number")]

    def set_rate(self, rate: str) -> None:
        """Records the rate of false alarms that a person wants from now on."""
        self._rows("INSERT INTO drift_rates VALUES (?, ?, ?)", clock.stamp(clock.now()), who(), rate)

    def rate(self) -> str:
        """The rate that a person set last; empty if nobody did."""
        rows = self._rows("SELECT rate FROM drift_rates ORDER BY rowid DESC LIMIT 1")
        return str(rows[0]["rate"]) if rows else ""

    def _read(self, what: str, *values: object) -> Sequence[CalibrationRecord]:
        columns = "number, at, run_id, rate, state, days, needed, digest, history"
        rows = self._rows(f"SELECT {columns} FROM calibrations {what}", *values)
        return [CalibrationRecord(**dict(row)) for row in rows]
