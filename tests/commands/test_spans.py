"""How the answer of `spans` reads."""

from commands.spans import spans_block
from tests.commands.span_states import state
from tests.texts import LONG, WIDEST, widest


def test_spans_are_told_with_what_is_in_use_and_what_was_said() -> None:
    said = {"decision": "accept", "why": LONG}
    block = spans_block(
        [
            state(),
            state(span="2013-02", state="BLOCK", version=2, reasons=[LONG], decision=said),
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


def test_no_spans_are_said_to_be_none() -> None:
    assert spans_block([]) == "No export has come."
