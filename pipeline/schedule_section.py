"""The section `schedule` of a use case's YAML: when it runs and pushes, what is expected, who is informed."""

import datetime
import re
from pathlib import Path
from typing import Annotated, Final, Literal

from cronsim import CronSim, CronSimError
from pydantic import BeforeValidator, Field, field_validator

from perennial.durations import Seconds
from perennial.push_rules import WEEKDAYS
from perennial.section import Section
from pipeline.cell_settings import check_time_zone

_FULL: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_CRON: Final = 'expected five fields: minute, hour, day of month, month, weekday, such as "30 5 * * *"'


def _day(value: object) -> object:
    """A date as text, and a weekday by its first three letters."""
    if isinstance(value, datetime.date) and not isinstance(value, datetime.datetime):
        return value.isoformat()
    if isinstance(value, str) and value.lower() in _FULL:
        return value.lower()[:3]
    if isinstance(value, str) and value.lower() in WEEKDAYS:
        return value.lower()
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", value, re.ASCII):
        try:
            return datetime.date.fromisoformat(value).isoformat()
        except ValueError:
            pass
    raise ValueError("expected a weekday or a date, such as sat or 2026-12-24")


FrozenDay = Annotated[
    str, BeforeValidator(_day), Field(description="a weekday or a date, such as sat or 2026-12-24")
]


class Expectation(Section):
    """How often a span is expected, and how late it may be.

    Attributes:
        every: Seconds from one span to the next.
        within: Seconds after the end of a span's period until it is late.
    """

    every: Seconds
    within: Seconds


class ScheduleSection(Section):
    """When a use case runs, when it pushes, what is expected of its exports, and who is informed.

    Attributes:
        cron: When it runs, in five fields, by the rules of Debian's cron; None: not by the clock.
        timezone: Zone of `cron` and `freeze`.
        on_new_export: Seconds between two looks for new exports; None: it runs by `cron` only.
        retry: Seconds from a FAILED run to the next try, for each try.
        catch_up: What happens after times of `cron` that were missed: one run, a run for each span, or none.
        catch_up_window: A missed time that lies further back, in seconds, is not caught up.
        expect: How often a span is expected; None: nothing is ever overdue.
        push: Whether a run pushes a candidate that passed, or asks a person to `approve` it.
        freeze: Weekdays and dates on which no run pushes.
        stop_within: Seconds that a run has to end by itself once the schedule is asked to stop.
        ping_url_env: Name of the environment variable with the URL that is called at the start and the end of
            a run; None: none is called.
        metrics_file: File of the metrics; None: `metrics.prom` in the home.
    """

    cron: str | None = None
    timezone: str = "UTC"
    on_new_export: Seconds | None = None
    retry: Annotated[tuple[Seconds, ...], Field(description="a list of times such as [5m, 30m, 2h]")] = (
        300,
        1800,
        7200,
    )
    catch_up: Literal["latest_once", "all", "skip"] = "latest_once"
    catch_up_window: Seconds = 365 * 86400
    expect: Expectation | None = None
    push: Literal["auto", "ask"] = "auto"
    freeze: Annotated[
        tuple[FrozenDay, ...], Field(description="a list of weekdays and dates such as [sat, 2026-12-24]")
    ] = ()
    stop_within: Seconds = 1800
    ping_url_env: Annotated[
        str | None, Field(description="the name of an environment variable, such as PING_URL")
    ] = None
    metrics_file: Annotated[Path | None, Field(description="a file")] = None

    @field_validator("cron")
    @classmethod
    def _five_fields(cls, value: str | None) -> str | None:
        if value is None:
            return None
        if len(value.split()) != 5:
            raise ValueError(f"{_CRON}; got {len(value.split())}")
        try:
            # An expression that never comes true, such as 31 February, ends here too.
            next(CronSim(value, datetime.datetime(2024, 1, 1)))
        except (CronSimError, StopIteration) as error:
            raise ValueError(f"{_CRON}; {str(error) or 'this time never comes'}") from error
        return value

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        check_time_zone(value)
        return value

    @field_validator("ping_url_env")
    @classmethod
    def _is_variable(cls, value: str | None) -> str | None:
        # The value is not repeated: it may be the URL itself, which is a secret.
        if value is not None and not _VARIABLE.fullmatch(value):
            raise ValueError("expected the name of an environment variable, such as PING_URL, not the URL")
        return value

    @property
    def is_scheduled(self) -> bool:
        """Whether `schedule` runs the use case."""
        return bool(self.cron or self.on_new_export)
