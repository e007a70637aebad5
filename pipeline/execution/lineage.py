"""What MLMD holds of a run: each node's state, how long it took, and why it ran or did not."""

import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ml_metadata.metadata_store import metadata_store
from ml_metadata.proto import metadata_store_pb2

from pipeline.execution.messages import Node

Execution = metadata_store_pb2.Execution
_STATES = {Execution.COMPLETE: "COMPLETE", Execution.CACHED: "CACHED"}
# What an exec property is called to a person; others go by their own name.
_WORDS = {
    "source": "its code",
    "digest": "the content",
    "version": "the version",
    "files": "the files",
    "artifact_uri": "the schema",
    "run_id": "the run (this node always runs)",
    "spans": "the spans of the window",
    "live": "the live model",
    "live_stale": "whether the live model is stale",
    "twin": "the twin",
    "twin_digest": "the twin's content",
    "limits": "the limits",
}
# Types of TFX's own nodes that are never skipped; both take a moment.
_ALWAYS = ("Importer", "Resolver")
_NOT_SETTINGS = (
    "quarantine",
    "pipeline_name",
    "pipeline_root",
    "pipeline_run_id",
    "name",
    "component_id",
    "state",
)


class Lineage:
    """MLMD's store of one use case, opened for reading and for closing what a dead run left open."""

    def __init__(self, database: str) -> None:
        """Opens the SQLite file at `database`, making it where there is none."""
        config = metadata_store_pb2.ConnectionConfig()
        config.sqlite.filename_uri = database
        self._store = metadata_store.MetadataStore(config)

    def sweep(self, artifacts: Path) -> int:
        """Marks what is still RUNNING as FAILED and removes its outputs; for when nothing runs.

        Args:
            artifacts: The pipeline root, where TFX names the folders of an execution by its id.

        Returns:
            How many there were.
        """
        query = metadata_store.ListOptions(
            filter_query="last_known_state = RUNNING OR last_known_state = NEW"
        )
        stale = self._store.get_executions(list_options=query)
        for execution in stale:
            execution.last_known_state = Execution.FAILED
        if stale:
            self._store.put_executions(stale)
        for execution in stale:
            for pattern in (f"*/*/{execution.id}", f"*/.system/executor_execution/{execution.id}"):
                for folder in artifacts.glob(pattern):
                    shutil.rmtree(folder)
        for folder in artifacts.glob("*/.system/stateful_working_dir/*"):
            shutil.rmtree(folder)
        return len(stale)

    def last_context(self) -> int:
        """Id of the newest pipeline run; 0 where there is none."""
        return max((context.id for context in self._contexts("pipeline_run")), default=0)

    def nodes(self, names: Sequence[str], after: int, *, failed: bool = False) -> list[Node]:
        """What became of `names`, in the order they ran, in the pipeline run begun after context `after`.

        Args:
            names: The nodes, in the pipeline's order.
            after: Id of a context.
            failed: Whether a node failed. If MLMD has none that did, then it is the first that MLMD does not
                have at all: its start could not be recorded, as on a full disk.
        """
        newest = self.last_context()
        executions = self._store.get_executions_by_context(newest) if newest > after else []
        by_node = {self._node_name(execution): execution for execution in executions}
        ran = sorted((by_node[name].id, name) for name in names if name in by_node)
        nodes = [self._node(name, by_node[name]) for _, name in ran]
        missing = [name for name in names if name not in by_node]
        if failed and missing and not any(node.state == "FAILED" for node in nodes):
            nodes.append(Node(name=missing.pop(0), state="FAILED", why="its start could not be recorded"))
        return nodes + [Node(name=name, state="SKIPPED", why="an earlier node failed") for name in missing]

    def _contexts(self, type_name: str) -> list[Any]:
        try:
            return list(self._store.get_contexts_by_type(type_name))
        except metadata_store.errors.NotFoundError:
            return []

    def _node_name(self, execution: Any) -> str:
        context = self._node_context(execution)
        return str(context.name).split(".", 1)[-1] if context else ""

    def _node_context(self, execution: Any) -> Any:
        contexts = self._store.get_contexts_by_execution(execution.id)
        return next((context for context in contexts if context.type == "node"), None)

    def _node(self, name: str, execution: Any) -> Node:
        state: Any = _STATES.get(execution.last_known_state, "FAILED")
        span = execution.last_update_time_since_epoch - execution.create_time_since_epoch
        outputs: dict[str, list[str]] = {}
        if state != "FAILED":
            for key, artifact in self._artifacts(execution, metadata_store_pb2.Event.OUTPUT):
                outputs.setdefault(key, []).append(artifact.uri)
        if execution.type.rsplit(".", 1)[-1] in _ALWAYS:
            why = "checked every run; unchanged" if state == "CACHED" else "checked every run"
        else:
            why = "inputs, settings and code are unchanged" if state == "CACHED" else self._why(execution)
        return Node(name=name, state=state, seconds=round(span / 1000, 2), why=why, outputs=outputs)

    def _artifacts(self, execution: Any, kind: Any) -> list[tuple[str, Any]]:
        events = self._store.get_events_by_execution_ids([execution.id])
        wanted = [event for event in events if event.type == kind]
        artifacts = {a.id: a for a in self._store.get_artifacts_by_id([e.artifact_id for e in wanted])}
        return [(event.path.steps[0].key, artifacts[event.artifact_id]) for event in wanted]

    def _why(self, execution: Any) -> str:
        """What differs from the last time that this node ran, on the same span where it has one."""
        context = self._node_context(execution)
        mine = _settings(execution)
        earlier = [
            other
            for other in self._store.get_executions_by_context(context.id)
            if other.id < execution.id and other.last_known_state in _STATES
        ]
        if not earlier:
            return "first run"
        span = self._span(execution)
        newest_first = sorted(earlier, key=lambda other: other.id, reverse=True)
        last = next((other for other in newest_first if self._span(other) == span), None)
        if last is None:
            return "new span"
        changed = _differences(_settings(last), mine)
        changed += [f"input {key}" for key in self._changed_inputs(last, execution)]
        return (
            f"changed: {', '.join(changed)}"
            if changed
            else "its Beam options changed, or its earlier output is missing"
        )

    def _span(self, execution: Any) -> str | None:
        """The span in a node's settings, or whose artifact it takes; None for one that takes a window."""
        span = _settings(execution).get("span")
        if span is not None:
            return str(span)
        inputs = self._artifacts(execution, metadata_store_pb2.Event.INPUT)
        sources = [artifact for key, artifact in inputs if key in ("examples", "statistics")]
        return sources[0].custom_properties["span"].string_value or None if len(sources) == 1 else None

    def _changed_inputs(self, last: Any, execution: Any) -> list[str]:
        before, now = (
            [(key, a.id) for key, a in self._artifacts(which, metadata_store_pb2.Event.INPUT)]
            for which in (last, execution)
        )
        keys = sorted({key for key, _ in [*before, *now]})
        return [key for key in keys if [i for k, i in before if k == key] != [i for k, i in now if k == key]]


