"""Messages between a run and its process: what is sent is what is read, and nothing else is."""

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from pipeline.execution import messages
from pipeline.execution.messages import Broken, Failure, Message, Node, NodeBegan, Pass, Progress

FAILURE = Failure(kind="span_refused", problem="It is empty.", remedy="Export it again.")
NODES = (
    Node(name="Window", state="COMPLETE", seconds=0.5, why="new span", outputs={"window": ["/w"]}),
    Node(name="Trainer", state="FAILED", seconds=1.0, why="first run"),
    Node(name="Evaluator", state="SKIPPED", why="an earlier node failed"),
)


@pytest.mark.parametrize(
    "message",
    [
        NodeBegan(name="Trainer"),
        Progress(done=3, total=None, unit="rows"),
        Progress(done=3, total=4, unit="epochs"),
        Pass(nodes=NODES, failure=FAILURE),
        Pass(nodes=NODES[:1]),
        Broken(problem="It raised Locked.", remedy="See the log."),
    ],
)
def test_a_message_is_read_as_it_was_sent(message: Message) -> None:
    line = message.model_dump_json()
    assert "\n" not in line
    assert messages.read(line.encode()) == message


@pytest.mark.parametrize(
    "content",
    [
        {"event": "ended"},
        {"event": "node"},
        {"event": "node", "name": "Trainer", "more": 1},
        {"event": "done", "nodes": [{"name": "Trainer", "state": "HALF"}]},
        {"event": "done", "nodes": [], "failure": {"kind": "SpanRefused", "problem": "p", "remedy": "r"}},
        {},
        [],
    ],
)
def test_what_is_no_message_is_refused(content: Any) -> None:
    with pytest.raises(ValidationError):
        messages.read(json.dumps(content).encode())


def test_the_node_that_failed_is_named_or_else_the_first_that_was_not_reached() -> None:
    assert Pass(nodes=NODES, failure=FAILURE).failed_node == "Trainer"
    assert Pass(nodes=(NODES[0], NODES[2])).failed_node == "Evaluator"
    assert Pass(nodes=NODES[:1]).failed_node == ""


def test_an_output_that_is_not_there_is_none() -> None:
    passed = Pass(nodes=(Node(name="Window", state="COMPLETE", outputs={"window": ["/w"], "empty": []}),))
    assert passed.output("Window", "window") == Path("/w")
    assert passed.output("Window", "empty") is None
    assert passed.output("Window", "other") is None
    assert passed.output("Trainer", "model") is None
