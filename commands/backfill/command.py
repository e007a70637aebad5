"""The command `backfill`: runs for the spans of a range that were missed or failed, after a plan."""

import argparse
import sys

from commands.command_output import CommandOutput
from perennial.errors import UsageError


def arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the command's own arguments."""
    parser.add_argument("name", metavar="NAME", help="the use case")
    parser.add_argument("--from", dest="first", metavar="SPAN", help="the first span, or a date in it")
    parser.add_argument("--to", dest="last", metavar="SPAN", help="the last span, or a date in it")
    parser.add_argument(
        "--which",
        choices=("missing", "failed", "all"),
        default="missing",
        help="missing: never read (default); failed: refused, blocked or waiting; all: every export",
    )
    parser.add_argument(
        "--each", action="store_true", help="a training for each span, not one at the end, in data order"
    )
    parser.add_argument("--dry-run", action="store_true", help="print the plan, and change nothing")
    parser.add_argument(
        "--cancel", action="store_true", help="give up the backfill that has not ended; what it read stays"
    )


def command(options: argparse.Namespace) -> CommandOutput:
    """Plans, and unless that is all that is asked for, runs."""
    from commands.backfill import backfill, order, output
    from pipeline import config

    use_case = config.load(options.name)
    if options.cancel:
        if options.first or options.last or options.dry_run:
            raise UsageError("--cancel takes no range.", f"Run `backfill {options.name} --cancel`.")
        content = backfill.cancel(use_case)
        return CommandOutput(
            {"use_case": use_case.name, **content}, output.cancelled_text(use_case.name, content)
        )
    if not (options.first and options.last):
        raise UsageError(
            "`backfill` needs the first and the last span.",
            f"Add --from SPAN --to SPAN; `spans {options.name}` lists the spans.",
        )
    wanted = order.made(use_case, options.first, options.last, options.which, is_each=options.each)
    plan, content = backfill.planned(use_case, wanted, is_dry=options.dry_run)
    content["dry_run"] = options.dry_run
    text = output.plan_block(content, use_case.run.deadline)
    if options.dry_run:
        return CommandOutput({**content, "exit_code": 0}, text)
    from commands.backfill.run_once import runs_of

    print(text, file=sys.stderr, flush=True)  # noqa: T201
    content = backfill.carry_out(use_case, plan, content, runs_of(options.name))
    return CommandOutput(content, output.outcome_block(content), content["exit_code"])
