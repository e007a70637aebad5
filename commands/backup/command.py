"""The command `backup`: a home in one file, written while runs go on."""

import argparse
from pathlib import Path
from typing import Any

from commands.command_output import CommandOutput


def arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the command's own arguments."""
    parser.add_argument(
        "file", metavar="FILE", type=Path, help="the backup: a .tar, .tar.gz or .tgz; replaces an older one"
    )
    parser.add_argument(
        "names", metavar="NAME", nargs="*", default=[], help="use cases; default: all of the home"
    )


def command(options: argparse.Namespace) -> CommandOutput:
    """Writes the backup."""
    from perennial.signals import stoppable
    from pipeline.backup.save import save

    with stoppable("no backup was written"):
        content = save(options.file.absolute(), options.names)
    return CommandOutput(content, _text(content))


def _text(content: dict[str, Any]) -> str:
    from perennial.text import plural, wrapped

    copied, written = (f"{content[key] / (1 << 20):,.1f} MiB" for key in ("content_bytes", "bytes"))
    counts = f"{plural(len(content['use_cases']), 'use case')}, {plural(content['files'], 'file')}"
    lines = [f"{content['file']}: {counts} ({copied}) in {written}"]
    for name, part in content["use_cases"].items():
        live = f"version {part['live_version']} is live" if part["live_version"] else "nothing is live"
        line = f"{name}: {live}; {plural(part['spans'], 'span')}; {plural(part['files'], 'file')}."
        if part["exports_elsewhere"]:
            line += f" Its exports are not in the backup: they are in {part['exports_elsewhere']}."
        elif not part["exports"]:
            line += " It has no exports."
        lines.append(wrapped(line))
    lines += [wrapped(f"Left out: {each['path']} ({each['why']}).") for each in content["left_out"]]
    return "\n".join(lines)
