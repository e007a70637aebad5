"""The entry point of the command line: `python local_runner.py COMMAND [NAME] [options]`."""

import sys

from commands.command_line import main

__all__ = ["main"]

if __name__ == "__main__":
    sys.exit(main())
