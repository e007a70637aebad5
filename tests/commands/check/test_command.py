"""How the answer of `check` reads."""

from typing import Any

from commands.check.command import check_block
from tests.texts import LONG, WIDEST, widest


def _checked(**changes: Any) -> dict[str, Any]:
    row = {"file": "part-0.csv", "line": 7, "column": "temp", "reason": "expected a number, text came"}
    values: dict[str, Any] = {
        "environment": "TRAINING",
        "verdict": "BLOCK",
        "rows": 12000,
        "quarantined": 12,
        "notes": ["This is span 2013-02 as it has landed: OK, in use."],
        "reasons": [LONG],
        "quarantine": [row] * 11 + [row | {"column": "", "reason": LONG}],
        "not_checked": ["Drift was not checked: there is no previous accepted span."],
        "ignored_columns": ["gate", "note"],
    }
    return values | changes


def test_a_check_is_shown_with_the_first_rows_in_quarantine() -> None:
    block = check_block(_checked())
    lines = block.splitlines()
    assert lines[0] == "BLOCK  12,000 rows, 12 in quarantine"
    assert lines.count("  part-0.csv, line 7, temp: expected a number, text came") == 10
    assert "  Drift was not checked: there is no previous accepted span." in lines
    assert "  Ignored columns: gate, note" in lines
    assert lines[1] == "  This is span 2013-02 as it has landed: OK, in use."
    assert widest(block) <= WIDEST


def test_a_check_of_a_request_log_is_marked_as_one() -> None:
    first = check_block(_checked(environment="SERVING")).splitlines()[0]
    assert first == "BLOCK  12,000 rows, 12 in quarantine, read as requests"


def test_a_bad_row_as_a_whole_is_shown_as_one() -> None:
    row = {"file": "a.csv", "line": 2, "column": "", "reason": LONG}
    block = check_block(_checked(quarantine=[row], ignored_columns=[]))
    assert "  a.csv, line 2, row: The share" in block
    assert widest(block) <= WIDEST
