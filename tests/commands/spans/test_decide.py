"""What `spans` answers, and a person's judgement of one."""

import pytest

from commands.spans.decide import decide
from perennial.errors import UsageError
from pipeline.config import UseCase
from pipeline.ledgers import opened


def test_a_judgement_is_written_down_with_its_reason(use_case: UseCase) -> None:
    with opened(use_case) as ledger:
        version = ledger.spans.arrive("2013-01", "A")
        ledger.spans.judge(
            version, "BLOCK", ["Too few rows."], rows=7, quarantined=1, judged_with="", run_id="r"
        )
    state = decide(use_case, "accept", "2013-01", "a strike")
    assert state["decision"] == {"decision": "accept", "why": "a strike"}
    assert (state["state"], state["in_use"]) == ("BLOCK", 1)


def test_a_judgement_needs_a_reason(use_case: UseCase) -> None:
    with pytest.raises(UsageError, match="needs a reason"):
        decide(use_case, "accept", "2013-01", "  ")


def test_a_missing_span_never_comes_if_a_person_says_so_until_they_take_it_back(use_case: UseCase) -> None:
    with opened(use_case) as ledger:
        for span in ("2013-01", "2013-03"):
            version = ledger.spans.arrive(span, "A")
            ledger.spans.judge(version, "OK", [], rows=7, quarantined=0, judged_with="", run_id="r")
    with pytest.raises(UsageError, match="Span 2013-02 is missing: there is nothing to accept"):
        decide(use_case, "accept", "2013-02", "I want it")
    state = decide(use_case, "reject", "2013-02", "a strike")
    assert (state["state"], state["reasons"]) == ("MISSING", ["It is not waited for."])
    assert state["decision"] == {"decision": "reject", "why": "a strike"}
    with opened(use_case) as ledger:
        assert ledger.spans.absent() == {"2013-02": "a strike"}
    taken_back = decide(use_case, "accept", "2013-02", "It comes after all")
    assert "decision" not in taken_back
    with opened(use_case) as ledger:
        assert ledger.spans.absent() == {}
        ledger.spans.decide_absent("2013-02", "reject", "a strike")
        version = ledger.spans.arrive("2013-02", "A")
        assert (version.version, version.rejected) == (1, False)


@pytest.mark.parametrize("span", ["2013-04", "2012-12", "2013-13", "x"])
def test_a_span_that_is_not_missing_between_others_cannot_be_rejected(use_case: UseCase, span: str) -> None:
    with opened(use_case) as ledger:
        for there in ("2013-01", "2013-03"):
            ledger.spans.arrive(there, "A")
    with pytest.raises(UsageError, match=f"No complete export of span {span} has arrived, and it is not"):
        decide(use_case, "reject", span, "never")
