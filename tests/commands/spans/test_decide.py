"""What `spans` answers, and a person's judgement of one."""

from pathlib import Path

import pytest

from commands.spans.decide import decide
from perennial.errors import UsageError
from pipeline import config
from pipeline.config import UseCase
from pipeline.ledgers import opened
from tests.commands.versions import Ask


def test_a_judgement_is_written_down_with_its_reason(use_case: UseCase) -> None:
    with opened(use_case) as ledger:
        version = ledger.arrive("2013-01", "A")
        ledger.judge(version, "BLOCK", ["Too few rows."], rows=7, quarantined=1, judged_with="", run_id="r")
    state = decide(use_case, "accept", "2013-01", "a strike")
    assert state["decision"] == {"decision": "accept", "why": "a strike"}
    assert (state["state"], state["in_use"]) == ("BLOCK", 1)


def test_a_judgement_needs_a_reason(use_case: UseCase) -> None:
    with pytest.raises(UsageError, match="needs a reason"):
        decide(use_case, "accept", "2013-01", "  ")


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
        version = ledger.arrive("2013-01", "A")
        ledger.judge(version, "BLOCK", ["Drift."], rows=7, quarantined=0, judged_with="", run_id="r")
    code, reply = answer("spans", "flights", "accept", "2013-01", "--why", "a strike")
    assert (code, reply["in_use"]) == (0, 1)
    assert reply["decision"] == {"decision": "accept", "why": "a strike"}
