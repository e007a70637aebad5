"""The ledger's prunes: what was removed and when; and the removal of rows, in one transaction."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from perennial import clock
from perennial.store.databases import DatabaseTable
from perennial.store.span_version import PRUNED
from perennial.store.who import who


@dataclass(frozen=True)
class PrunedSpan:
    """A version of a span whose rows go.

    Attributes:
        span: The span.
        version: Its arrival number.
        remnant: The folder of what is left of its Examples; "" if nothing is left.
        statistics: URI of its statistics; "" if they go as well.
        days: URI of the summaries of its days, or `DAYS_LOST`; "" if they go as well.
    """

    span: str
    version: int
    remnant: str
    statistics: str
    days: str = ""


@dataclass(frozen=True)
class RowRemoval:
    """What goes from the ledger.

    Attributes:
        versions: Published versions whose folders go; their rows stay for ever.
        spans: Versions of spans whose rows go; their judgements stay for ever.
        outputs: URIs of outputs that go.
        runs: Ids of runs whose folders and rows go.
        alerts: Closed alerts.
        records_before: Times of the schedule that go, and records of prunes: those before this stamp. The
            newest time stays, and the next record has the verdicts of runs that removed ones counted.
        files: Paths of files of exports that are not there any more.
    """

    versions: Sequence[int] = ()
    spans: Sequence[PrunedSpan] = ()
    outputs: Sequence[str] = ()
    runs: Sequence[str] = ()
    alerts: Sequence[int] = ()
    records_before: str = ""
    files: Sequence[str] = ()

    @property
    def is_any(self) -> bool:
        """Whether anything goes, what is older than `records_before` apart."""
        return any((self.versions, self.spans, self.outputs, self.runs, self.alerts, self.files))


class PruneTable(DatabaseTable):
    """The table `prunes`."""

    def carry_out(self, removal: RowRemoval, run_id: str, counts: Mapping[str, int], size: int) -> None:
        """Removes rows, and records that, in one transaction.

        Args:
            removal: What goes.
            run_id: The run that prunes; "" for a person.
            counts: How many of each kind of thing go.
            size: Bytes on disk that this frees.
        """
        now = clock.stamp(clock.now())
        with self._connection:
            self._rows("BEGIN IMMEDIATE")
            verdicts = self._verdicts_of(removal.runs) + self._taken_out(removal.records_before)
            recorded = {**counts, "verdicts": verdicts}
            self._remove(removal, now)
            values = (now, who(), run_id, json.dumps(recorded), size)
            self._rows("INSERT INTO prunes VALUES (?, ?, ?, ?, ?)", *values)

    def last(self) -> dict[str, Any] | None:
        """The newest: `at`, `who`, `run_id`, `removed` (how many of each kind), `bytes`; None: none yet."""
        rows = self._rows("SELECT * FROM prunes ORDER BY rowid DESC LIMIT 1")
        return {**rows[0], "removed": json.loads(rows[0]["removed"])} if rows else None

    def _taken_out(self, before: str) -> Counter[str]:
        """Removes the records of earlier prunes before a stamp; gives the verdicts that they counted."""
        verdicts: Counter[str] = Counter()
        for row in self._rows("SELECT removed FROM prunes WHERE at < ?", before):
            verdicts.update(json.loads(row["removed"])["verdicts"])
        self._rows("DELETE FROM prunes WHERE at < ?", before)
        return verdicts

    def _verdicts_of(self, runs: Sequence[str]) -> Counter[str]:
        """How many of these runs ended with each verdict; the count of all runs goes on."""
        gone = set(runs)
        rows = self._rows("SELECT run_id, verdict FROM runs WHERE ended IS NOT NULL")
        return Counter(row["verdict"] for row in rows if row["run_id"] in gone)

    def _remove(self, removal: RowRemoval, now: str) -> None:
        many = self._connection.executemany
        many(
            "UPDATE versions SET removed=? WHERE version=? AND removed IS NULL",
            [(now, number) for number in removal.versions],
        )
        many(
            "UPDATE spans SET examples=?, statistics=?, days=?, judged_with=? WHERE span=? AND version=?",
            [
                (each.remnant, each.statistics, each.days, PRUNED, each.span, each.version)
                for each in removal.spans
            ],
        )
        for table in ("outputs", "predictions"):
            many(f"DELETE FROM {table} WHERE uri=?", [(uri,) for uri in removal.outputs])
        many("DELETE FROM runs WHERE run_id=?", [(run_id,) for run_id in removal.runs])
        many("DELETE FROM alerts WHERE id=? AND closed IS NOT NULL", [(each,) for each in removal.alerts])
        many("DELETE FROM files WHERE path=?", [(path,) for path in removal.files])
        self._rows(
            "DELETE FROM ticks WHERE due < ? AND due < (SELECT MAX(due) FROM ticks)", removal.records_before
        )
