"""The ledger: spans and their judgements, runs, versions and alerts, each with when, who and why."""

import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from perennial import clock
from perennial.errors import LedgerDamaged, UsageError
from perennial.files import file_digest
from perennial.store.databases import is_whole
from perennial.store.who import who

FORMAT = 2
_TABLES = """
CREATE TABLE IF NOT EXISTS spans (
    span TEXT NOT NULL, version INTEGER NOT NULL, digest TEXT NOT NULL, arrived TEXT NOT NULL,
    verdict TEXT NOT NULL DEFAULT 'NEW', reasons TEXT NOT NULL DEFAULT '[]',
    judged_with TEXT NOT NULL DEFAULT '', rows INTEGER NOT NULL DEFAULT 0,
    quarantined INTEGER NOT NULL DEFAULT 0, run_id TEXT NOT NULL DEFAULT '',
    examples TEXT NOT NULL DEFAULT '', statistics TEXT NOT NULL DEFAULT '', PRIMARY KEY (span, version));
CREATE TABLE IF NOT EXISTS judgements (
    span TEXT NOT NULL, version INTEGER NOT NULL, decision TEXT NOT NULL, who TEXT NOT NULL,
    why TEXT NOT NULL, at TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS runs (
    run_id TEXT PRIMARY KEY, began TEXT NOT NULL, who TEXT NOT NULL, ended TEXT, verdict TEXT,
    exit_code INTEGER, reason TEXT, fingerprint TEXT);
CREATE TABLE IF NOT EXISTS versions (
    version INTEGER PRIMARY KEY, published TEXT NOT NULL, run_id TEXT NOT NULL, digest TEXT NOT NULL,
    restores INTEGER, who TEXT NOT NULL, why TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS alerts (
    id INTEGER PRIMARY KEY, at TEXT NOT NULL, kind TEXT NOT NULL, message TEXT NOT NULL, run_id TEXT NOT NULL,
    closed TEXT);
CREATE TABLE IF NOT EXISTS files (
    path TEXT PRIMARY KEY, bytes INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, ctime_ns INTEGER NOT NULL,
    sha256 TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS outputs (uri TEXT PRIMARY KEY, digest TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS busy (at TEXT NOT NULL);
"""
Verdict = Literal["NEW", "OK", "WARN", "BLOCK", "REFUSED"]


@dataclass(frozen=True)
class SpanVersion:
    """One arrival of a span.

    Attributes:
        span: Its name.
        version: Arrival number: 1 for the first content with this name.
        digest: Digest of its content.
        arrived: When this content was first seen.
        verdict: The gate's: `NEW` (not judged yet), `OK`, `WARN`, `BLOCK`; `REFUSED` if it cannot be read.
        reasons: Sentences of the verdict.
        judged_with: Digest of the code, schema and settings that judged it.
        rows: Number of rows that can be used.
        quarantined: Number of rows in quarantine.
        examples: URI of its Examples artifact; empty if it was not read.
        statistics: URI of its statistics.
        decision: The decision of a person: `accept`, `reject` or nothing.
        why: The person's reason.
    """

    span: str
    version: int
    digest: str
    arrived: str
    verdict: Verdict
    reasons: tuple[str, ...]
    judged_with: str
    rows: int
    quarantined: int
    examples: str
    statistics: str
    decision: Literal["accept", "reject", ""]
    why: str

    @property
    def accepted(self) -> bool:
        """Whether it may be trained on: by the decision of a person, else by its verdict."""
        if self.decision:
            return self.decision == "accept" and self.verdict in ("OK", "WARN", "BLOCK")
        return self.verdict in ("OK", "WARN")

    @property
    def withheld(self) -> bool:
        """Whether it is refused or blocked and not decided; a refused span cannot be accepted."""
        return self.verdict in ("BLOCK", "REFUSED") and not self.accepted and self.decision != "reject"


def fingerprint(inputs: str, live: int | None, digest: str) -> str:
    """What is stored of a settled run: the digest of its training half's inputs, and the live version."""
    return f"{inputs} {live or 0} {digest}"


def damaged(path: Path, problem: str) -> LedgerDamaged:
    """The error of a ledger that "is damaged" or "is missing"."""
    remedy = f"Run `run {path.parent.name}`: it sets aside the rest and rebuilds what it can."
    return LedgerDamaged(f"{path} {problem}.", remedy)


