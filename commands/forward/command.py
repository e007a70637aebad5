"""The command `forward`: undoes the last rollback that is not undone yet."""

import argparse

from commands.command_output import CommandOutput


def arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the command's own arguments."""
    parser.add_argument("name", metavar="NAME", help="the use case")
    parser.add_argument("--why", required=True, help="the reason")


def command(options: argparse.Namespace) -> CommandOutput:
    """Publishes again what was live before the rollback."""
    from commands.forward.forward import undo_rollback
    from commands.rollback.roll_back import restored_text
    from pipeline import config

    content = undo_rollback(config.load(options.name), options.why)
    sentence = (
        f"Version {content['live_version']} is live; it restores version {content['restores']} and undoes the"
        f" rollback that made version {content['undoes']} live."
    )
    return CommandOutput(content, restored_text(content, sentence))
