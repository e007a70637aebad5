"""The ledger's backfills: one is open at most, and knows which of its spans are done."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from perennial.store.ledger import Ledger


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with closing(Ledger(tmp_path / "ledger.db")) as opened:
        yield opened


def _begin(ledger: Ledger, *spans: str) -> int | None:
    return ledger.backfills.begin("1", "9", "missing", is_each=False, spans=spans)


def test_none_is_open_in_a_new_ledger(ledger: Ledger) -> None:
    assert ledger.backfills.open() is None


def test_an_open_one_knows_what_is_done_and_what_is_left(ledger: Ledger) -> None:
    number = _begin(ledger, "1", "2", "3")
    assert number is not None
    ledger.backfills.note_done(number, ["2"], "a run")
    ledger.backfills.add(number, ["2", "4"])
    present = ledger.backfills.open()
    assert present is not None
    assert (present.number, present.first, present.last, present.which) == (number, "1", "9", "missing")
    assert (present.done, sorted(present.left), present.is_each) == (("2",), ["1", "3", "4"], False)


def test_a_second_one_begins_only_once_the_first_has_ended(ledger: Ledger) -> None:
    number = _begin(ledger, "1")
    assert number is not None
    assert _begin(ledger, "2") is None
    ledger.backfills.end(number, "exit code 0")
    ledger.backfills.end(number, "cancelled")  # it stays as it ended
    assert ledger.backfills.open() is None
    second = _begin(ledger, "2")
    assert second not in (None, number)
