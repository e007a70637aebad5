"""The command `schedule`: runs use cases when they are due, pauses and resumes one, prints it for others."""

import argparse

from commands.command_output import CommandOutput
from commands.schedule.printing.kinds import KINDS, Scheduler
from perennial.errors import UsageError


def arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the command's own arguments."""
    parser.usage = (
        "local_runner.py schedule [NAME ...] [--once] [--max-concurrent-runs N] [--json]\n"
        "       local_runner.py schedule pause|resume NAME --why WHY [--json]\n"
        "       local_runner.py schedule --print cron|systemd|k8s|airflow NAME [--json]"
    )
    parser.add_argument(
        "names",
        metavar="NAME",
        nargs="*",
        help="use cases; default: all that have `schedule.cron` or `schedule.on_new_export`."
        " `pause NAME` and `resume NAME` are about one of them",
    )
    parser.add_argument("--once", action="store_true", help="one round: run what is due, then exit")
    parser.add_argument(
        "--max-concurrent-runs", metavar="N", type=int, help="runs at the same time (default: 1)"
    )
    parser.add_argument("--why", default="", help="the reason; required with pause and resume")
    parser.add_argument(
        "--print",
        dest="kind",
        choices=KINDS,
        help="print the definition of NAME's runs for another scheduler; nothing is started",
    )


def command(options: argparse.Namespace) -> CommandOutput:
    """Runs until it is stopped, or one round; pauses or resumes a use case; prints a definition."""
    from commands.schedule.pausing import pause_or_resume
    from commands.schedule.work import run_forever, run_once

    _expect_one_form(options)
    if options.kind:
        return _printed(options.kind, options.names[0])
    if options.names[:1] in (["pause"], ["resume"]):
        return pause_or_resume(options.names[0], options.names[1:], options.why)
    if options.once:
        return run_once(options.names)
    return run_forever(options.names, options.max_concurrent_runs or 1)


def _expect_one_form(options: argparse.Namespace) -> None:
    """Expects the options of one form of the command only.

    Raises:
        UsageError: They are of several, or a value is wrong.
    """
    is_running = options.once or options.max_concurrent_runs is not None
    if options.kind and (is_running or options.why or len(options.names) != 1):
        raise UsageError(
            "--print: expected one use case and no other option.",
            f"Run `schedule --print {options.kind} NAME`.",
        )
    is_pausing = options.names[:1] in (["pause"], ["resume"])
    if is_pausing and is_running:
        raise UsageError(f"`{options.names[0]}` takes NAME and --why only.", "Remove the other options.")
    if options.why and not is_pausing:
        raise UsageError("--why goes with `pause` and `resume` only.", "Remove it.")
    if options.max_concurrent_runs is not None and (options.once or options.max_concurrent_runs < 1):
        raise UsageError(
            "--max-concurrent-runs: expected a number from 1 on, and no --once.",
            "With --once runs follow one another.",
        )


def _printed(kind: Scheduler, name: str) -> CommandOutput:
    from commands.schedule.printing.definition import definition
    from commands.schedule.printing.surroundings import here
    from pipeline import config

    text = definition(kind, config.load(name), here())
    return CommandOutput({"use_case": name, "kind": kind, "definition": text}, text.rstrip("\n"))
