"""The schedulers that a definition can be printed for."""

from typing import Final, Literal, get_args

Scheduler = Literal["cron", "systemd", "k8s", "airflow"]
KINDS: Final[tuple[Scheduler, ...]] = get_args(Scheduler)
