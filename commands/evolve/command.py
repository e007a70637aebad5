"""The command `evolve`: the edit of a use case that its changed table needs."""

import argparse
from pathlib import Path

from commands.command_output import CommandOutput


def arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the command's own arguments."""
    parser.add_argument("name", metavar="NAME", help="the use case")
    parser.add_argument(
        "--from",
        dest="path",
        metavar="EXPORT",
        type=Path,
        required=True,
        help="an export with the changed columns: a folder, or one file",
    )
    parser.add_argument("--apply", action="store_true", help="write the edit; without it nothing is changed")
    parser.add_argument(
        "--rename",
        metavar="OLD=NEW",
        action="append",
        default=[],
        help="the column OLD of the schema is NEW in the export",
    )
    parser.add_argument(
        "--drop",
        metavar="OLD",
        action="append",
        default=[],
        help="the column OLD of the schema is gone; none of the export's columns is it",
    )


def command(options: argparse.Namespace) -> CommandOutput:
    """Compares, prints the edit, and writes it if asked to."""
    from commands.evolve.writing import finish, refuse_half
    from pipeline import config
    from pipeline.ledgers import opened

    if options.apply:
        finish(config.REPOSITORY, options.name)
    refuse_half(config.REPOSITORY, options.name)
    use_case = config.load(options.name)
    config.quieten()
    from commands.evolve.evolve import evolve
    from commands.evolve.output import block
    from commands.evolve.rename_answers import answers_of

    answers = answers_of(options.rename, options.drop)
    with opened(use_case, make=False) as ledger:
        proposal = evolve(use_case, ledger, options.path.absolute(), answers, config.REPOSITORY)
    if options.apply:
        proposal = proposal.applied(config.REPOSITORY)
    return CommandOutput(proposal.as_json(), block(proposal), proposal.exit_code)
