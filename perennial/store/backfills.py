"""The ledger's backfills: which spans a person asked for, and which of them are done."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from perennial import clock
from perennial.store.databases import DatabaseTable
from perennial.store.who import who

# Which spans of the range: those that no run has read, those that are not accepted, or all with an export.
Which = Literal["missing", "failed", "all"]


@dataclass(frozen=True)
class OpenBackfill:
    """A backfill that has not ended.

    Attributes:
        number: Its id.
        began: When it began.
        who: Who began it.
        first: The first span of its range.
        last: The last span of its range.
        which: Which spans of the range.
        is_each: Whether each span gets a training of its own.
        left: The spans that are not done yet, in the order of their rows.
        done: The spans that are done.
    """

    number: int
    began: str
    who: str
    first: str
    last: str
    which: Which
    is_each: bool
    left: tuple[str, ...]
    done: tuple[str, ...]


class BackfillTable(DatabaseTable):
    """The tables `backfills` and `backfill_spans`; one backfill is open at most.

    The `state` of a span is `left` or `done`; `run_id` is the run that did it.
    """

    def open(self) -> OpenBackfill | None:
        """The backfill that has not ended; None if there is none."""
        rows = self._rows("SELECT * FROM backfills WHERE ended IS NULL ORDER BY id DESC LIMIT 1")
        if not rows:
            return None
        row = rows[0]
        spans = self._rows(
            "SELECT span, state FROM backfill_spans WHERE backfill=? ORDER BY rowid", row["id"]
        )
        return OpenBackfill(
            number=row["id"],
            began=row["began"],
            who=row["who"],
            first=row["first"],
            last=row["last"],
            which=row["which"],
            is_each=bool(row["is_each"]),
            left=tuple(span["span"] for span in spans if span["state"] == "left"),
            done=tuple(span["span"] for span in spans if span["state"] == "done"),
        )

    def is_open(self, number: int) -> bool:
        """Whether a backfill has not ended."""
        return bool(self._rows("SELECT 1 FROM backfills WHERE id=? AND ended IS NULL", number))

    def begin(
        self, first: str, last: str, which: Which, *, is_each: bool, spans: Sequence[str]
    ) -> int | None:
        """Records that a backfill begins, with the spans that it does.

        Returns:
            Its id; None, and nothing is recorded, if another one is open, as of another process.
        """
        with self._connection:  # one transaction
            self._rows("BEGIN IMMEDIATE")
            if self.open() is not None:
                return None
            self._rows(
                "INSERT INTO backfills (began, who, first, last, which, is_each) VALUES (?, ?, ?, ?, ?, ?)",
                clock.stamp(clock.now()),
                who(),
                first,
                last,
                which,
                is_each,
            )
            number = int(self._rows("SELECT last_insert_rowid() AS id")[0]["id"])
            self.add(number, spans)
        return number

    def add(self, number: int, spans: Sequence[str]) -> None:
        """Adds spans to a backfill; those that it has stay as they are."""
        for span in spans:
            self._rows(
                "INSERT OR IGNORE INTO backfill_spans (backfill, span, state) VALUES (?, ?, 'left')",
                number,
                span,
            )

    def note_done(self, number: int, spans: Sequence[str], run_id: str) -> None:
        """Records that spans of a backfill are done, and the run that did them."""
        for span in spans:
            self._rows(
                "UPDATE backfill_spans SET state='done', run_id=? WHERE backfill=? AND span=?",
                run_id,
                number,
                span,
            )

    def end(self, number: int, outcome: str) -> None:
        """Records that a backfill ended; one that has ended stays as it is."""
        self._rows(
            "UPDATE backfills SET ended=?, outcome=? WHERE id=? AND ended IS NULL",
            clock.stamp(clock.now()),
            outcome,
            number,
        )
