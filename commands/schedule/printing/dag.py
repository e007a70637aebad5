"""The definition for Airflow 3: the file of a DAG with one task."""

from collections.abc import Mapping

from commands.schedule.printing.cron_fields import plain_line
from commands.schedule.printing.order import PrintOrder
from pipeline.verdict import EXIT_CODES


def values(order: PrintOrder) -> Mapping[str, str]:
    """What the template needs; each is Python.

    Raises:
        UsageError: Airflow has no such times.
    """
    schedule, place = order.schedule, order.surroundings
    waits = schedule.retry
    home = {"PERENNIAL_HOME": str(place.own_home)} if place.own_home else {}
    return {
        "command": repr([*order.command, "--json"]),
        "repository": repr(str(place.repository)),
        "environment": repr(home),
        "line": repr(plain_line(order.fields, "Airflow")),
        "quoted_zone": repr(schedule.timezone),
        "retries": str(len(waits)),
        "delay_seconds": str(round(sum(waits) / len(waits)) if waits else 0),
        "failed": str(EXIT_CODES["FAILED"]),
    }
