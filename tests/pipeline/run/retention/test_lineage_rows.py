"""MLMD's rows after a removal: of real runs of a toy chain, which finds its cache afterwards."""

import shutil
import sqlite3
from collections.abc import Collection
from contextlib import closing
from pathlib import Path

import pytest
from ml_metadata.metadata_store import metadata_store
from ml_metadata.proto import metadata_store_pb2
from tfx.orchestration import metadata
from tfx.orchestration.portable import cache_utils
from tfx.orchestration.portable.mlmd import context_lib, execution_lib
from tfx.types import standard_artifacts

from pipeline.execution import lineage as chain_lineage
from pipeline.run.retention.lineage_rows import (
    NO_ROWS,
    OutputLinks,
    RowCounts,
    count_rows,
    read_links,
    remove_rows,
)
from tests import toy_chain


def _states(home: Path, digest: str) -> list[str]:
    """Runs the chain, and gives what became of its nodes."""
    lineage = chain_lineage.Lineage(str(home / "metadata.db"))
    before = lineage.last_context()
    toy_chain.run(home, digest=digest)
    return [node.state for node in lineage.nodes(toy_chain.NODES, after=before)]


def _rows_of(home: Path, kept: Collection[str] = ()) -> RowCounts:
    return count_rows(home / "metadata.db", home / "artifacts", kept)


def _remove(home: Path, kept: Collection[str]) -> None:
    remove_rows(home / "metadata.db", home / "artifacts", kept)


def _prune(home: Path) -> int:
    """Removes all but what every node put out last."""
    kept = read_links(home / "metadata.db").newest
    counts = _rows_of(home, kept)
    _remove(home, kept)
    after = _rows_of(home, kept)
    assert (after.before, after.goes) == (counts.before - counts.goes, 0)
    for folder in (home / "artifacts").glob("*/*/[0-9]*"):
        if str(folder) not in kept:
            shutil.rmtree(folder)
    return counts.goes


def _orphans(database: Path) -> int:
    """Rows that belong to rows which are not there."""
    pairs = [
        ("Event", "artifact_id", "Artifact"),
        ("Event", "execution_id", "Execution"),
        ("EventPath", "event_id", "Event"),
        ("Association", "context_id", "Context"),
        ("Association", "execution_id", "Execution"),
        ("Attribution", "context_id", "Context"),
        ("Attribution", "artifact_id", "Artifact"),
        ("ParentContext", "context_id", "Context"),
        ("ArtifactProperty", "artifact_id", "Artifact"),
        ("ExecutionProperty", "execution_id", "Execution"),
    ]
    with closing(sqlite3.connect(database)) as connection:
        queries = (f"SELECT COUNT(*) FROM {a} WHERE {b} NOT IN (SELECT id FROM {c})" for a, b, c in pairs)
        return sum(connection.execute(query).fetchone()[0] for query in queries)


def test_after_a_removal_what_stays_is_taken_from_the_cache_and_what_went_is_made_again(
    tmp_path: Path,
) -> None:
    for digest in ("A", "B"):
        assert _states(tmp_path, digest) == ["COMPLETE"] * 3
    assert _prune(tmp_path) > 0
    assert _states(tmp_path, "B") == ["CACHED"] * 3
    _prune(tmp_path)
    # The cached executions stay as the newest ones, and so do those that made what they took.
    assert _states(tmp_path, "B") == ["CACHED"] * 3
    _prune(tmp_path)
    flat = _rows_of(tmp_path).before
    assert _states(tmp_path, "A") == ["COMPLETE"] * 3
    assert _states(tmp_path, "A") == ["CACHED"] * 3
    _prune(tmp_path)
    assert _rows_of(tmp_path).before == flat
    assert _orphans(tmp_path / "metadata.db") == 0


