"""The command `status`: what is live and since when, last runs, what waits or is odd, open alerts."""

import argparse

from commands.command_output import CommandOutput


def arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the command's own arguments."""
    parser.add_argument("name", metavar="NAME", nargs="?", help="the use case; default: all of them")


def command(options: argparse.Namespace) -> CommandOutput:
    """Shows the status of one use case, or of each of them."""
    from commands.status.status import status
    from commands.status.text import status_block
    from pipeline import config

    names = [options.name] if options.name else config.use_case_names()
    summaries = [status(config.load(name)) for name in names]
    content = summaries[0] if options.name else {"use_cases": summaries}
    return CommandOutput(content, "\n\n".join(status_block(each) for each in summaries))
