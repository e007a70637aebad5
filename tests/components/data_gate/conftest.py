"""The gate's settings, as flights has them."""

import pytest

from components.data_gate.settings import Settings
from tests.flights_spans import GATE


@pytest.fixture
def settings() -> Settings:
    return GATE
