"""The gate's settings, as flights has them."""

import json

import pytest

from components.data_gate.settings import Settings
from tests.flights_spans import GATE


@pytest.fixture
def settings() -> Settings:
    return Settings.parse(json.dumps(GATE))
