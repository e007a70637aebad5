"""The ledger's spans: each arrival, the gate's verdict on it, and the decisions of people."""

import json
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from perennial import clock
from perennial.errors import UsageError
from perennial.store.databases import DatabaseTable
from perennial.store.span_version import SpanVersion, Verdict, in_use_of
from perennial.store.who import who

_OUTCOME = ("digest", "verdict", "reasons", "columns", "judged_with", "rows", "quarantined", "run_id")
_OUTPUTS = ("examples", "statistics", "read_as", "days")
_LATER = ("later_verdict", "later_reasons")
# A decision that takes a rejection back, without accepting what no gate has judged.
_WITHDRAWN = "withdraw"


class SpanTable(DatabaseTable):
    """The tables `spans`, `judgements` and `failing_spans`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        """Reads nothing yet."""
        super().__init__(connection)
        self._known: dict[str, list[SpanVersion]] | None = None
        self._of_others = 0
        self._ordered: tuple[str, list[str]] = ("", [])

    def arrive(self, span: str, digest: str) -> SpanVersion:
        """Records the content of `span`; if it differs from the last arrival, it is a new version."""
        last = self.current(span)
        if last is not None and last.digest == digest:
            return last
        self._change(
            span,
            "INSERT INTO spans (span, version, digest, arrived) VALUES (?, ?, ?, ?)",
            span,
            last.version + 1 if last else 1,
            digest,
            clock.stamp(clock.now()),
        )
        arrived = self.current(span)
        if arrived is None:
            raise RuntimeError("a row that was just written does not exist")
        return arrived

    def judge(
        self,
        version: SpanVersion,
        verdict: Verdict,
        reasons: Sequence[str],
        *,
        rows: int,
        quarantined: int,
        judged_with: str,
        run_id: str,
        examples: str = "",
        statistics: str = "",
        read_as: str = "",
        columns: Sequence[str] = (),
        days: str = "",
    ) -> None:
        """Records the gate's verdict on a version of a span, and its outputs; a later verdict goes."""
        self._change(
            version.span,
            "UPDATE spans SET verdict=?, reasons=?, columns=?, rows=?, quarantined=?, judged_with=?,"
            " run_id=?, examples=?, statistics=?, read_as=?, days=?, later_verdict='', later_reasons='[]'"
            " WHERE span=? AND version=?",
            verdict,
            json.dumps(list(reasons)),
            json.dumps(list(columns)),
            rows,
            quarantined,
            judged_with,
            run_id,
            examples,
            statistics,
            read_as,
            days,
            version.span,
            version.version,
        )

    def note_later(
        self, version: SpanVersion, verdict: Verdict, reasons: Sequence[str], *, judged_with: str
    ) -> None:
        """Records the verdict of a later reading of accepted content; its own verdict and outputs stay."""
        self._change(
            version.span,
            "UPDATE spans SET later_verdict=?, later_reasons=?, judged_with=? WHERE span=? AND version=?",
            verdict,
            json.dumps(list(reasons)),
            judged_with,
            version.span,
            version.version,
        )

    def read_again(
        self, version: SpanVersion, examples: str, statistics: str, read_as: str, days: str
    ) -> None:
        """Records the outputs of another reading of pruned content that stays accepted; its verdict stays."""
        self._change(
            version.span,
            "UPDATE spans SET examples=?, statistics=?, read_as=?, days=?, judged_with='read again'"
            " WHERE span=? AND version=?",
            examples,
            statistics,
            read_as,
            days,
            version.span,
            version.version,
        )

    def note_days(self, version: SpanVersion, days: str) -> None:
        """Records the summaries of the days of a version that was read before, or `DAYS_LOST`."""
        change = "UPDATE spans SET days=? WHERE span=? AND version=?"
        self._change(version.span, change, days, version.span, version.version)

    def restore(self, span: str, version: int, known: Mapping[str, Any]) -> None:
        """Restores an arrival from the files of runs: `known` has all other columns."""
        columns = ("arrived", *_OUTCOME, *_OUTPUTS, *_LATER)
        self._change(
            span,
            f"INSERT INTO spans (span, version, {', '.join(columns)}) VALUES (?, ?{', ?' * len(columns)})",
            span,
            version,
            *(known[column] for column in columns),
        )

    def decide(self, span: str, decision: Literal["accept", "reject"], why: str) -> SpanVersion:
        """Records the decision of a person about the current version of a span; it is valid for that content.

        `accept` of a rejected version that the gate has not let through to a verdict (it is not read, or is
        unreadable) takes the rejection back: the next run judges it in full. `accept` of a version with a
        later verdict has it read again, so that its outputs follow the present schema.

        Raises:
            UsageError: The span does not exist; or it cannot be accepted, as it is not read or is unreadable.
        """
        version = self.current(span)
        if version is None:
            raise UsageError(
                f"No complete export of span {span!r} has arrived.", "Run `spans` to list the spans."
            )
        recorded: str = decision
        if decision == "accept" and version.verdict in ("NEW", "REFUSED"):
            if not version.rejected:
                raise _not_acceptable(version)
            recorded = _WITHDRAWN
        self._change(
            span,
            "INSERT INTO judgements VALUES (?, ?, ?, ?, ?, ?)",
            span,
            version.version,
            recorded,
            who(),
            why,
            clock.stamp(clock.now()),
        )
        if decision == "accept" and version.later_verdict:
            again = "UPDATE spans SET judged_with='accepted again' WHERE span=? AND version=?"
            self._change(span, again, span, version.version)
        judged = self.current(span)
        if judged is None:
            raise RuntimeError("a row that was just read does not exist")
        return judged

    def decide_absent(self, span: str, decision: Literal["accept", "reject"], why: str) -> None:
        """Records that a span which has not arrived never will (`reject`), or that it is awaited again.

        It is a decision about version 0: an export that comes later is judged as any other.
        """
        recorded = "reject" if decision == "reject" else _WITHDRAWN
        self._rows(
            "INSERT INTO judgements VALUES (?, 0, ?, ?, ?, ?)",
            span,
            recorded,
            who(),
            why,
            clock.stamp(clock.now()),
        )

    def absent(self) -> dict[str, str]:
        """The spans that never arrive, as a person decided -> why."""
        rows = self._rows("SELECT span, decision, why FROM judgements WHERE version=0 ORDER BY rowid")
        last = {row["span"]: row for row in rows}
        return {span: row["why"] for span, row in last.items() if row["decision"] == "reject"}

    def note_failing(self, span: str, version: int, why: str, run_id: str) -> None:
        """Takes a version of a span out of use, until a person accepts it: no model is of use on its rows."""
        self._change(
            span,
            "INSERT OR REPLACE INTO failing_spans VALUES (?, ?, ?, ?, ?)",
            span,
            version,
            why,
            run_id,
            clock.stamp(clock.now()),
        )

    def versions(self) -> Mapping[str, Sequence[SpanVersion]]:
        """All arrivals of each span, oldest first."""
        return {span: tuple(versions) for span, versions in self._all().items()}

    def versions_of(self, span: str) -> list[SpanVersion]:
        """All arrivals of a span, oldest first."""
        return list(self._all().get(span, ()))

    def current(self, span: str) -> SpanVersion | None:
        """The last arrival of a span."""
        versions = self.versions_of(span)
        return versions[-1] if versions else None

    def first_arrival(self, version: SpanVersion) -> int:
        """Number of the first arrival of a span with this content."""
        return min(
            other.version for other in self.versions_of(version.span) if other.digest == version.digest
        )

    def judged_by(self, version: SpanVersion) -> str:
        """Id of the run that judged a version of a span; empty if there is none or it is not known."""
        rows = self._rows(
            "SELECT run_id FROM spans WHERE span=? AND version=?", version.span, version.version
        )
        return str(rows[0]["run_id"]) if rows else ""

    def rejected_content(self, span: str, digest: str) -> bool:
        """Whether a person rejected a span while it had this content, and has not accepted that since."""
        arrivals = [version for version in self.versions_of(span) if version.digest == digest]
        return bool(arrivals) and arrivals[-1].rejected

    def in_use(self, span: str) -> SpanVersion | None:
        """The version of a span that may be trained on, as `in_use_of` finds it."""
        return in_use_of(self.versions_of(span))

    def names(self) -> list[str]:
        """The names of all spans, in no particular order."""
        return list(self._all())

    def newest_first(self, kind: str, order: Callable[[str, Any], Any]) -> list[str]:
        """The names of all spans by `order(name, kind)`; sorted again once there are more: none ever goes."""
        known = self._all()
        if self._ordered[0] != kind or len(self._ordered[1]) != len(known):
            self._ordered = kind, sorted(known, key=lambda name: order(name, kind), reverse=True)
        return self._ordered[1]

    def judgements(self) -> list[dict[str, Any]]:
        """All decisions of people about spans, oldest first."""
        return [dict(row) for row in self._rows("SELECT * FROM judgements ORDER BY rowid")]

    def restore_judgement(self, known: Mapping[str, Any]) -> None:
        """Restores a decision, as `judgements` returns it."""
        columns = ("span", "version", "decision", "who", "why", "at")
        values = (known[column] for column in columns)
        self._change(known["span"], "INSERT INTO judgements VALUES (?, ?, ?, ?, ?, ?)", *values)

    def reload(self) -> None:
        """Reads all again, as another table's transaction has changed them."""
        self._known = None

    def forget_outputs(self) -> None:
        """Forgets what was read of every span, so that the next run reads it again; verdicts stay."""
        self._rows("UPDATE spans SET judged_with='', examples='', statistics='', read_as='', days=''")
        self._known = None

    def _change(self, span: str, statement: str, *values: Any) -> None:
        """Writes what concerns one span."""
        self._rows(statement, *values)
        if self._known is not None and (versions := self._read(" WHERE s.span=?", span)):
            self._known |= versions

    def _all(self) -> dict[str, list[SpanVersion]]:
        """The versions of every span; read once, and again when another process wrote to the file.

        A run asks for them tens of thousands of times where there are hundreds of spans.
        """
        (of_others,) = self._rows("PRAGMA data_version")[0]
        if self._known is None or of_others != self._of_others:
            self._known, self._of_others = self._read(""), of_others
        return self._known

    def _read(self, where: str, *values: str) -> dict[str, list[SpanVersion]]:
        rows = self._rows(
            "SELECT s.*, j.decision, j.why, f.why AS failing FROM spans s LEFT JOIN judgements j ON j.rowid ="
            " (SELECT MAX(rowid) FROM judgements WHERE span=s.span AND version=s.version)"
            f" LEFT JOIN failing_spans f ON f.span=s.span AND f.version=s.version{where} ORDER BY s.version",
            *values,
        )
        versions: dict[str, list[SpanVersion]] = {}
        for row in rows:
            versions.setdefault(row["span"], []).append(_span_version(row))
        return versions


def _not_acceptable(version: SpanVersion) -> UsageError:
    if version.verdict == "NEW":
        return UsageError(f"Span {version.span!r} has not been read yet.", "Run `run` first.")
    return UsageError(
        "Unreadable spans cannot be accepted.", "Fix the export; `check` lists what is wrong with it."
    )


def _span_version(row: sqlite3.Row) -> SpanVersion:
    return SpanVersion(
        span=row["span"],
        version=row["version"],
        digest=row["digest"],
        arrived=row["arrived"],
        verdict=row["verdict"],
        reasons=tuple(json.loads(row["reasons"])),
        columns=tuple(json.loads(row["columns"])),
        judged_with=row["judged_with"],
        rows=row["rows"],
        quarantined=row["quarantined"],
        examples=row["examples"],
        statistics=row["statistics"],
        read_as=row["read_as"],
        later_verdict=row["later_verdict"],
        later_reasons=tuple(json.loads(row["later_reasons"])),
        decision="" if row["decision"] == _WITHDRAWN else row["decision"] or "",
        why="" if row["decision"] == _WITHDRAWN else row["why"] or "",
        failing=row["failing"] or "",
        days=row["days"],
    )
