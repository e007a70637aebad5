"""What `replay` answers."""

from pathlib import Path

import pytest

from commands.command_line import main
from pipeline.use_cases import flights
from tests.commands.versions import Ask
from tests.flights_past import past_rows


def test_spans_are_counted_and_a_length_that_run_does_not_use_is_reported(
    home: Path, answer: Ask, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flights, "past_rows", past_rows)
    exports = home / "exports" / "flights"
    days = ["replay", "flights", "--every", "day", "--through", "2013-01-02"]
    assert main(days) == 0
    assert capsys.readouterr().out.splitlines() == [
        f"2 spans written to {exports}",
        "  exports.span is month: `run` does not use spans of a day.",
    ]
    assert main([*days[:-1], "2013-01-03"]) == 0
    assert capsys.readouterr().out.startswith(f"1 span written to {exports}\n")
    assert sorted(path.name for path in exports.iterdir()) == ["2013-01-01", "2013-01-02", "2013-01-03"]
    assert answer(*days) == (0, {"use_case": "flights", "exports": str(exports), "written": []})
