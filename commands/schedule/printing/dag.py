"""The definition for Airflow 3: the file of a DAG with one task."""

import json
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
    words = "".join(f"    {_text(word)},\n" for word in (*order.command, "--json"))
    home = f'"PERENNIAL_HOME": {_text(str(place.own_home))}' if place.own_home else ""
    return {
        "command": f"[\n{words}]",
        "repository": _text(str(place.repository)),
        "environment": f"{{{home}}}",
        "line": _text(plain_line(order.fields, "Airflow")),
        "quoted_zone": _text(schedule.timezone),
        "retries": str(len(waits)),
        "delay_seconds": str(round(sum(waits) / len(waits)) if waits else 0),
        "failed": str(EXIT_CODES["FAILED"]),
    }


def _text(text: str) -> str:
    """A string in Python, between the quotation marks that formatters want; the text is printable."""
    return json.dumps(text, ensure_ascii=False)
