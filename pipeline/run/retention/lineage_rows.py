"""MLMD's rows: which outputs belong together, and the removal of what nothing needs any more.

MLMD's API deletes nothing. Its SQLite file is opened here while no store of it is (under the run's lock, once
the chain's process has ended), and all is one transaction. Ids are AUTOINCREMENT: none is ever used again.
"""

import contextlib
import sqlite3
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from perennial.store.databases import PATIENCE

# MLMD's numbers: states of an execution, types of an event.
_COMPLETE, _CACHED = 3, 5
_INPUT, _OUTPUT = 3, 4
# The file is written anew where at least this share of it is empty, and at least so many bytes.
_EMPTY_SHARE, _EMPTY_BYTES = 0.5, 1 << 20
# Rows by which nothing but themselves is found, and the rows that they belong to.
_BELONGING: Final = (
    ("ArtifactProperty", "artifact_id", "Artifact", "id"),
    ("Attribution", "artifact_id", "Artifact", "id"),
    ("Event", "artifact_id", "Artifact", "id"),
    ("ExecutionProperty", "execution_id", "Execution", "id"),
    ("Association", "execution_id", "Execution", "id"),
    ("Event", "execution_id", "Execution", "id"),
    ("EventPath", "event_id", "Event", "id"),
)
_OF_CONTEXTS: Final = (
    ("ContextProperty", "context_id", "Context", "id"),
    ("Attribution", "context_id", "Context", "id"),
    ("ParentContext", "context_id", "Context", "id"),
)
_IN_MEMORY: Final = "PRAGMA temp_store=MEMORY"
_NODE_OF: Final = """
CREATE TEMP TABLE node_of AS SELECT a.execution_id AS execution, a.context_id AS node FROM Association a
JOIN Context c ON c.id = a.context_id JOIN Type t ON t.id = c.type_id WHERE t.name = 'node'
"""
# Of each artifact that stays its maker, which cache and resolvers find it by: the first, as a cached one and
# one of a node that always runs put out the same artifact later. Of each node its newest execution, and the
# newest that ended well: the next run is compared with it, to say why it ran.
_STAYING: Final = f"""
CREATE TEMP TABLE staying AS
SELECT MIN(v.execution_id) AS id FROM Event v JOIN Execution e ON e.id = v.execution_id
WHERE v.type = {_OUTPUT} AND e.last_known_state = {_COMPLETE} AND v.artifact_id NOT IN (SELECT id FROM gone)
GROUP BY v.artifact_id
UNION SELECT MAX(execution) FROM node_of GROUP BY node
UNION SELECT MAX(n.execution) FROM node_of n JOIN Execution e ON e.id = n.execution
WHERE e.last_known_state IN ({_COMPLETE}, {_CACHED}) GROUP BY n.node
"""
# TFX takes what is left of an execution's outputs from the cache as if they were all: one of which some go,
# as of a Trainer whose model a version needs, is not found by its cache key any more.
_FORGET_PARTS: Final = f"""
DELETE FROM Association WHERE execution_id IN
(SELECT execution_id FROM Event WHERE type = {_OUTPUT} AND artifact_id IN (SELECT id FROM gone))
AND context_id IN
(SELECT c.id FROM Context c JOIN Type t ON t.id = c.type_id WHERE t.name = 'execution_cache')
"""


@dataclass(frozen=True)
class OutputLinks:
    """What MLMD says of the outputs below a root.

    Attributes:
        newest: URIs that the newest execution which ended well put out, of every node.
        gates: URI of the newest result of the data gate, by the URI of the statistics that it judged.
    """

    newest: frozenset[str]
    gates: dict[str, str]


def read_links(database: Path) -> OutputLinks:
    """What belongs together; nothing where there is no file, or an empty one.

    Raises:
        sqlite3.Error: It is no MLMD file, or damaged.
    """
    with _opened(database) as connection:
        if connection is None:
            return OutputLinks(frozenset(), {})
        connection.execute(_NODE_OF)
        newest = connection.execute(
            "SELECT a.uri FROM Event v JOIN Artifact a ON a.id = v.artifact_id WHERE v.type = ? AND"
            " v.execution_id IN (SELECT MAX(n.execution) FROM node_of n"
            " JOIN Execution e ON e.id = n.execution WHERE e.last_known_state IN (?, ?) GROUP BY n.node)",
            (_OUTPUT, _COMPLETE, _CACHED),
        )
        gates = connection.execute(
            "SELECT judged.uri, gate.uri FROM Event AS input"
            " JOIN Event AS output ON output.execution_id = input.execution_id AND output.type = ?"
            " JOIN Artifact AS judged ON judged.id = input.artifact_id AND input.type = ?"
            # Not those of the spans before it, with which these were compared.
            " JOIN EventPath AS path ON path.event_id = input.id AND path.step_key = 'statistics'"
            " JOIN Artifact AS gate ON gate.id = output.artifact_id"
            " WHERE judged.uri LIKE '%/SpanStatistics/statistics/%'"
            " AND gate.uri LIKE '%/DataGate/anomalies/%'"
            " ORDER BY output.execution_id",
            (_OUTPUT, _INPUT),
        )
        return OutputLinks(frozenset(uri for (uri,) in newest), dict(gates.fetchall()))


