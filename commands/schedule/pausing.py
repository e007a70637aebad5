"""Pauses and resumes the schedule of a use case."""

from collections.abc import Sequence

from commands.command_output import CommandOutput
from perennial.errors import UsageError
from pipeline import config
from pipeline.ledgers import opened
from pipeline.schedule.standing import schedule_standing


def pause_or_resume(decision: str, names: Sequence[str], why: str) -> CommandOutput:
    """Records a pause or its end; gives the use case and where its schedule stands now.

    Raises:
        UsageError: There is not one name, no reason, or it is paused already, or not paused.
    """
    if len(names) != 1:
        raise UsageError(
            f"`schedule {decision}` needs one use case, got {len(names)}.",
            f"Run `schedule {decision} NAME --why ...`.",
        )
    name = names[0]
    use_case = config.load(name)
    if not why.strip():
        raise UsageError(f"`schedule {decision}` needs a reason.", "Add --why REASON.")
    with opened(use_case) as ledger:
        if decision == "pause":
            ledger.ticks.pause(why.strip())
        else:
            ledger.ticks.resume(why.strip())
    standing = schedule_standing(use_case)
    if decision == "pause":
        text = f"The schedule of {name} is paused; `run {name}` by hand works."
    else:
        runs = "no run catches" if use_case.schedule.catch_up == "skip" else "at most one run catches"
        text = f"The schedule of {name} is resumed: {runs} up the times of the pause."
    if not use_case.schedule.is_scheduled:
        text += " It has no times yet: set `schedule.cron` or `schedule.on_new_export`."
    return CommandOutput({"use_case": name, "schedule": standing}, text)