def _settings(execution: Any) -> dict[str, Any]:
    """A node's exec properties as plain values."""
    settings = {}
    for properties in (execution.properties, execution.custom_properties):
        for key, value in properties.items():
            if key not in _NOT_SETTINGS and not key.startswith("__"):
                kind = value.WhichOneof("value")
                settings[key] = getattr(value, kind) if kind else None
    return settings


def _differences(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """Names of the settings that differ; inside JSON, the keys that do."""
    words = []
    for key in sorted({*before, *now}):
        old, new = before.get(key), now.get(key)
        if old == new:
            continue
        inner = _inner_keys(old, new)
        if inner:
            words += [_WORDS.get(name, name) for name in inner]
        else:
            words.append(_WORDS.get(key, key))
    return words


def _inner_keys(old: Any, new: Any) -> list[str]:
    """Where both values are JSON objects, the dotted keys that differ."""
    try:
        left, right = json.loads(old), json.loads(new)
    except (TypeError, ValueError):
        return []
    return _changed_keys(left, right, "") if isinstance(left, dict) and isinstance(right, dict) else []


def _changed_keys(left: Mapping[str, Any], right: Mapping[str, Any], path: str) -> list[str]:
    keys = []
    for key in sorted({*left, *right}):
        one, other = left.get(key), right.get(key)
        if one == other:
            continue
        if isinstance(one, dict) and isinstance(other, dict):
            keys += _changed_keys(one, other, f"{path}{key}.")
        else:
            keys.append(f"{path}{key}")
    return keys
