"""What MLMD's file says of real runs of a toy chain."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from ml_metadata.metadata_store import metadata_store
from ml_metadata.proto import metadata_store_pb2

from perennial.errors import SpanRefused
from pipeline.execution.lineage import Lineage
from pipeline.execution.messages import Node
from tests import toy_chain

SETTINGS = json.dumps({"exports": {"delimiter": ",", "tail_days": 7}, "seed": 1})


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home in which the toy chain ran once."""
    toy_chain.run(tmp_path, settings=SETTINGS)
    return tmp_path


def _lineage(home: Path) -> Lineage:
    return Lineage(str(home / "metadata.db"))


def _run(home: Path, **settings: Any) -> dict[str, Node]:
    """Runs the chain again, and gives what became of its nodes."""
    lineage = _lineage(home)
    before = lineage.last_context()
    toy_chain.run(home, **{"settings": SETTINGS, **settings})
    return {node.name: node for node in lineage.nodes(toy_chain.NODES, after=before)}


def _states(nodes: dict[str, Node]) -> list[tuple[str, str]]:
    return [(node.state, node.why) for node in nodes.values()]


def test_nodes_that_never_ran_before_are_complete_with_what_they_put_out(home: Path) -> None:
    (make, add, log) = _lineage(home).nodes(toy_chain.NODES, after=0)
    assert [node.name for node in (make, add, log)] == ["Make", "Add", "Log"]
    assert {node.state for node in (make, add, log)} == {"COMPLETE"}
    assert {node.why for node in (make, add, log)} == {"first run"}
    assert all(0 <= node.seconds < 60 for node in (make, add, log))
    assert (Path(add.outputs["total"][0]) / "total.txt").is_file()
    assert log.outputs == {}


def test_a_run_that_changes_nothing_is_cached_and_gives_the_same_outputs(home: Path) -> None:
    first = _lineage(home).nodes(toy_chain.NODES, after=0)
    again = _run(home)
    assert _states(again) == [("CACHED", "inputs, settings and code are unchanged")] * 3
    assert [node.outputs for node in first] == [node.outputs for node in again.values()]


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"digest": "B"}, "changed: the content"),
        (
            {"settings": json.dumps({"exports": {"delimiter": ";", "tail_days": 7}, "seed": 1})},
            "changed: exports.delimiter",
        ),
        (
            {"settings": json.dumps({"exports": {"delimiter": ",", "tail_days": 3}, "more": 1})},
            "changed: exports.tail_days, more, seed",
        ),
        ({"settings": "[]"}, "changed: settings"),
    ],
)
def test_a_changed_setting_is_named_and_those_after_it_have_another_input(
    home: Path, changes: dict[str, Any], why: str
) -> None:
    assert _states(_run(home, **changes)) == [
        ("COMPLETE", why),
        ("COMPLETE", "changed: input numbers"),
        ("COMPLETE", "changed: input total"),
    ]


def test_a_node_is_compared_with_its_last_run_on_the_same_span(home: Path) -> None:
    assert _run(home, span="2")["Make"].why == "new span"
    assert _run(home, span="2", digest="C")["Make"].why == "changed: the content"


def test_an_output_that_was_deleted_is_made_again(home: Path) -> None:
    nodes = _run(home)
    shutil.rmtree(nodes["Add"].outputs["total"][0])
    again = _run(home)
    assert (again["Make"].state, again["Add"].state) == ("CACHED", "COMPLETE")
    assert again["Add"].why == "its Beam options changed, or its earlier output is missing"


def test_what_comes_after_a_node_that_failed_is_skipped(home: Path) -> None:
    lineage = _lineage(home)
    before = lineage.last_context()
    with pytest.raises(Exception, match="set to refuse") as caught:
        toy_chain.run(home, settings=SETTINGS, refuses=1)
    assert isinstance(caught.value, SpanRefused)
    nodes = {node.name: node for node in lineage.nodes(toy_chain.NODES, after=before)}
    assert [node.state for node in nodes.values()] == ["CACHED", "FAILED", "SKIPPED"]
    assert nodes["Add"].why == "changed: refuses"
    assert nodes["Log"] == Node(name="Log", state="SKIPPED", why="an earlier node failed")
    assert nodes["Add"].outputs == {}


def test_a_failed_run_is_no_run_to_compare_with(home: Path) -> None:
    with pytest.raises(SpanRefused):
        toy_chain.run(home, settings=SETTINGS, refuses=1)
    assert _run(home)["Add"].state == "CACHED"


def test_a_node_whose_code_exits_is_left_running_and_then_failed(home: Path) -> None:
    lineage = _lineage(home)
    before = lineage.last_context()
    with pytest.raises(SystemExit):
        toy_chain.run(home, settings=SETTINGS, exits=1)
    assert lineage.sweep(home) == 1
    assert lineage.sweep(home) == 0
    states = [node.state for node in lineage.nodes(toy_chain.NODES, after=before)]
    assert states == ["CACHED", "FAILED", "SKIPPED"]
    assert _run(home)["Add"].state == "CACHED"


def test_executions_that_a_killed_run_left_are_failed(tmp_path: Path) -> None:
    config = metadata_store_pb2.ConnectionConfig()
    config.sqlite.filename_uri = str(tmp_path / "metadata.db")
    store = metadata_store.MetadataStore(config)
    type_id = store.put_execution_type(metadata_store_pb2.ExecutionType(name="Trainer"))
    states = metadata_store_pb2.Execution
    left = (states.NEW, states.RUNNING, states.COMPLETE, states.CACHED)
    store.put_executions([states(type_id=type_id, last_known_state=state) for state in left])
    (whole := tmp_path / "Trainer" / "model" / "3").mkdir(parents=True)
    (half := tmp_path / "Trainer" / "model" / "2").mkdir()
    (working := tmp_path / "Trainer" / ".system" / "stateful_working_dir" / "a").mkdir(parents=True)
    assert _lineage(tmp_path).sweep(tmp_path) == 2
    assert [folder.exists() for folder in (whole, half, working)] == [True, False, False]
    after = [execution.last_known_state for execution in store.get_executions()]
    assert after == [states.FAILED, states.FAILED, states.COMPLETE, states.CACHED]


def test_where_nothing_ran_every_node_is_skipped(tmp_path: Path) -> None:
    lineage = _lineage(tmp_path)
    assert (lineage.last_context(), lineage.sweep(tmp_path)) == (0, 0)
    assert [node.state for node in lineage.nodes(["Make", "Add"], after=0)] == ["SKIPPED", "SKIPPED"]


def test_a_run_that_ended_before_its_first_node_is_not_taken_for_the_one_before(home: Path) -> None:
    lineage = _lineage(home)
    last = lineage.last_context()
    assert [node.state for node in lineage.nodes(toy_chain.NODES, after=last)] == ["SKIPPED"] * 3
