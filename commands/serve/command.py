"""The command `serve`: the server for use cases' live versions, and for any SavedModels."""

import argparse
from typing import NoReturn

from serving import command_line


def arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the command's own arguments, most of which are the server's."""
    parser.add_argument("names", metavar="NAME", nargs="*", help="a use case")
    command_line.add_models(parser)
    command_line.add_request_log(parser)
    command_line.add_server(parser)


def command(options: argparse.Namespace) -> NoReturn:
    """Becomes the server."""
    from commands.serve.serve import serve

    serve(options)
