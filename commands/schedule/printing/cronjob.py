"""The definition for Kubernetes: a CronJob, and the claim of its home."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from commands.schedule.printing.cron_fields import plain_line, shortest_distance
from commands.schedule.printing.order import PrintOrder

_HOME: Final = "/var/lib/perennial"
_REPOSITORY: Final = Path("/opt/perennial")
# Kubernetes allows a CronJob's name 52 characters: it adds 11 for each job.
_LONGEST: Final = 52
# Time in which a run that passed its deadline writes its verdict.
_GRACE: Final = 600
# Kubernetes waits 10 s before the first retry, twice as long each time, at most this.
_LONGEST_WAIT: Final = 360


def values(order: PrintOrder) -> Mapping[str, str]:
    """What the template needs.

    Raises:
        UsageError: Kubernetes has no such times.
    """
    schedule, exports = order.schedule, order.use_case.exports.path
    retries = len(schedule.retry)
    pod_seconds = order.use_case.run.deadline + _GRACE
    return {
        "job": f"perennial-{order.use_case.name}".replace("_", "-")[:_LONGEST].rstrip("-"),
        "line": json.dumps(plain_line(order.fields, "Kubernetes")),
        "quoted_zone": json.dumps(schedule.timezone),
        "starting_seconds": str(_starting_seconds(order)),
        "retries": str(retries),
        "pod_seconds": str(pod_seconds),
        "job_seconds": str((retries + 1) * pod_seconds + retries * _LONGEST_WAIT),
        "stop_seconds": str(schedule.stop_within),
        "home": _HOME,
        "ping": _ping(schedule.ping_url_env),
        "exports_mount": _EXPORTS_MOUNT.format(json.dumps(str(_REPOSITORY / exports))) if exports else "",
        "exports_volume": _EXPORTS_VOLUME if exports else "",
    }


def _starting_seconds(order: PrintOrder) -> int:
    """How late a missed time may be caught up: until the next time; an hour at most with `catch_up: skip`."""
    schedule = order.schedule
    most = 3600 if schedule.catch_up == "skip" else schedule.catch_up_window
    return min(int(shortest_distance(order.fields.line).total_seconds()), most)


def _ping(variable: str | None) -> str:
    return _PING.format(variable) if variable else ""


_PING: Final = """
                - name: {0}
                  valueFrom:
                    secretKeyRef:  # kubectl create secret generic perennial --from-literal={0}=https://...
                      name: perennial
                      key: {0}
                      optional: true"""
_EXPORTS_MOUNT: Final = """
                - name: exports
                  mountPath: {0}
                  readOnly: true"""
_EXPORTS_VOLUME: Final = """
            - name: exports  # exports.path
              persistentVolumeClaim:
                claimName: perennial-exports"""
