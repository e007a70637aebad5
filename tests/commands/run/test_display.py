"""What a log shows of a run."""

import re

import pytest

from commands.run.display import PlainDisplay, display


def test_where_standard_error_is_no_terminal_each_node_is_a_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    shown = display()
    assert isinstance(shown, PlainDisplay)
    shown.node("ArrowExampleGen", "2013-01")
    shown.progress(1, 2, "rows")
    shown.node("Trainer", "")
    shown.close()
    lines = capsys.readouterr().err.splitlines()
    assert [re.sub(r"^ +[0-9.]+ s  ", "", line) for line in lines] == [
        "2013-01       ArrowExampleGen",
        "              Trainer",
    ]


def test_a_warning_is_a_line_also_after_the_end(capsys: pytest.CaptureFixture[str]) -> None:
    shown = display()
    shown.close()
    shown.warn("The metrics file [x] cannot be written.")
    assert capsys.readouterr().err == "The metrics file [x] cannot be written.\n"
