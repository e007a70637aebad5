"""The definition of a use case's runs for another scheduler, as text."""

from collections.abc import Callable, Mapping
from string import Template
from typing import Final

from commands.schedule.printing import cronjob, crontab, dag, units
from commands.schedule.printing.cron_fields import cron_fields
from commands.schedule.printing.kinds import Scheduler
from commands.schedule.printing.order import TEMPLATES, PrintOrder
from commands.schedule.printing.surroundings import Surroundings
from perennial.errors import UsageError
from pipeline.config import UseCase

_VALUES: Final[Mapping[Scheduler, Callable[[PrintOrder], Mapping[str, str]]]] = {
    "cron": crontab.values,
    "systemd": units.values,
    "k8s": cronjob.values,
    "airflow": dag.values,
}
_TEMPLATES: Final[Mapping[Scheduler, str]] = {
    "cron": "crontab.txt",
    "systemd": "units.txt",
    "k8s": "cronjob.yaml.txt",
    "airflow": "dag.py.txt",
}


def definition(kind: Scheduler, use_case: UseCase, surroundings: Surroundings) -> str:
    """The text that makes another scheduler start `run NAME` at the times of `schedule.cron`.

    Args:
        kind: The scheduler.
        use_case: With `schedule.cron`.
        surroundings: The paths and the user that the text names.

    Returns:
        One file; for systemd two, each after a line with its path, as `systemctl cat` prints them.

    Raises:
        UsageError: The use case has no `schedule.cron`, the scheduler cannot express it, or a path cannot be
            written down.
    """
    line = use_case.schedule.cron
    if line is None:
        raise UsageError(
            f"Use case '{use_case.name}' has no `schedule.cron`, so it has no times to print.",
            f"Set it in pipeline/use_cases/{use_case.name}.yaml, such as"
            ' `schedule: {cron: "30 5 * * *", timezone: Europe/Berlin}`.',
        )
    surroundings.check()
    order = PrintOrder(use_case, cron_fields(line), surroundings)
    values = {
        "name": use_case.name,
        "cron": order.fields.line,
        "zone": use_case.schedule.timezone,
        "exit_codes": order.exit_codes,
        **_VALUES[kind](order),
    }
    template = (TEMPLATES / _TEMPLATES[kind]).read_text(encoding="utf-8")
    return Template(template).substitute(values)
