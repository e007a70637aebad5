"""Rows are counted, and the count is shown on standard error now and then."""

import pytest

from commands.predict import progress
from commands.predict.progress import RowProgress


def test_the_count_is_shown_once_it_was_not_shown_for_a_while(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = RowProgress()
    rows.add(1_000)
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(progress, "_LINES", 0.0)
    rows.add(234)
    rows.end()
    assert rows.rows == 1_234
    assert capsys.readouterr().err.startswith("1,234 rows, ")
