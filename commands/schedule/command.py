"""The command `schedule`: runs use cases when they are due; pauses and resumes one."""

import argparse

from commands.command_output import CommandOutput
from perennial.errors import UsageError


def arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the command's own arguments."""
    parser.usage = (
        "local_runner.py schedule [NAME ...] [--once] [--max-concurrent-runs N] [--json]\n"
        "       local_runner.py schedule pause|resume NAME --why WHY [--json]"
    )
    parser.add_argument(
        "names",
        metavar="NAME",
        nargs="*",
        help="use cases; default: all that have `schedule.cron` or `schedule.on_new_export`."
        " `pause NAME` and `resume NAME` stop and restart the schedule of one",
    )
    parser.add_argument("--once", action="store_true", help="one round: run what is due, then exit")
    parser.add_argument(
        "--max-concurrent-runs", metavar="N", type=int, help="runs at the same time (default: 1)"
    )
    parser.add_argument("--why", default="", help="the reason; required with pause and resume")


def command(options: argparse.Namespace) -> CommandOutput:
    """Runs the schedule until it is stopped, or one round; or pauses or resumes a use case."""
    from commands.schedule.pausing import pause_or_resume
    from commands.schedule.work import run_forever, run_once

    if options.names[:1] in (["pause"], ["resume"]):
        if options.once or options.max_concurrent_runs is not None:
            raise UsageError(f"`{options.names[0]}` takes NAME and --why only.", "Remove the other options.")
        return pause_or_resume(options.names[0], options.names[1:], options.why)
    if options.why:
        raise UsageError("--why goes with `pause` and `resume` only.", "Remove it.")
    if options.max_concurrent_runs is not None and (options.once or options.max_concurrent_runs < 1):
        raise UsageError(
            "--max-concurrent-runs: expected a number from 1 on, and no --once.",
            "With --once runs follow one another.",
        )
    if options.once:
        return run_once(options.names)
    return run_forever(options.names, options.max_concurrent_runs or 1)
