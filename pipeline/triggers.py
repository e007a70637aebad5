"""What starts a run."""

from typing import Final, Literal, get_args

# By hand or by another scheduler; or by `schedule`, for one of its reasons.
Trigger = Literal["manual", "cron", "catch_up", "new_export", "retry"]
TRIGGERS: Final[tuple[Trigger, ...]] = get_args(Trigger)
