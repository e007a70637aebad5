"""The command `report`: gives the path of a run's page, and makes it where it is not as it would be now."""

import argparse

from commands.command_output import CommandOutput


def arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the command's own arguments."""
    parser.add_argument("name", metavar="NAME", nargs="?", help="the use case; default: all of them")
    parser.add_argument("run", metavar="RUN", nargs="?", help="the id of a run; default: the last one")


def command(options: argparse.Namespace) -> CommandOutput:
    """Gives the path of a run's page, or of the last run's of each use case."""
    from commands.report.report import last_reports, report
    from pipeline import config

    if options.name:
        made = report(config.load(options.name), options.run)
        return CommandOutput(made, made["report"])
    reports = last_reports([config.load(name) for name in config.use_case_names()])
    lines = [f"{each['use_case']}  {each['verdict']}  {each['report']}" for each in reports]
    return CommandOutput({"reports": reports}, "\n".join(lines) or "No run has ended yet.")
