"""What starts a run."""

from typing import Final, Literal, get_args

# By hand or by another scheduler, by `backfill`; or by `schedule`, for one of its reasons.
Trigger = Literal["manual", "backfill", "cron", "catch_up", "new_export", "retry"]
TRIGGERS: Final[tuple[Trigger, ...]] = get_args(Trigger)
# Of runs that the schedule did not start; "" of an older release's.
NOT_SCHEDULED: Final = ("", "manual", "backfill")
