"""A ledger of the test's own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from perennial.store.ledger import Ledger


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    opened = Ledger(tmp_path / "ledger.db")
    yield opened
    opened.close()
