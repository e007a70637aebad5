"""The command `history`: what was live when, and why."""

import argparse

from commands.command_output import CommandOutput


def arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the command's own arguments."""
    parser.add_argument("name", metavar="NAME", nargs="?", help="the use case; default: all of them")
    parser.add_argument(
        "--at",
        metavar="DATE|TIME",
        help="only what was live on this day (2013-05-01, in UTC) or at this time (2013-05-01T06:00:00Z)",
    )


def command(options: argparse.Namespace) -> CommandOutput:
    """Shows the history of one use case, or of each of them."""
    from commands.history.at import asked_moment
    from commands.history.history import history
    from commands.history.text import history_block
    from pipeline import config

    names = [options.name] if options.name else config.use_case_names()
    at = asked_moment(options.at) if options.at is not None else None
    histories = [history(config.load(name), at) for name in names]
    content = histories[0] if options.name else {"use_cases": histories}
    return CommandOutput(content, "\n\n".join(history_block(each) for each in histories))
