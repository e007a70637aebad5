"""How a span's times were written: which were converted, and which had no zone where one is set."""

from collections.abc import Iterator, Mapping
from typing import Any

from components.data_gate.anomalies import Anomaly
from components.data_gate.kinds import REMEDIES
from components.data_gate.settings import GateSettings
from perennial.text import plural
from serving.reading.time_zones import UTC_NAMES


def judge_zones(summary: Mapping[str, Any], time_zone: str, settings: GateSettings) -> Iterator[Anomaly]:
    """Reports times whose clock may be another than the one that is meant.

    Args:
        summary: Of the span's Examples; `zones` has a `ZoneCount` for each column of times.
        time_zone: `exports.time_zone`; "" where it is not set.
        settings: The policy.
    """
    for column, count in summary["zones"].items():
        if time_zone:
            if count["unzoned"]:
                text = (
                    f"Column `{column}`: {plural(count['unzoned'], 'time')} without an offset or a zone;"
                    f" taken as the wall clock of {time_zone}."
                )
                yield _anomaly(column, "time_unzoned", text, settings)
        elif set(count["zones"]) - UTC_NAMES:
            yield _anomaly(column, "time_converted", _converted(column, count), settings)


def _converted(column: str, count: Mapping[str, Any]) -> str:
    zones = count["zones"]
    others = f" {plural(count['unzoned'], 'time')} without any stay as they are." if count["unzoned"] else ""
    return (
        f"Column `{column}`: {plural(count['zoned'], 'time')} with an offset or a zone, converted to UTC"
        f" ({len(zones)} in use: {', '.join(zones)}).{others}"
    )


def _anomaly(column: str, kind: str, text: str, settings: GateSettings) -> Anomaly:
    return Anomaly(column, kind, settings.action(column, kind), f"{text} {REMEDIES[kind]}")
