"""The node in a real chain: what was scored is taken from the cache, by the model and not by its number."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import tensorflow as tf
from tfx.dsl.component.experimental.annotations import OutputArtifact, Parameter
from tfx.dsl.component.experimental.decorators import component
from tfx.dsl.components.common.importer import Importer
from tfx.orchestration import metadata
from tfx.orchestration.local.local_dag_runner import LocalDagRunner
from tfx.orchestration.pipeline import Pipeline
from tfx.types import artifact_utils, standard_artifacts

from components.live_predictions.component import LivePredictions
from perennial.drift.predictions import Predictions
from perennial.store import registry
from perennial.store.ledger import Ledger
from perennial.task import Task
from pipeline.execution.lineage import Lineage
from pipeline.execution.messages import Node
from serving.model.folder import TASK_FILE
from tests.components.evaluator.small_windows import SCHEMA, Logistic, make_rows, write_split

TASK = Task("binary", "late")


@component
def Read(examples: OutputArtifact[standard_artifacts.Examples], span: Parameter[str]) -> None:
    """Writes a span's rows."""
    write_split(Path(examples.uri) / "Split-head", make_rows(30, 3), 1)
    examples.split_names = artifact_utils.encode_split_names(["head"])
    examples.set_string_custom_property("span", span)
    examples.set_int_custom_property("version", 1)
    examples.set_string_custom_property("digest", "content")


def publish(home: Path, slope: float) -> str:
    """Makes a model live; gives the digest of its files."""
    saved = home / f"saved {slope}"
    module = Logistic(slope, -1.0, broken=False)
    tf.saved_model.save(module, str(saved), signatures={"serving_default": module.serve})
    (saved / TASK_FILE).parent.mkdir(exist_ok=True)
    (saved / TASK_FILE).write_text(TASK.to_json())
    live = registry.live(home / "models")
    with closing(Ledger(home / "ledger.db")) as ledger:
        champion = live.number if live else None
        registry.publish(home / "models", ledger, saved, {}, champion=champion, run_id="", why="A test.")
    return registry.model_digest(saved)


@pytest.fixture
def score(tmp_path: Path) -> Callable[..., Node]:
    """Runs the chain; gives what became of the node."""
    (tmp_path / "schema").mkdir()
    (tmp_path / "schema" / "schema.pbtxt").write_text(SCHEMA)

    def run(live: str, span: str = "2013-03") -> Node:
        schema = Importer(source_uri=str(tmp_path / "schema"), artifact_type=standard_artifacts.Schema)
        read = Read(span=span)
        node = LivePredictions(
            examples=read.outputs["examples"],
            schema=schema.with_id("Schema").outputs["result"],
            models=str(tmp_path / "models"),
            live=live,
            task=TASK.to_json(),
            time_column="when",
            source="s",
        )
        database = str(tmp_path / "metadata.db")
        lineage = Lineage(database)
        before = lineage.last_context()
        chain = Pipeline(
            pipeline_name="scored",
            pipeline_root=str(tmp_path / "artifacts"),
            components=[schema, read, node],
            enable_cache=True,
            metadata_connection_config=metadata.sqlite_metadata_connection_config(database),
        )
        LocalDagRunner().run(chain)
        (made,) = lineage.nodes(["LivePredictions"], after=before)
        return made

    return run


def predictions(node: Node) -> Any:
    return Predictions.read(Path(node.outputs["predictions"][0]))


def test_a_span_is_scored_once_by_each_model_and_a_rollback_takes_the_former_answers(
    tmp_path: Path, score: Callable[..., Node]
) -> None:
    first = publish(tmp_path, 2.0)
    before = score(first)
    assert (before.state, score(first).state) == ("COMPLETE", "CACHED")
    second = publish(tmp_path, -2.0)
    pushed = score(second)
    assert (pushed.state, pushed.why) == ("COMPLETE", "changed: the live model")
    assert predictions(pushed).scores.tolist() != predictions(before).scores.tolist()
    with closing(Ledger(tmp_path / "ledger.db")) as ledger:
        registry.rollback(tmp_path / "models", ledger, None, "The other is wrong.")
    rolled_back = score(first)
    assert (rolled_back.state, rolled_back.outputs) == ("CACHED", before.outputs)
    assert score(first, span="2013-04").state == "COMPLETE"
