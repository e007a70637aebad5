"""Which versions are in use, and with which an export is compared."""

from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path

import pytest

from perennial import clock
from perennial.store.ledger import Ledger
from perennial.store.span_version import SpanVersion, Verdict
from pipeline.run.in_use import compared_with, row_counts_before


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    ledger = Ledger(tmp_path / "ledger.db")
    yield ledger
    ledger.close()


def _arrived(ledger: Ledger, monkeypatch: pytest.MonkeyPatch, hour: int, span: str, verdict: Verdict) -> None:
    monkeypatch.setattr(clock, "now", lambda: datetime(2024, 1, 1, hour, tzinfo=timezone.utc))
    version = ledger.spans.arrive(span, f"content at {hour}")
    ledger.spans.judge(version, verdict, [], rows=1, quarantined=0, judged_with="j", run_id="r")


def _current(ledger: Ledger, span: str) -> SpanVersion:
    version = ledger.spans.current(span)
    assert version
    return version


def test_an_accepted_version_is_compared_with_what_arrived_before_it_and_any_other_with_all(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    arrivals: list[tuple[str, Verdict]] = [("2", "OK"), ("1", "OK"), ("3", "BLOCK"), ("4", "WARN")]
    for hour, (span, verdict) in enumerate(arrivals):
        _arrived(ledger, monkeypatch, hour, span, verdict)

    def compared(span: str, version: SpanVersion | None, verdict: Verdict = "NEW") -> list[str]:
        return [each.span for each in compared_with(ledger, "number", span, version, verdict)]

    one, three = _current(ledger, "1"), _current(ledger, "3")
    assert compared("1", one, "OK") == ["2"]
    assert compared("1", one, "NEW") == ["4", "2"]
    assert compared("3", three, "BLOCK") == ["4", "2", "1"]
    assert compared("1", None) == ["4", "2"]
    assert compared("", None) == ["4", "2", "1"]
    # A second version arrives when it does, whatever the first was.
    _arrived(ledger, monkeypatch, 9, "2", "OK")
    assert compared("2", _current(ledger, "2"), "OK") == ["4", "1"]
    assert compared("1", one, "OK") == []


def test_the_rows_of_hours_are_compared_with_the_newest_of_their_hour_and_weekday(ledger: Ledger) -> None:
    for day in range(1, 31):
        for hour in (5, 17):
            version = ledger.spans.arrive(f"2024-01-{day:02}T{hour:02}", "A")
            ledger.spans.judge(version, "OK", [], rows=day, quarantined=0, judged_with="j", run_id="r")
    wednesdays = (("2024-01-10T17", 10), ("2024-01-17T17", 17), ("2024-01-24T17", 24))
    assert row_counts_before(ledger, "hour", "2024-01-31T17") == (("2024-01-03T17", 3), *wednesdays)