@pytest.fixture
def gates(tmp_path: Path) -> Path:
    """Statistics of two spans; the gate judged the second with the first beside it, and twice."""
    config = metadata_store_pb2.ConnectionConfig()
    config.sqlite.filename_uri = str(tmp_path / "metadata.db")
    store = metadata_store.MetadataStore(config)
    artifact_type = store.put_artifact_type(metadata_store_pb2.ArtifactType(name="A"))
    execution_type = store.put_execution_type(metadata_store_pb2.ExecutionType(name="DataGate"))
    root = f"{tmp_path}/artifacts"
    uris = [f"{root}/SpanStatistics/statistics/{number}" for number in (1, 2)]
    uris += [f"{root}/DataGate/anomalies/{number}" for number in (3, 4, 5)]
    artifacts = [metadata_store_pb2.Artifact(type_id=artifact_type, uri=uri) for uri in uris]
    one, two, *results = store.put_artifacts(artifacts)
    for (judged, former), result in zip([(one, two), (two, one), (two, one)], results, strict=True):
        (execution,) = store.put_executions([metadata_store_pb2.Execution(type_id=execution_type)])
        inputs = [(judged, "statistics"), (former, "previous_statistics")]
        events = [_event(execution, artifact, key, 3) for artifact, key in inputs]
        store.put_events([*events, _event(execution, result, "anomalies", 4)])
    return tmp_path


def _event(execution: int, artifact: int, key: str, kind: int) -> metadata_store_pb2.Event:
    event = metadata_store_pb2.Event(execution_id=execution, artifact_id=artifact, type=kind)
    event.path.steps.add(key=key)
    event.path.steps.add(index=0)
    return event


def test_the_result_of_a_gate_is_the_newest_on_these_statistics(gates: Path) -> None:
    read = read_links(gates / "metadata.db").gates
    named = {uri.rpartition("artifacts/")[2]: gate.rpartition("artifacts/")[2] for uri, gate in read.items()}
    assert named == {
        "SpanStatistics/statistics/1": "DataGate/anomalies/3",
        "SpanStatistics/statistics/2": "DataGate/anomalies/5",
    }


def test_of_an_execution_whose_outputs_go_in_part_the_cache_has_none(tmp_path: Path) -> None:
    """As of a Trainer: a version needs its model as its twin, and nothing needs its `model_run`."""
    handle = metadata.Metadata(metadata.sqlite_metadata_connection_config(str(tmp_path / "metadata.db")))
    with handle as store:
        outputs = {"model": [standard_artifacts.Model()], "model_run": [standard_artifacts.ModelRun()]}
        for key, (artifact,) in outputs.items():
            artifact.uri = str(tmp_path / "artifacts" / "Trainer" / key / "7")
            artifact.state = "published"
            Path(artifact.uri).mkdir(parents=True)
        trainer = store.store.put_execution_type(metadata_store_pb2.ExecutionType(name="Trainer"))
        kind = context_lib.CONTEXT_TYPE_EXECUTION_CACHE
        cache = context_lib.register_context_if_not_exists(store, kind, "k")
        done = metadata_store_pb2.Execution(
            type_id=trainer, last_known_state=metadata_store_pb2.Execution.COMPLETE
        )
        execution_lib.put_execution(store, done, [cache], output_artifacts=outputs)
        assert set(cache_utils.get_cached_outputs(store, cache) or {}) == {"model", "model_run"}
    _remove(tmp_path, [outputs["model"][0].uri])
    with handle as store:
        assert cache_utils.get_cached_outputs(store, cache) is None
        assert [each.uri for each in store.store.get_artifacts()] == [outputs["model"][0].uri]


def test_what_lies_outside_of_the_outputs_stays(tmp_path: Path, gates: Path) -> None:
    remove_rows(gates / "metadata.db", tmp_path / "elsewhere", [])
    assert len(read_links(gates / "metadata.db").gates) == 0
    with closing(sqlite3.connect(gates / "metadata.db")) as connection:
        assert connection.execute("SELECT COUNT(*) FROM Artifact").fetchone() == (5,)


def test_where_there_is_no_file_or_an_empty_one_nothing_is_done(tmp_path: Path) -> None:
    for _ in range(2):
        assert read_links(tmp_path / "metadata.db") == OutputLinks(frozenset(), {})
        _remove(tmp_path, [])
        assert _rows_of(tmp_path) == NO_ROWS
        (tmp_path / "metadata.db").touch()


def test_a_file_that_is_not_mlmd_s_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "metadata.db").write_text("no database" * 100)
    with pytest.raises(sqlite3.DatabaseError):
        _remove(tmp_path, [])
    assert (tmp_path / "metadata.db").read_text() == "no database" * 100
