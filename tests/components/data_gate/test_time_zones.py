"""Times that were converted, or that have no zone where one is set, are reported."""

from typing import Any

import pytest

from components.data_gate.settings import GateSettings
from components.data_gate.time_zones import judge_zones

MIXED = {"zoned": 3, "zones": ["+01:00", "+02:00"], "unzoned": 1}
BERLIN = {"zoned": 1, "zones": ["Europe/Berlin"], "unzoned": 0}
UTC = {"zoned": 3, "zones": ["+00:00"], "unzoned": 0}
PLAIN = {"zoned": 0, "zones": [], "unzoned": 5}


@pytest.mark.parametrize(
    ("count", "time_zone", "kind", "severity", "figures"),
    [
        (
            MIXED,
            "",
            "time_converted",
            "warn",
            "3 times with an offset or a zone, converted to UTC (2 in use: +01:00",
        ),
        (
            BERLIN,
            "",
            "time_converted",
            "warn",
            "1 time with an offset or a zone, converted to UTC (1 in use: Europe",
        ),
        (
            MIXED,
            "Europe/Berlin",
            "time_unzoned",
            "note",
            "1 time without an offset or a zone; taken as the wall",
        ),
        (
            PLAIN,
            "UTC",
            "time_unzoned",
            "note",
            "5 times without an offset or a zone; taken as the wall clock of UTC",
        ),
    ],
)
def test_a_clock_that_may_not_be_meant_is_reported(
    count: dict[str, Any], time_zone: str, kind: str, severity: str, figures: str
) -> None:
    (anomaly,) = judge_zones({"zones": {"when": count}}, time_zone, GateSettings())
    assert (anomaly.feature, anomaly.kind, anomaly.severity) == ("when", kind, severity)
    assert anomaly.message.startswith(f"Column `when`: {figures}")


@pytest.mark.parametrize(
    ("count", "time_zone"), [(UTC, ""), (PLAIN, ""), (UTC, "UTC"), (BERLIN, "Asia/Kolkata")]
)
def test_what_is_as_it_was_written_or_as_it_was_set_is_no_finding(
    count: dict[str, Any], time_zone: str
) -> None:
    assert list(judge_zones({"zones": {"when": count}}, time_zone, GateSettings())) == []
