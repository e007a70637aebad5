"""The command `prune`: what nothing needs any more goes; why the rest stays."""

import argparse

from commands.command_output import CommandOutput


def arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the command's own arguments."""
    parser.add_argument("name", metavar="NAME", nargs="?", help="the use case; default: all of them")
    parser.add_argument(
        "--dry-run", action="store_true", help="say what would go and why the rest stays; remove nothing"
    )


def command(options: argparse.Namespace) -> CommandOutput:
    """Prunes one use case, or all."""
    from commands.prune.block import block_of_all, pruned_block
    from commands.prune.prune import prune_all, prune_one
    from pipeline import config

    if options.name:
        content = prune_one(config.load(options.name), is_dry=options.dry_run)
        return CommandOutput(content, pruned_block(content))
    content, exit_code = prune_all(config.use_case_names(), is_dry=options.dry_run)
    return CommandOutput(content, block_of_all(content), exit_code)
