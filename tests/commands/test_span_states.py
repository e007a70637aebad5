"""Each span's state, and how it reads."""

from typing import Any

from commands.span_states import span_states, spans_block
from perennial.store.ledger import Ledger
from pipeline.config import UseCase
from pipeline.ledgers import opened
from tests.commands.span_states import state
from tests.texts import LONG, WIDEST, widest


def _judged(ledger: Ledger, span: str, digest: str, verdict: Any, reason: str) -> None:
    version = ledger.spans.arrive(span, digest)
    ledger.spans.judge(version, verdict, [reason], rows=7, quarantined=1, judged_with="", run_id="r")


def _land(use_case: UseCase, span: str, marker: str | None = "") -> None:
    folder = use_case.exports_folder / span
    folder.mkdir(parents=True)
    if marker is not None:
        (folder / "_SUCCESS").write_text(marker)


def test_every_span_is_listed_whether_it_lies_on_disk_or_only_in_the_ledger(use_case: UseCase) -> None:
    for span, marker in (("2013-01", ""), ("2013-03", None), ("2013-04", ""), ("2013-05", "done")):
        _land(use_case, span, marker)
    _land(use_case, "backup")
    with opened(use_case) as ledger:
        _judged(ledger, "2013-01", "A", "OK", "Fine.")
        _judged(ledger, "2013-01", "B", "BLOCK", "Too few rows.")
        _judged(ledger, "2012-12", "A", "WARN", "Drift.")
        states = {state["span"]: state for state in span_states(use_case, ledger)}
    shown = [(name, state["state"], state["in_use"]) for name, state in states.items()]
    assert shown == [
        ("2012-12", "WARN", 1),
        ("2013-01", "BLOCK", 1),
        ("2013-03", "WAITING", None),
        ("2013-04", "NEW", None),
        ("2013-05", "NEW", None),
        ("backup", "ODD", None),
    ]
    assert states["2013-01"]["version"] == 2
    assert states["2013-01"]["reasons"] == ["Too few rows."]
    assert states["2013-05"]["reasons"] == ["_SUCCESS must be empty or JSON."]
    assert states["2013-03"]["rows"] is None


def test_spans_are_shown_with_what_is_in_use_and_what_a_person_decided() -> None:
    decision = {"decision": "accept", "why": LONG}
    block = spans_block(
        [
            state(),
            state(span="2013-02", state="BLOCK", version=2, reasons=[LONG], decision=decision),
            state(
                span="2013-03",
                state="WAITING",
                version=None,
                in_use=None,
                rows=None,
                reasons=["No file yet."],
            ),
        ]
    )
    lines = block.splitlines()
    assert lines[0] == "  2013-01       OK           26,398 rows  in use"
    assert lines[1] == "  2013-02       BLOCK        26,398 rows  version 1 in use"
    assert "accepted: The share" in block
    assert lines[-1] == "  2013-03       WAITING  No file yet."
    assert widest(block) <= WIDEST


def test_no_spans_are_shown_as_none() -> None:
    assert spans_block([]) == "No exports yet."


def test_a_span_whose_outputs_are_lost_is_in_use_only_if_a_run_can_read_it_again(use_case: UseCase) -> None:
    _land(use_case, "2013-01")
    with opened(use_case) as ledger:
        for span in ("2013-01", "2013-02"):
            version = ledger.spans.arrive(span, "A")
            ledger.spans.judge(
                version, "OK", [], rows=7, quarantined=0, judged_with="j", run_id="r", examples="/nowhere"
            )
        states = {state["span"]: state for state in span_states(use_case, ledger)}
    assert (states["2013-01"]["in_use"], states["2013-02"]["in_use"]) == (1, None)
    assert states["2013-01"]["reasons"] == [
        "What was read of it is lost: the next run reads its export again."
    ]
    (gone,) = states["2013-02"]["reasons"]
    assert gone.startswith("Span 2013-02 cannot be used: what was read of it is lost, and its export is")


def test_an_accepted_span_that_the_window_drops_is_not_in_use(use_case: UseCase) -> None:
    narrow = use_case.model_copy(update={"window": use_case.window.model_copy(update={"spans": 2})})
    for span in ("2013-01", "2013-02"):
        _land(use_case, span)
    with opened(use_case) as ledger:
        for span in ("2013-02", "2013-03", "2013-04"):
            _judged(ledger, span, "A", "OK", "")
        states = {state["span"]: state for state in span_states(narrow, ledger)}
    used = {name: state["in_use"] for name, state in states.items()}
    assert used == {"2013-01": None, "2013-02": None, "2013-03": 1, "2013-04": 1}
    assert "older than the spans of the window (`window.spans` is 2)" in states["2013-02"]["reasons"][-1]
