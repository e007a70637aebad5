"""What is noted of a pass, and what the page's process is told."""

import json
from pathlib import Path

from perennial.store.ledger import Ledger
from pipeline.config import UseCase
from pipeline.execution.messages import Failure, Node, Pass
from pipeline.plan import SpanPlan, WindowPlan
from pipeline.report.sources import Sources, order_of
from tests.pipeline.report.pages import summary


def _node(name: str, **outputs: str) -> Node:
    return Node(name=name, state="COMPLETE", outputs={key: [uri] for key, uri in outputs.items()})


def _plan(span: str, previous: str) -> SpanPlan:
    return SpanPlan(span=span, version=2, digest="d", files=(), previous_statistics=previous)


def _judged(ledger: Ledger, span: str, statistics: str, run_id: str) -> None:
    version = ledger.spans.arrive(span, f"digest of {span}")
    ledger.spans.judge(
        version, "OK", (), rows=1, quarantined=0, judged_with="j", run_id=run_id, statistics=statistics
    )


def test_a_span_is_noted_with_what_it_was_compared_with(use_case: UseCase) -> None:
    ledger = Ledger(Path(":memory:"))
    _judged(ledger, "2013-01", "/statistics/1", "first")
    nodes = (
        _node("ArrowExampleGen", examples="/examples/5"),
        _node("SpanStatistics", statistics="/statistics/7"),
    )
    sources = Sources()
    sources.note(_plan("2013-02", "/statistics/1"), Pass(nodes=nodes), use_case, ledger)
    (span,) = sources.spans
    assert span["previous"] == {"span": "2013-01", "statistics": "/statistics/1"}
    assert (span["examples"], span["statistics"]) == ("/examples/5", "/statistics/7")
    assert "anomalies" not in span
    assert span["quarantine"].endswith("flights/quarantine/2013-02/v2.csv")


def test_the_training_half_is_noted_up_to_the_node_that_failed(use_case: UseCase) -> None:
    texts = ("champion_digest", "serving_python", "live_rows", "fewer_rows_accepted", "twin", "twin_digest")
    plain = dict.fromkeys((*texts, "start"), "")
    work = WindowPlan(spans=(), examples=(), champion=0, live_stale=False, **plain)
    nodes = (_node("Window", window="/window/1"), Node(name="Trainer", state="FAILED"))
    failure = Failure(kind="node_failed", problem="It raised ValueError.", remedy="See the log.")
    sources = Sources()
    sources.note(work, Pass(nodes=nodes, failure=failure), use_case, Ledger(Path(":memory:")))
    assert sources.trained == {"window": "/window/1"}


def test_the_order_is_json_and_names_the_newest_span_that_was_judged(
    use_case: UseCase, tmp_path: Path
) -> None:
    ledger = Ledger(Path(":memory:"))
    for span, run_id in (("2013-02", "second"), ("2013-01", "first")):
        _judged(ledger, span, "", run_id)
    ledger.spans.arrive("2013-03", "waits")
    page_order = order_of(use_case, tmp_path, summary(), Sources(), ledger)
    assert json.loads(json.dumps(page_order)) == page_order
    assert page_order["newest"] == {"span": "2013-02", "run_id": "second"}
    assert page_order["card"] is None
    assert page_order["use_case"]["label"] == "late"
