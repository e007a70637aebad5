"""A past of four spans that runs did not read yet."""

from pathlib import Path

import pytest

from tests.pipeline.backtest.past import PastScene


@pytest.fixture
def past(tmp_path: Path) -> PastScene:
    """Four spans have landed, and nothing ran."""
    made = PastScene(tmp_path)
    for span in ("1", "2", "3", "4"):
        made.land(span)
    return made
