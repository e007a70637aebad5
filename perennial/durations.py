"""Lengths of time as a YAML writes them."""

import re
from typing import Annotated

from pydantic import BeforeValidator, Field

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def _seconds(value: object) -> object:
    """Turns `90s`, `30m`, `2h`, `1d` or a number of seconds into seconds."""
    if isinstance(value, bool):
        raise ValueError("expected a time such as 90s, 30m, 2h or 1d, got true or false")
    match = re.fullmatch(r"(\d+)([smhd])", value) if isinstance(value, str) else None
    return int(match[1]) * _UNITS[match[2]] if match else value


Seconds = Annotated[
    int,
    BeforeValidator(_seconds),
    Field(gt=0, description="a time such as 90s, 30m, 2h or 1d", json_schema_extra={"type": "string"}),
]

# How long something is kept. A number alone, such as 90 where days are meant, is too short to be taken.
Age = Annotated[
    int,
    BeforeValidator(_seconds),
    Field(
        ge=3600,
        le=36500 * 86400,
        description="a time from 1h to 36500d, such as 90d",
        json_schema_extra={"type": "string"},
    ),
]
