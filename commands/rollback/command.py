"""The command `rollback`: an older version live again, as a higher number."""

import argparse

from commands.command_output import CommandOutput


def arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the command's own arguments."""
    parser.add_argument("name", metavar="NAME", help="the use case")
    parser.add_argument("--to", metavar="VERSION", type=int, help="default: the version before the live one")
    parser.add_argument("--why", required=True, help="the reason")


def command(options: argparse.Namespace) -> CommandOutput:
    """Publishes the older version again."""
    from commands.rollback.roll_back import restored_text, roll_back
    from pipeline import config

    content = roll_back(config.load(options.name), options.to, options.why)
    sentence = (
        f"Version {content['live_version']} is live; it restores version {content['restores']}."
        f" Run `forward {options.name} --why ...` to undo this."
    )
    return CommandOutput(content, restored_text(content, sentence))
