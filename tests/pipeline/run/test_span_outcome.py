"""What is said of a pass in which a node failed."""

from pipeline.execution.messages import Failure, Node, Pass, State
from pipeline.run.span_outcome import failed


def _node(name: str, state: State, **outputs: list[str]) -> Node:
    return Node(name=name, state=state, outputs=outputs)


def test_a_failed_pass_names_its_node_and_its_problem() -> None:
    nodes = (_node("Schema", "COMPLETE"), _node("Trainer", "FAILED"), _node("Evaluator", "SKIPPED"))
    failure = Failure(kind="node_failed", problem="It raised ValueError.", remedy="See the log.")
    error = failed(Pass(nodes=nodes, failure=failure), "2 spans (oldest: 1, newest: 3)")
    assert error.problem == "Trainer failed on 2 spans (oldest: 1, newest: 3). It raised ValueError."
    assert error.remedy == "See the log."


def test_a_pass_that_put_out_nothing_names_the_first_node_that_was_never_reached() -> None:
    nodes = (_node("Schema", "COMPLETE"), _node("Window", "SKIPPED"), _node("Trainer", "SKIPPED"))
    assert failed(Pass(nodes=nodes), "span 1").problem == "Window failed on span 1. It wrote no output."
    assert failed(Pass(nodes=()), "span 1").problem == "The pipeline failed on span 1. It wrote no output."
