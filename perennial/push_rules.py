"""Whether a candidate that passed may be pushed at a moment, by `schedule.push` and `schedule.freeze`."""

import json
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from serving.reading.time_zones import zone

# Why a candidate is not pushed: a person decides about each, or nothing is pushed on this day.
Withheld = Literal["ask", "freeze"]
WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True)
class PushRules:
    """When a candidate that passed is pushed.

    Attributes:
        push: Whether a run pushes it, or a person does with `approve`.
        freeze: Weekdays (`sat`) and dates (`2026-12-24`) on which no run pushes.
        timezone: IANA name of the zone of these days.
    """

    push: Literal["auto", "ask"] = "auto"
    freeze: tuple[str, ...] = ()
    timezone: str = "UTC"

    @classmethod
    def from_json(cls, text: str) -> "PushRules":
        """The rules that `to_json` wrote."""
        content = json.loads(text)
        return cls(content["push"], tuple(content["freeze"]), content["timezone"])

    def to_json(self) -> str:
        """The rules as text."""
        return json.dumps(asdict(self))

    def frozen_by(self, now: datetime) -> str:
        """The entry of `freeze` that this moment falls on; empty if there is none."""
        day = now.astimezone(zone(self.timezone)).date()
        names = (day.isoformat(), WEEKDAYS[day.weekday()])
        return next((name for name in names if name in self.freeze), "")

    def end_of_freeze(self, now: datetime) -> datetime | None:
        """The first moment from this one on on which `freeze` has no entry; None: it has all weekdays."""
        if not self.frozen_by(now):
            return now
        today = now.astimezone(zone(self.timezone)).date()
        days = (today + timedelta(days=ahead) for ahead in range(1, len(self.freeze) + len(WEEKDAYS) + 1))
        midnights = (datetime(day.year, day.month, day.day, tzinfo=zone(self.timezone)) for day in days)
        return next((midnight for midnight in midnights if not self.frozen_by(midnight)), None)

    def withhold(self, now: datetime) -> Withheld | None:
        """Why nothing is pushed at this moment; None if it may be pushed."""
        if self.push == "ask":
            return "ask"
        return "freeze" if self.frozen_by(now) else None

    def sentence(self, now: datetime, use_case: str) -> str:
        """Why a candidate waits from this moment on, and for what; empty if it may be pushed."""
        withheld = self.withhold(now)
        if withheld == "ask":
            return f"The candidate waits for `approve {use_case}`: `schedule.push` is ask."
        if withheld == "freeze":
            return (
                f"The candidate waits: `schedule.freeze` has {self.frozen_by(now)}. The first run after the"
                f" freeze pushes it, or `approve {use_case}` at once."
            )
        return ""
