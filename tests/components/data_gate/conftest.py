"""The gate's settings, as flights has them."""

import pytest

from components.data_gate.settings import GateSettings
from tests.flights_spans import GATE


@pytest.fixture
def settings() -> GateSettings:
    return GATE
