"""What a page is gathered from, and what it holds where a run left little."""

import json
from pathlib import Path

from pipeline.report.model import page_of, page_of_summary
from tests.pipeline.report.pages import USE_CASE, order, span_source, summary


def test_a_span_has_the_gates_anomalies_its_quarantine_and_its_columns(tmp_path: Path) -> None:
    page = page_of(order(tmp_path, spans=[span_source(tmp_path, "2026-01")]))
    (span,) = page["spans"]
    assert (span["span"], span["verdict"], span["against"]) == ("2026-01", "WARN", "2025-12")
    assert [each["rows"] for each in span["quarantine"]] == [2, 1]
    assert {each["feature"] for each in span["drift"] if each["severity"] == "warn"} == {"heat"}
    assert [each["name"] for each in span["columns"]] == ["day", "colour", "heat", "constant", "good"]
    assert span["ignored_columns"] == ["x"]
    json.dumps(page, allow_nan=False)


def test_a_span_that_a_run_read_before_it_failed_is_shown_as_the_gate_judged_it(tmp_path: Path) -> None:
    run_summary = summary(verdict="FAILED", exit_code=1, spans=[], candidate=None)
    page = page_of(order(tmp_path, summary=run_summary, spans=[span_source(tmp_path, "2026-01")]))
    (span,) = page["spans"]
    assert (span["verdict"], span["rows"], span["quarantined"]) == ("WARN", 400, 2)
    assert span["reasons"]


def test_a_span_that_was_refused_has_its_quarantine_and_no_columns(tmp_path: Path) -> None:
    source = span_source(tmp_path, "2026-01")
    refused = {key: source[key] for key in ("span", "version", "quarantine", "previous")}
    (span,) = page_of(order(tmp_path, spans=[refused]))["spans"]
    assert span["columns"] is None
    assert [each["rows"] for each in span["quarantine"]] == [2, 1]


def test_a_run_with_nothing_new_shows_the_newest_span_as_the_run_that_judged_it(tmp_path: Path) -> None:
    (tmp_path / "first").mkdir()
    first = page_of(order(tmp_path / "first", spans=[span_source(tmp_path, "2026-01")]))
    (tmp_path / "first" / "page.json").write_text(json.dumps(first))
    run_summary = summary(verdict="NOTHING_NEW", spans=[])
    newest = {"span": "2026-01", "run_id": "first"}
    (span,) = page_of(order(tmp_path / "second", summary=run_summary, newest=newest))["spans"]
    assert (span["span"], span["judged_in"]) == ("2026-01", "first")
    assert (span["columns"], span["columns_there"]) == (None, True)
    gone = {"span": "2026-01", "run_id": "gone"}
    assert page_of(order(tmp_path / "second", summary=run_summary, newest=gone))["spans"] == []


def test_of_a_run_without_outputs_the_summary_is_the_page() -> None:
    page = page_of_summary(summary(), USE_CASE)
    assert page["spans"][0]["columns"] is None
    assert page["judgement"] is page["training"] is page["window"] is None
