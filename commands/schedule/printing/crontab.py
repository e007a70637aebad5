"""The definition for cron: lines of a user's crontab."""

import re
import shlex
from collections.abc import Mapping
from typing import Final

from commands.schedule.printing.cron_fields import refuse_extensions
from commands.schedule.printing.order import PrintOrder
from perennial.errors import UsageError

# cron reads the rest of a longer line as another one (MAX_COMMAND of Vixie cron, with the end of the text).
_LONGEST: Final = 998


# The last value of each field, for a number with a step.
_LAST: Final = (59, 23, 31, 12, 7)
_NUMBER_AND_STEP: Final = re.compile(r"(?<![^,])(\w+)/(?=\d)")


def values(order: PrintOrder) -> Mapping[str, str]:
    """What the template needs.

    Raises:
        UsageError: The line has `L` or `#`, or the paths are too long for cron.
    """
    refuse_extensions(order.fields, "cron")
    place = order.surroundings
    home, lock = (shlex.quote(str(path)) for path in (place.home, place.home / f"{order.use_case.name}.cron"))
    own = f"PERENNIAL_HOME={home} " if place.own_home else ""
    run = f"{own}flock -n -E 0 {lock} {shlex.join(order.command)} 2>&1"
    # cron mails what is printed: of a run that ended with 0, nothing.
    command = f'mkdir -p -m 700 {home} && out=$({run}) || {{ code=$?; echo "$out"; exit $code; }}'
    # In a crontab a bare % ends the command.
    escaped = command.replace("%", r"\%")
    if len(escaped) > _LONGEST:
        raise UsageError(
            f"The line would have {len(escaped)} characters; cron reads {_LONGEST}.",
            "Move the repository or the home to a shorter path, or print the definition for systemd.",
        )
    variable = order.schedule.ping_url_env
    ping = (
        f"\n# The URL of schedule.ping_url_env: set it here.\n# {variable}=https://...\n" if variable else ""
    )
    return {"command": escaped, "ping": ping, "line": _line(order.fields.line)}


def _line(line: str) -> str:
    """The line with ranges where a number has a step: of `10/20`, cron reads `10-59/20` alone."""
    fields = zip(line.split(), _LAST, strict=True)
    return " ".join(_NUMBER_AND_STEP.sub(rf"\1-{last}/", field) for field, last in fields)
