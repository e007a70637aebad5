"""What `spans` answers, and a person's judgement of one."""

from pathlib import Path

import pytest

from commands.command_line import main
from pipeline import config
from pipeline.ledgers import opened
from tests.commands.versions import Ask, publish


def test_spans_are_listed_with_their_reasons(home: Path, answer: Ask) -> None:
    (home / "exports" / "flights" / "2013-01").mkdir(parents=True)
    (home / "exports" / "flights" / "backup").mkdir(parents=True)
    code, reply = answer("spans", "flights")
    assert code == 0
    assert [(span["span"], span["state"]) for span in reply["spans"]] == [
        ("2013-01", "WAITING"),
        ("backup", "ODD"),
    ]
    assert reply["spans"][0]["reasons"] == ["No _SUCCESS file yet."]


def test_a_span_is_accepted_with_a_reason(home: Path, answer: Ask) -> None:
    use_case = config.load("flights")
    with opened(use_case) as ledger:
        version = ledger.spans.arrive("2013-01", "A")
        ledger.spans.judge(version, "BLOCK", ["Drift."], rows=7, quarantined=0, judged_with="", run_id="r")
    code, reply = answer("spans", "flights", "accept", "2013-01", "--why", "a strike")
    assert (code, reply["in_use"]) == (0, 1)
    assert reply["decision"] == {"decision": "accept", "why": "a strike"}


def test_a_judgement_needs_the_name_of_a_span(home: Path, answer: Ask) -> None:
    code, reply = answer("spans", "flights", "accept", "--why", "a strike")
    assert (code, reply["error"]) == (2, "`accept` needs the span's name.")
    assert reply["remedy"] == "Run `spans flights` to list the spans."


def test_a_rejection_of_what_the_live_version_knows_is_answered_with_that_and_shown_by_status(
    home: Path, answer: Ask, capsys: pytest.CaptureFixture[str]
) -> None:
    use_case = config.load("flights")
    with opened(use_case) as ledger:
        version = ledger.spans.arrive("2013-02", "A")
        ledger.spans.judge(version, "OK", [], rows=7, quarantined=0, judged_with="", run_id="r")
    spans = [{"span": "2013-02", "version": 1, "digest": "A", "rows": 7, "train_rows": 7}]
    publish(use_case, "one", spans=spans)
    assert answer("status", "flights")[1]["live_stale"] is None
    stale = "Version 1 was trained on span 2013-02, which is rejected."
    code, reply = answer("spans", "flights", "reject", "2013-02", "--why", "half of it")
    stale += " No accepted span is left to train on. Hand in rows with `land flights FILE`."
    assert (code, reply["in_use"], reply["live_stale"]) == (0, None, stale)
    assert answer("status", "flights")[1]["live_stale"] == stale
    assert main(["status", "flights"]) == 0
    assert stale in " ".join(capsys.readouterr().out.split())
    assert answer("spans", "flights", "accept", "2013-02", "--why", "it is right")[1]["live_stale"] is None


def test_a_later_finding_is_listed_beside_the_verdict(
    home: Path, answer: Ask, capsys: pytest.CaptureFixture[str]
) -> None:
    with opened(config.load("flights")) as ledger:
        version = ledger.spans.arrive("2013-02", "A")
        ledger.spans.judge(version, "OK", [], rows=7, quarantined=0, judged_with="", run_id="r")
        ledger.spans.note_later(version, "BLOCK", ["Too few rows."], judged_with="other settings")
    (span,) = answer("spans", "flights")[1]["spans"]
    assert (span["state"], span["in_use"]) == ("OK", 1)
    assert span["later"] == {"verdict": "BLOCK", "reasons": ["Too few rows."]}
    assert main(["spans", "flights"]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "As settings and code are now, it would be blocked: Too few rows." in shown


def test_a_missing_span_is_given_up_on_the_command_line_and_no_other_one(home: Path, answer: Ask) -> None:
    for span in ("2013-01", "2013-03"):
        folder = home / "exports" / "flights" / span
        folder.mkdir(parents=True)
        (folder / "_SUCCESS").touch()
    code, reply = answer("spans", "flights", "reject", "2013-02", "--why", "a strike")
    assert (code, reply["state"], reply["version"]) == (0, "MISSING", None)
    assert reply["decision"] == {"decision": "reject", "why": "a strike"}
    code, reply = answer("spans", "flights", "reject", "2013-04", "--why", "a strike")
    assert (code, reply["error"]) == (
        2,
        "No complete export of span 2013-04 has arrived, and it is not missing between two that have.",
    )
