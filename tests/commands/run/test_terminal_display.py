"""What a terminal shows of a run."""

import pytest

from commands.run.terminal_display import TerminalDisplay


def test_every_node_has_a_line_with_its_progress(capsys: pytest.CaptureFixture[str]) -> None:
    shown = TerminalDisplay()
    shown.node("ArrowExampleGen", "2013-01")
    shown.progress(1000, 26398, "rows")
    shown.node("Trainer", "")
    shown.progress(3, None, "epochs")
    shown.close()
    text = capsys.readouterr().err
    assert "2013-01" in text
    assert "ArrowExampleGen" in text
    assert "1,000 of 26,398 rows" in text
    assert "3 epochs" in text


def test_a_warning_is_shown_as_it_is_also_after_the_end(capsys: pytest.CaptureFixture[str]) -> None:
    shown = TerminalDisplay()
    shown.close()
    shown.warn("The metrics file [x] cannot be written.")
    assert "The metrics file [x] cannot be written." in capsys.readouterr().err