class Ledger:
    """The SQLite file `ledger.db` of one use case."""

    def __init__(self, path: Path) -> None:
        """Opens the ledger at `path`; creates it if it does not exist.

        Raises:
            LedgerDamaged: It is not a valid SQLite file.
            UsageError: It was written by a newer release.
        """
        if path.is_file() and not is_whole(path):
            raise damaged(path, "is damaged")
        self._connection = sqlite3.connect(path, timeout=30, isolation_level=None)
        self._connection.row_factory = sqlite3.Row
        stored_format = self._connection.execute("PRAGMA user_version").fetchone()[0]
        if stored_format > FORMAT:
            self.close()
            raise UsageError(
                f"The ledger has format {stored_format}; this release reads up to format {FORMAT}.",
                "Use the release that wrote it or a newer one.",
            )
        if stored_format < FORMAT:
            # One transaction, so that processes that open a new ledger at the same time wait for each other.
            self._connection.executescript(
                f"BEGIN IMMEDIATE; {_TABLES} PRAGMA user_version={FORMAT}; COMMIT;"
            )

    def close(self) -> None:
        """Closes the file."""
        self._connection.close()

    def _rows(self, query: str, *values: Any) -> list[sqlite3.Row]:
        return self._connection.execute(query, values).fetchall()

    # Spans

    def digest_of(self, path: Path) -> str:
        """SHA-256 of a file; it is read again only if its size or times have changed."""
        stat = path.stat()
        known = self._rows("SELECT * FROM files WHERE path=?", str(path))
        times = (stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns)
        if known and (known[0]["bytes"], known[0]["mtime_ns"], known[0]["ctime_ns"]) == times:
            return str(known[0]["sha256"])
        digest = file_digest(path)
        self._rows("INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?)", str(path), *times, digest)
        return digest

    def forget_digests(self, paths: Sequence[Path]) -> None:
        """Makes `digest_of` read these files again, even if their times have not changed."""
        for path in paths:
            self._rows("DELETE FROM files WHERE path=?", str(path))

    def arrive(self, span: str, digest: str) -> SpanVersion:
        """Records the content of `span`; if it differs from the last arrival, it is a new version."""
        last = self.current(span)
        if last is not None and last.digest == digest:
            return last
        self._rows(
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
    ) -> None:
        """Records the gate's verdict on a version of a span."""
        self._rows(
            "UPDATE spans SET verdict=?, reasons=?, rows=?, quarantined=?, judged_with=?, run_id=?,"
            " examples=?, statistics=? WHERE span=? AND version=?",
            verdict,
            json.dumps(list(reasons)),
            rows,
            quarantined,
            judged_with,
            run_id,
            examples,
            statistics,
            version.span,
            version.version,
        )

    def restore_span(self, span: str, version: int, known: Mapping[str, Any]) -> None:
        """Restores an arrival from the files of runs: `known` has all columns but `arrived`."""
        columns = (
            *("digest", "verdict", "reasons", "judged_with", "rows", "quarantined", "run_id"),
            *("examples", "statistics"),
        )
        self._rows(
            f"INSERT INTO spans (span, version, arrived, {', '.join(columns)})"
            f" VALUES (?, ?, ?{', ?' * len(columns)})",
            span,
            version,
            clock.stamp(clock.now()),
            *(known[column] for column in columns),
        )

    def forget_outputs(self) -> None:
        """Marks all verdicts and outputs as out of date: every span is read again before it is used."""
        self._rows("UPDATE spans SET judged_with=''")
        self._rows("DELETE FROM outputs")

    def decide(self, span: str, decision: Literal["accept", "reject"], why: str) -> SpanVersion:
        """Records the decision of a person about the current version of a span; it is valid for that content.

        Raises:
            UsageError: The span does not exist; or it cannot be accepted, as it is not read or is unreadable.
        """
        version = self.current(span)
        if version is None:
            raise UsageError(
                f"No complete export of span {span!r} has arrived.", "Run `spans` to list the spans."
            )
        if decision == "accept" and version.verdict == "NEW":
            raise UsageError(f"Span {span!r} has not been read yet.", "Run `run` first.")
        if decision == "accept" and version.verdict == "REFUSED":
            raise UsageError(
                "Unreadable spans cannot be accepted.",
                "Fix the export; `check` lists what is wrong with it.",
            )
        self._rows(
            "INSERT INTO judgements VALUES (?, ?, ?, ?, ?, ?)",
            span,
            version.version,
            decision,
            who(),
            why,
            clock.stamp(clock.now()),
        )
        judged = self.current(span)
        if judged is None:
            raise RuntimeError("a row that was just read does not exist")
        return judged

    def versions_of(self, span: str) -> list[SpanVersion]:
        """All arrivals of a span, oldest first."""
        rows = self._rows(
            "SELECT s.*, j.decision, j.why FROM spans s LEFT JOIN judgements j ON j.rowid ="
            " (SELECT MAX(rowid) FROM judgements WHERE span=s.span AND version=s.version)"
            " WHERE s.span=? ORDER BY s.version",
            span,
        )
        return [_span_version(row) for row in rows]

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

    def in_use(self, span: str) -> SpanVersion | None:
        """The version of a span that may be trained on: the last arrival that is accepted.

        A rejected last arrival takes the span out; one that is refused or blocked leaves the former in use.
        """
        for version in reversed(self.versions_of(span)):
            if version.accepted or version.decision == "reject":
                return version if version.accepted else None
        return None

    def span_names(self) -> list[str]:
        """The names of all spans, in no particular order."""
        return [row["span"] for row in self._rows("SELECT DISTINCT span FROM spans")]

    def newest_record(self) -> str:
        """Time of the newest entry; empty if there is none."""
        times = "SELECT arrived AS at FROM spans UNION SELECT began FROM runs UNION SELECT ended FROM runs"
        query = f"SELECT MAX(at) AS newest FROM ({times} UNION SELECT published FROM versions)"
        return str(self._rows(query)[0]["newest"] or "")

    def judgements(self) -> list[dict[str, Any]]:
        """All decisions of people about spans, oldest first."""
        return [dict(row) for row in self._rows("SELECT * FROM judgements ORDER BY rowid")]

    def restore_judgement(self, known: Mapping[str, Any]) -> None:
        """Restores a decision, as `judgements` returns it."""
        columns = ("span", "version", "decision", "who", "why", "at")
        self._rows("INSERT INTO judgements VALUES (?, ?, ?, ?, ?, ?)", *(known[column] for column in columns))

    # Runs

    def begin(self, run_id: str) -> None:
        """Records the start of a run; one that is already recorded is not changed."""
        self._rows(
            "INSERT OR IGNORE INTO runs (run_id, began, who) VALUES (?, ?, ?)",
            run_id,
            clock.stamp(clock.now()),
            who(),
        )

    def end(self, run_id: str, verdict: str, exit_code: int, reason: str, fingerprint: str) -> None:
        """Records how a run ended.

        `fingerprint` is the digest of all that its training half followed from, if that ended PUSHED or KEPT
        (in this run, or in an earlier one that this one found to stand); else empty.
        """
        self._rows(
            "UPDATE runs SET ended=?, verdict=?, exit_code=?, reason=?, fingerprint=? WHERE run_id=?",
            clock.stamp(clock.now()),
            verdict,
            exit_code,
            reason,
            fingerprint,
            run_id,
        )
        self._rows("DELETE FROM busy")

    def intend(self, run_id: str, inputs: str) -> None:
        """Records the inputs of a run's training half, before it starts."""
        self._rows("UPDATE runs SET fingerprint=? WHERE run_id=?", inputs, run_id)

    def interrupted(self) -> list[tuple[str, str]]:
        """The runs that never ended, and the inputs of the training half of each; empty if it had none.

        If the caller holds the lock, none of them is still running.
        """
        rows = self._rows("SELECT run_id, fingerprint FROM runs WHERE ended IS NULL")
        return [(row["run_id"], row["fingerprint"] or "") for row in rows]

    def last_runs(self, count: int) -> list[dict[str, Any]]:
        """The last `count` runs that ended, newest first."""
        rows = self._rows(
            "SELECT run_id, began, ended, verdict, exit_code, reason FROM runs WHERE ended IS NOT NULL"
            " ORDER BY rowid DESC LIMIT ?",
            count,
        )
        return [dict(row) for row in rows]

    def settled_fingerprint(self) -> str:
        """Fingerprint of the last run; empty if it was not settled, or if there was no run."""
        rows = self._rows("SELECT fingerprint FROM runs WHERE ended IS NOT NULL ORDER BY rowid DESC LIMIT 1")
        return str(rows[0]["fingerprint"]) if rows else ""

    def restore_run(
        self,
        run_id: str,
        began: str,
        ended: str | None,
        verdict: str | None,
        exit_code: int | None,
        reason: str | None,
    ) -> None:
        """Restores a run from its folder; who started it is not known."""
        self._rows(
            "INSERT INTO runs VALUES (?, ?, 'unknown', ?, ?, ?, ?, '')",
            run_id,
            began,
            ended,
            verdict,
            exit_code,
            reason,
        )

    def note_busy(self) -> int:
        """Records that a run found another one running; returns how many did since the last run ended."""
        self._rows("INSERT INTO busy VALUES (?)", clock.stamp(clock.now()))
        return int(self._rows("SELECT COUNT(*) AS count FROM busy")[0]["count"])

    # Outputs of the chain's nodes

    def outputs(self) -> dict[str, str]:
        """Digest of each complete output of a node, by its URI."""
        return {row["uri"]: row["digest"] for row in self._rows("SELECT uri, digest FROM outputs")}

    def note_outputs(self, digests: Mapping[str, str]) -> None:
        """Records the outputs of a node at its end: digest by URI."""
        if digests:
            with self._connection:  # no transaction stays open if it is interrupted
                self._connection.execute("BEGIN IMMEDIATE")
                self._connection.executemany("INSERT OR REPLACE INTO outputs VALUES (?, ?)", digests.items())

    def forget_output(self, uri: str) -> None:
        """Records that an output was removed."""
        self._rows("DELETE FROM outputs WHERE uri=?", uri)

    # Versions

    def publish(
        self, version: int, run_id: str, digest: str, published: str, restores: int | None, why: str
    ) -> None:
        """Records a published version; one that is already recorded is not changed."""
        self._rows(
            "INSERT OR IGNORE INTO versions VALUES (?, ?, ?, ?, ?, ?, ?)",
            version,
            published,
            run_id,
            digest,
            restores,
            who(),
            why,
        )

    def versions(self) -> list[dict[str, Any]]:
        """Every version ever published, oldest first."""
        return [dict(row) for row in self._rows("SELECT * FROM versions ORDER BY version")]

    # Alerts

    def set_alerts(self, alerts: Mapping[str, str], among: Sequence[str], run_id: str) -> None:
        """Opens these alerts (message by kind) and closes the others of the kinds `among`.

        At most one of a kind is open; an open one keeps its start time and gets the new message.
        """
        now = clock.stamp(clock.now())
        for kind in among:
            if kind not in alerts:
                self._rows("UPDATE alerts SET closed=? WHERE kind=? AND closed IS NULL", now, kind)
            elif self._rows("SELECT 1 FROM alerts WHERE kind=? AND closed IS NULL", kind):
                self._rows("UPDATE alerts SET message=? WHERE kind=? AND closed IS NULL", alerts[kind], kind)
            else:
                self._rows(
                    "INSERT INTO alerts (at, kind, message, run_id) VALUES (?, ?, ?, ?)",
                    now,
                    kind,
                    alerts[kind],
                    run_id,
                )

    def open_alerts(self) -> list[dict[str, Any]]:
        """Alerts that are open, oldest first."""
        return [
            dict(row)
            for row in self._rows("SELECT id, at, kind, message, run_id FROM alerts WHERE closed IS NULL")
        ]


def _span_version(row: sqlite3.Row) -> SpanVersion:
    return SpanVersion(
        span=row["span"],
        version=row["version"],
        digest=row["digest"],
        arrived=row["arrived"],
        verdict=row["verdict"],
        reasons=tuple(json.loads(row["reasons"])),
        judged_with=row["judged_with"],
        rows=row["rows"],
        quarantined=row["quarantined"],
        examples=row["examples"],
        statistics=row["statistics"],
        decision=row["decision"] or "",
        why=row["why"] or "",
    )
