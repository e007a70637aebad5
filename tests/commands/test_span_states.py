"""Each span's state, and how it reads."""

from typing import Any

import pytest

from commands.span_states import span_states, spans_block
from perennial import clock
from perennial.store.ledger import Ledger
from pipeline.config import UseCase
from pipeline.ledgers import opened
from pipeline.schedule_section import Expectation, ScheduleSection
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
        ("2013-02", "MISSING", None),
        ("2013-03", "WAITING", None),
        ("2013-04", "NEW", None),
        ("2013-05", "NEW", None),
        ("backup", "ODD", None),
    ]
    assert states["2013-01"]["version"] == 2
    assert states["2013-01"]["reasons"][0] == "Too few rows."
    assert states["2013-02"]["reasons"] == [
        "It is missing between spans that are there.",
        "It has been expected since 2013-03-01T00:00:00Z.",
    ]
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


def _reasons(use_case: UseCase) -> dict[str, list[str]]:
    with opened(use_case) as ledger:
        return {state["span"]: state["reasons"] for state in span_states(use_case, ledger)}


def _at(monkeypatch: pytest.MonkeyPatch, day: str) -> None:
    monkeypatch.setattr(clock, "now", lambda: clock.moment(f"{day}T06:00:00Z"))


def test_a_replaced_span_shows_both_versions_rows_and_when(
    use_case: UseCase, monkeypatch: pytest.MonkeyPatch
) -> None:
    for span in ("2013-01", "2013-02"):
        _land(use_case, span)
    with opened(use_case) as ledger:
        for digest, day, rows in (("A", "2013-03-01", 30_000), ("B", "2013-03-05", 12_000)):
            _at(monkeypatch, day)
            for span in ("2013-01", "2013-02"):
                version = ledger.spans.arrive(span, digest)
                verdict: Any = "BLOCK" if (span, digest) == ("2013-02", "B") else "OK"
                ledger.spans.judge(version, verdict, [], rows=rows, quarantined=0, judged_with="", run_id="r")
    reasons = _reasons(use_case)
    rows_then = "on 2013-03-05T06:00:00Z; it has 12,000 rows, version 1 had 30,000 rows."
    assert reasons["2013-01"] == [f"Version 2 replaced version 1 {rows_then}"]
    assert reasons["2013-02"] == [f"Version 2 arrived after version 1 {rows_then} Version 1 stays in use."]


def test_a_span_whose_export_was_deleted_stays_in_use_and_says_so(use_case: UseCase) -> None:
    _land(use_case, "2013-02")
    with opened(use_case) as ledger:
        _judged(ledger, "2013-01", "A", "OK", "Fine.")
        _judged(ledger, "2013-02", "A", "OK", "Fine.")
        _judged(ledger, "2013-03", "A", "BLOCK", "Few.")
    reasons = _reasons(use_case)
    assert reasons["2013-01"][1:] == ["Its export was deleted; what was read of it stays in use."]
    assert (reasons["2013-02"][1:], reasons["2013-03"][1:]) == ([], ["Its export was deleted."])


def test_a_late_span_and_one_out_of_order_say_so_and_a_first_load_of_old_ones_does_not(
    use_case: UseCase, monkeypatch: pytest.MonkeyPatch
) -> None:
    expect = Expectation.model_validate({"every": "31d", "within": "1d"})
    expecting = use_case.model_copy(update={"schedule": ScheduleSection(expect=expect)})
    arrivals = {
        "2013-03-10": ("2012-11", "2012-12"),
        "2013-04-01": ("2013-03",),
        "2013-04-03": ("2013-01", "2013-02"),
        "2013-05-03": ("2013-04",),
    }
    with opened(use_case) as ledger:
        for day, spans in arrivals.items():
            _at(monkeypatch, day)
            for span in spans:
                _land(use_case, span)
                _judged(ledger, span, "A", "OK", "Fine.")
    reasons = {span: texts[1:] for span, texts in _reasons(expecting).items()}
    newer = ["It arrived on 2013-04-03T06:00:00Z, after the newer span 2013-03."]
    late = "late: 2 d 6 h after the end of its period (`schedule.expect.within` is 1 d)"
    assert reasons == {
        **{key: [] for key in ("2012-11", "2012-12", "2013-03")},
        **dict.fromkeys(("2013-01", "2013-02"), newer),
        "2013-04": [f"It arrived on 2013-05-03T06:00:00Z, {late}."],
    }


def test_with_wait_a_span_after_a_missing_one_waits_and_names_it(use_case: UseCase) -> None:
    waiting = use_case.model_copy(update={"exports": use_case.exports.model_copy(update={"gap": "wait"})})
    for span in ("2013-01", "2013-03"):
        _land(use_case, span)
    with opened(use_case) as ledger:
        states = {state["span"]: state for state in span_states(waiting, ledger)}
    assert [each["state"] for each in states.values()] == ["NEW", "MISSING", "WAITING"]
    assert states["2013-03"]["reasons"] == ["Span 2013-02 is missing before it (`exports.gap: wait`)."]
    assert widest(spans_block([*states.values()])) <= WIDEST


def test_missing_spans_that_follow_each_other_are_one_line_up_to_a_rejected_one() -> None:
    why = ["It is missing between spans that are there.", "It has been expected since 2013-02-02T00:00:00Z."]
    absent = {"state": "MISSING", "version": None, "in_use": None, "rows": None}
    given_up = {"reasons": ["It is not waited for."], "decision": {"decision": "reject", "why": "a strike"}}
    states = [state(span=f"2013-02-0{day}", reasons=why, **absent) for day in (1, 2, 3)]
    block = spans_block([*states, state(span="2013-02-04", **absent, **given_up)])
    assert block.splitlines() == [
        "  2013-02-01    MISSING  3 spans, up to 2013-02-03, are missing between spans that are there. The",
        "                         first has been expected since 2013-02-02T00:00:00Z.",
        "  2013-02-04    MISSING  It is not waited for. (rejected: a strike)",
    ]