@dataclass(frozen=True)
class RowCounts:
    """Numbers of rows of MLMD.

    Attributes:
        before: How many there are.
        goes: How many of them go.
    """

    before: int
    goes: int


NO_ROWS: Final = RowCounts(0, 0)


def count_rows(database: Path, artifacts: Path, kept: Collection[str]) -> RowCounts:
    """What `remove_rows` would remove, counted in a copy in memory: a full disk does not matter.

    Raises:
        sqlite3.Error: It is no MLMD file, or damaged.
    """
    with _opened(database) as connection:
        if connection is None:
            return NO_ROWS
        with contextlib.closing(sqlite3.connect(":memory:", isolation_level=None)) as copy:
            copy.execute(_IN_MEMORY)
            connection.backup(copy)
            before = _rows(copy)
            _remove(copy, artifacts, kept)
            return RowCounts(before, before - _rows(copy))


def remove_rows(database: Path, artifacts: Path, kept: Collection[str]) -> None:
    """Removes what concerns outputs that go, in one transaction.

    These are the artifacts below `artifacts` whose URI is not in `kept`; the executions that made nothing
    that stays (of every node the newest stays); and the contexts of runs and cache keys without any.

    Args:
        database: MLMD's file; nothing is done where there is none.
        artifacts: The folder of all outputs.
        kept: URIs of those that stay.

    Raises:
        sqlite3.Error: It is no MLMD file, damaged, or locked; nothing was changed.
    """
    with _opened(database) as connection:
        if connection is None:
            return
        connection.execute("BEGIN IMMEDIATE")
        _remove(connection, artifacts, kept)
        connection.execute("COMMIT")
        _shrink(connection)


@contextlib.contextmanager
def _opened(database: Path) -> Iterator[sqlite3.Connection | None]:
    """The file; None where there is none, or one in which no store has made its tables."""
    if not database.is_file() or not database.stat().st_size:
        yield None
        return
    with contextlib.closing(sqlite3.connect(database, timeout=PATIENCE, isolation_level=None)) as connection:
        connection.execute(_IN_MEMORY)
        yield connection


def _remove(connection: sqlite3.Connection, artifacts: Path, kept: Collection[str]) -> None:
    inside = f"{artifacts}/"
    known = connection.execute("SELECT id, uri FROM Artifact").fetchall()
    gone = [(number,) for number, uri in known if (uri or "").startswith(inside) and uri not in kept]
    connection.execute("CREATE TEMP TABLE gone (id INTEGER PRIMARY KEY)")
    connection.executemany("INSERT INTO gone VALUES (?)", gone)
    connection.execute(_NODE_OF)
    connection.execute(_STAYING)
    connection.execute(_FORGET_PARTS)
    connection.execute("DELETE FROM Artifact WHERE id IN (SELECT id FROM gone)")
    connection.execute("DELETE FROM Execution WHERE id NOT IN (SELECT id FROM staying)")
    _remove_belonging(connection, _BELONGING)
    connection.execute(
        "DELETE FROM Context WHERE id NOT IN (SELECT context_id FROM Association) AND type_id IN"
        " (SELECT id FROM Type WHERE name IN ('pipeline_run', 'execution_cache'))"
    )
    _remove_belonging(connection, _OF_CONTEXTS)


def _remove_belonging(
    connection: sqlite3.Connection, belonging: Collection[tuple[str, str, str, str]]
) -> None:
    for table, column, owner, key in belonging:
        connection.execute(f"DELETE FROM {table} WHERE {column} NOT IN (SELECT {key} FROM {owner})")


def _rows(connection: sqlite3.Connection) -> int:
    tables = sorted(
        {table for table, *_ in (*_BELONGING, *_OF_CONTEXTS)} | {"Artifact", "Execution", "Context"}
    )
    return sum(int(connection.execute(f"SELECT COUNT(*) FROM {table}").fetchone()[0]) for table in tables)


def _shrink(connection: sqlite3.Connection) -> None:
    """Gives the space of removed rows back, where that is much; else the next rows take it."""
    (free,), (pages,), (size,) = (
        connection.execute(f"PRAGMA {name}").fetchone()
        for name in ("freelist_count", "page_count", "page_size")
    )
    if free >= _EMPTY_SHARE * pages and free * size >= _EMPTY_BYTES:
        connection.execute("VACUUM")
