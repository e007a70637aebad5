"""What the chain's process answers its run: a node began, progress, a pass is done, or the process is broken.

Each message is one JSON line; `event` says which one it is.
"""

from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

State = Literal["COMPLETE", "CACHED", "FAILED", "SKIPPED"]
FailureKind = Literal["span_changed", "labels_missing", "span_refused", "fewer_rows", "node_failed"]


class _Part(BaseModel):
    # Built at first use: a run with nothing new reads no message.
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class Node(_Part):
    """What became of one node in one pass.

    Attributes:
        name: The node's id.
        state: `COMPLETE`, `CACHED`, `FAILED`, or `SKIPPED` (the pass never reached it).
        seconds: Wall-clock time.
        why: Why it ran or did not, a few words.
        outputs: URIs of its outputs, by key.
    """

    name: str
    state: State
    seconds: float = 0.0
    why: str = ""
    outputs: dict[str, list[str]] = {}


class Failure(_Part):
    """What ended a pass before its last node.

    Attributes:
        kind: `span_changed`: the export changed while it was read, and waits. `labels_missing`: it
            waits for its labels. `span_refused`: it cannot be read without loss. `fewer_rows`: there are many
            fewer rows than the live model was trained on. `node_failed`: all else.
        problem: What is wrong, a sentence without data values.
        remedy: What to do about it.
        facts: Figures of `fewer_rows`: a `WindowResult` (components/window_gate/gate.py); of others empty.
    """

    kind: FailureKind
    problem: str
    remedy: str
    facts: dict[str, Any] = {}


class NodeBegan(_Part):
    """A node began; the node before it has ended well."""

    event: Literal["node"] = "node"
    name: str


class Progress(_Part):
    """The running node has done `done` of `total` (None: not known) units."""

    event: Literal["progress"] = "progress"
    done: int
    total: int | None
    unit: str


class Pass(_Part):
    """What became of one pass: its nodes, and what ended it early (None where nothing did).

    Attributes:
        nodes: The nodes.
        failure: What ended it early.
        cpu_seconds: Processor time of the process, and of its children that have ended, during the pass.
    """

    event: Literal["done"] = "done"
    nodes: tuple[Node, ...]
    failure: Failure | None = None
    cpu_seconds: float = 0.0

    def output(self, node: str, key: str) -> Path | None:
        """Folder of an output; None where the node did not put it out."""
        for each in self.nodes:
            if each.name == node:
                uris = each.outputs.get(key)
                return Path(uris[0]) if uris else None
        return None

    @property
    def failed_node(self) -> str:
        """Name of the node that failed, or of the first that was never reached; empty if all went well."""
        for state in ("FAILED", "SKIPPED"):
            for each in self.nodes:
                if each.state == state:
                    return each.name
        return ""


class Broken(_Part):
    """The process could not ask what became of the nodes, so the pass has no outcome."""

    event: Literal["broken"] = "broken"
    problem: str
    remedy: str


Message = Annotated[NodeBegan | Progress | Pass | Broken, Field(discriminator="event")]
_MESSAGE: Final[TypeAdapter[Message]] = TypeAdapter(Message, config=ConfigDict(defer_build=True))


def read(line: bytes) -> Message:
    """The message of one JSON line.

    Raises:
        ValueError: The line is no message (pydantic's ValidationError).
    """
    return _MESSAGE.validate_json(line)
