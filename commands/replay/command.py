"""The command `replay`: writes past exports of real data, as if they had just arrived."""

import argparse

from commands.command_output import CommandOutput
from perennial.text import plural


def arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the command's own arguments."""
    parser.add_argument("name", metavar="NAME", help="the use case")
    parser.add_argument("--through", metavar="SPAN", required=True, help="the last span to write")
    parser.add_argument(
        "--every", choices=("month", "day"), default="month", help="length of a span (default: month)"
    )


def command(options: argparse.Namespace) -> CommandOutput:
    """Writes the exports; names those that it wrote."""
    from commands.replay.replay import replay
    from pipeline import config
    from pipeline.export_folders import expect_folder

    use_case = config.load(options.name)
    expect_folder(use_case)
    use_case.make_root()
    written = replay(options.name, use_case.exports_folder, options.through, options.every)
    text = f"{plural(len(written), 'span')} written to {use_case.exports_folder}"
    if options.every != use_case.exports.span:
        text += f"\n  exports.span is {use_case.exports.span}: `run` does not use spans of a {options.every}."
    content = {"use_case": options.name, "exports": str(use_case.exports_folder), "written": written}
    return CommandOutput(content, text)
