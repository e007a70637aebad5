"""The candidates that wait, as the ledger has them."""

from pathlib import Path
from typing import Any

import pytest

from perennial.store.ledger import Ledger


@pytest.fixture
def store(tmp_path: Path) -> Any:
    """A ledger."""
    ledger = Ledger(tmp_path / "ledger.db")
    yield ledger
    ledger.close()


def _facts(model: str) -> dict[str, Any]:
    return {"model": model, "digest": "d", "card": {"label": "late"}, "champion": 1, "withheld": "ask"}


def test_one_candidate_waits_at_most(store: Ledger) -> None:
    assert (store.candidates.waiting(), store.candidates.last()) == (None, None)
    for run_id in ("first", "second"):
        store.candidates.wait(run_id, _facts(f"/model/{run_id}"))
    candidate = store.candidates.waiting()
    assert candidate is not None
    assert (candidate.run_id, candidate.model, candidate.champion) == ("second", Path("/model/second"), 1)
    assert (candidate.card, candidate.withheld) == ({"label": "late"}, "ask")
    first = store.candidates.of_run("first")
    assert first is not None
    assert (first["state"], first["version"]) == ("replaced", None)


def test_a_candidate_that_cannot_be_recorded_replaces_none(store: Ledger) -> None:
    store.candidates.wait("first", _facts("/model/1"))
    with pytest.raises(Exception, match="UNIQUE"):
        store.candidates.wait("first", _facts("/model/2"))
    candidate = store.candidates.waiting()
    assert candidate is not None
    assert candidate.model == Path("/model/1")


def test_what_became_of_a_candidate_stays_so(store: Ledger) -> None:
    store.candidates.wait("first", _facts("/model/1"))
    store.candidates.note_pushed("first", 2, "Ada")
    store.candidates.note_void("first", "Live has changed.")
    store.candidates.note_replaced()
    row = store.candidates.last()
    assert row is not None
    assert (row["state"], row["version"], row["who"], row["why"]) == ("pushed", 2, "Ada", "ask")
    assert store.candidates.waiting() is None
    store.candidates.wait("second", _facts("/model/2"))
    store.candidates.note_void("second", "Live has changed.")
    row = store.candidates.last()
    assert row is not None
    assert (row["state"], row["why"]) == ("void", "Live has changed.")
