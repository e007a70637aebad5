"""The command `restore`: the use cases of a backup, in a home that does not have them."""

import argparse
import shlex
from pathlib import Path
from typing import Any

from commands.command_output import CommandOutput


def arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the command's own arguments."""
    parser.add_argument("file", metavar="FILE", type=Path, help="what `backup` wrote")
    parser.add_argument(
        "names", metavar="NAME", nargs="*", default=[], help="use cases; default: all of the backup"
    )
    parser.add_argument("--to", metavar="ROOT", type=Path, help="the home; default: PERENNIAL_HOME")


def command(options: argparse.Namespace) -> CommandOutput:
    """Restores the use cases."""
    from perennial.signals import stoppable
    from pipeline import config
    from pipeline.backup.bring_back import bring_back

    home = options.to.resolve() if options.to else config.home()
    with stoppable("the next `restore` of this backup starts clean"):
        content = bring_back(options.file.absolute(), home, options.names)
    content["is_home"] = home == config.home()
    return CommandOutput(content, _text(content))


def _text(content: dict[str, Any]) -> str:
    from perennial.text import plural, wrapped

    done = "Finished an interrupted restore" if content["finished"] else "Restored"
    count = plural(len(content["use_cases"]), "use case")
    lines = [f"{done}: {count} as of {content['made']} in {content['home']}"]
    for name, part in content["use_cases"].items():
        live = f"version {part['live_version']} is live" if part["live_version"] else "nothing is live"
        line = f"{name}: {live}; {plural(part['spans'], 'span')}."
        if part["exports_elsewhere"]:
            line += f" Its exports were not in the backup: `run` reads them in {part['exports_elsewhere']}."
        lines.append(wrapped(line))
    if content["without_code"]:
        names = ", ".join(content["without_code"])
        lines.append(wrapped(f"This repository does not have the files of {names}: add them before you run."))
    if content["moved"]:
        lines.append(wrapped(f"Paths below {content['former_home']} were rewritten."))
    if not content["is_home"]:
        lines.append(f"  To use it: export PERENNIAL_HOME={shlex.quote(content['home'])}")
    return "\n".join(lines)
