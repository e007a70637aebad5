"""What becomes of a run that was killed: how it ended, and what the next one finds."""

import sqlite3
from contextlib import closing

import pytest
from ml_metadata.metadata_store import metadata_store
from ml_metadata.proto import metadata_store_pb2

from perennial.store import registry
from perennial.store.ledger import Ledger
from perennial.store.runs import fingerprint
from pipeline.config import UseCase
from pipeline.run.outputs import Outputs
from pipeline.run.recovery import recover, sweep_metadata


@pytest.fixture
def ledger(ledger: Ledger) -> Ledger:
    """The ledger, in which one run began and never ended."""
    ledger.runs.begin("dead", "manual")
    ledger.runs.intend("dead", "inputs")
    return ledger


def _recover(use_case: UseCase, ledger: Ledger) -> str:
    return recover(use_case, ledger, Outputs(use_case.root / "artifacts", ledger))


def publish(use_case: UseCase, ledger: Ledger, run_id: str) -> None:
    model = use_case.home / "model"
    model.mkdir()
    (model / "saved_model.pb").write_text("a model")
    registry.publish(use_case.models_folder, ledger, model, {}, champion=None, run_id=run_id, why="a test")


def test_a_run_that_died_before_its_push_ends_failed(use_case: UseCase, ledger: Ledger) -> None:
    _recover(use_case, ledger)
    (run,) = ledger.runs.last(1)
    assert (run["verdict"], run["exit_code"]) == ("FAILED", 1)
    assert ledger.runs.settled_fingerprint() == ""


def test_a_run_that_died_after_its_push_ends_pushed_and_settled(use_case: UseCase, ledger: Ledger) -> None:
    publish(use_case, ledger, "dead")
    _recover(use_case, ledger)
    (run,) = ledger.runs.last(1)
    assert (run["verdict"], run["exit_code"]) == ("PUSHED", 0)
    (version,) = registry.versions(use_case.models_folder)
    assert version.card is not None
    assert ledger.runs.settled_fingerprint() == fingerprint("inputs", 1, version.card["model_digest"])


def test_a_version_that_another_run_pushed_does_not_count(use_case: UseCase, ledger: Ledger) -> None:
    publish(use_case, ledger, "earlier")
    _recover(use_case, ledger)
    assert ledger.runs.last(1)[0]["verdict"] == "FAILED"


def test_a_second_recovery_finds_nothing_to_do(use_case: UseCase, ledger: Ledger) -> None:
    _recover(use_case, ledger)
    _recover(use_case, ledger)
    assert len(ledger.runs.last(9)) == 1


def test_a_damaged_metadata_file_is_set_aside_and_spans_are_judged_anew(
    use_case: UseCase, ledger: Ledger
) -> None:
    version = ledger.spans.arrive("2013-01", "A")
    ledger.spans.judge(version, "OK", [], rows=5, quarantined=0, judged_with="j", run_id="r")
    database = use_case.root / "metadata.db"
    with sqlite3.connect(database) as connection:
        connection.execute(
            "CREATE TABLE t AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
            " WHERE i < 9999) SELECT i FROM n"
        )
    connection.close()
    assert _recover(use_case, ledger) == ""
    whole = database.read_bytes()
    (use_case.root / "artifacts").mkdir()
    database.write_bytes(whole[: len(whole) // 2])
    assert "set aside" in _recover(use_case, ledger)
    (aside,) = use_case.root.glob("metadata.db.damaged-*")
    assert aside.read_bytes() == whole[: len(whole) // 2]
    assert [path.name[:17] for path in use_case.root.glob("artifacts*")] == ["artifacts.damaged"]
    current = ledger.spans.current("2013-01")
    assert current is not None
    assert (current.verdict, current.judged_with) == ("OK", "")


def test_a_metadata_file_that_is_damaged_is_not_swept_but_left_to_the_next_run(use_case: UseCase) -> None:
    database = use_case.make_root() / "metadata.db"
    database.write_bytes(b"not a database" * 500)
    sweep_metadata(use_case)
    assert database.read_bytes() == b"not a database" * 500


def test_artifacts_whose_metadata_file_is_gone_are_set_aside(use_case: UseCase, ledger: Ledger) -> None:
    (use_case.root / "artifacts").mkdir()
    assert _recover(use_case, ledger).startswith("metadata.db is missing")
    assert not (use_case.root / "artifacts").exists()
    assert _recover(use_case, ledger) == ""


def test_after_a_clock_was_set_back_mlmd_lists_what_follows(use_case: UseCase, ledger: Ledger) -> None:
    path = use_case.root / "metadata.db"
    config = metadata_store_pb2.ConnectionConfig()
    config.sqlite.filename_uri = str(path)
    store = metadata_store.MetadataStore(config)
    type_id = store.put_execution_type(metadata_store_pb2.ExecutionType(name="Node"))
    context_type = store.put_context_type(metadata_store_pb2.ContextType(name="pipeline"))
    context = metadata_store_pb2.Context(type_id=context_type, name="flights")

    def execute(count: int) -> None:
        for _ in range(count):
            store.put_execution(metadata_store_pb2.Execution(type_id=type_id), [], [context], True)

    execute(101)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE Execution SET create_time_since_epoch=create_time_since_epoch + 86400000")
    execute(1)
    _recover(use_case, ledger)
    execute(1)
    (made,) = store.get_contexts()
    ids = [execution.id for execution in store.get_executions_by_context(made.id)]
    assert sorted(ids) == list(range(1, 104))
