"""The definition for systemd: a service and its timer."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from commands.schedule.printing.on_calendar import on_calendar
from commands.schedule.printing.order import PrintOrder
from perennial.errors import UsageError

_UNSAFE: Final = frozenset("\"'\\")


def values(order: PrintOrder) -> Mapping[str, str]:
    """What the template needs.

    Raises:
        UsageError: systemd cannot express the cron line, or cannot start a Python with this path.
    """
    place, schedule = order.surroundings, order.schedule
    if _UNSAFE & set(str(place.python)):
        raise UsageError(
            "The path of Python has a quotation mark or a backslash; systemd starts no such program.",
            "Move the repository to another folder, or print the definition for cron.",
        )
    events = on_calendar(order.fields, schedule.timezone)
    environment = [f"Environment={_quoted(f'PERENNIAL_HOME={place.own_home}')}"] if place.own_home else []
    if schedule.ping_url_env:
        environment += [
            f"# The line {schedule.ping_url_env}=https://... ; mode 0600.",
            "EnvironmentFile=-/etc/perennial.env",
        ]
    return {
        "unit": f"perennial-{order.use_case.name}",
        "mounts": " ".join(
            map(
                _quoted_path, (place.repository, place.home, place.repository / order.use_case.exports_folder)
            )
        ),
        "user": place.user,
        "repository": _escaped(str(place.repository)),
        "environment": "".join(f"{line}\n" for line in environment),
        "command": " ".join([_quoted_path(place.python), *map(_argument, order.command[1:])]),
        # A run ends itself at `run.deadline`; this is for one that does not.
        "start_seconds": str(order.use_case.run.deadline + schedule.stop_within),
        "stop_seconds": str(schedule.stop_within),
        "on_calendar": "\n".join(f"OnCalendar={event}" for event in events),
        # `skip` asks for no run in the place of those that the machine slept through.
        "persistent": "false" if schedule.catch_up == "skip" else "true",
    }


def _escaped(text: str) -> str:
    """A value in which systemd expands no specifier."""
    return text.replace("%", "%%")


def _quoted(text: str) -> str:
    """A value between quotation marks; what systemd would read in it is escaped."""
    inner = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{_escaped(inner)}"'


def _quoted_path(path: Path) -> str:
    return _quoted(str(path))


def _argument(text: str) -> str:
    """An argument of a command; systemd expands no variable in it."""
    return _quoted(text).replace("$", "$$")
