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
