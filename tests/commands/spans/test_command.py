"""What `spans` answers, and a person's judgement of one."""

from pathlib import Path

from pipeline import config
from pipeline.ledgers import opened
from tests.commands.versions import Ask


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
