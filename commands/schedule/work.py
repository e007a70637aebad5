"""The schedule under its lock: until it is stopped, or for one round."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from commands.command_output import CommandOutput
from commands.schedule.daemon import Daemon, start_problem
from commands.schedule.one_round import one_round, round_lines
from perennial import clock
from perennial.errors import Busy, UsageError
from pipeline import config, writable
from pipeline.run import lock
from pipeline.run.schedule_alerts import open_config_alert
from pipeline.schedule.standing import daemon_standing, lock_path
from pipeline.schedule.watched import Watched

_LOGS: Final = "schedule"


def run_forever(names: Sequence[str], most: int) -> CommandOutput:
    """Runs the schedule until a signal stops it.

    Raises:
        UsageError: A name is wrong or has no schedule, nothing has one, or `PERENNIAL_NOW` is set.
        Busy: Another schedule runs for this home.
    """
    if clock.fixed():
        raise UsageError(
            f"{clock.VARIABLE} is set: the time would never pass.",
            f"Unset {clock.VARIABLE}, or add --once for one round at that time.",
        )
    chosen = _scheduled(names)
    if error := start_problem(chosen):
        for watched in chosen:
            if broken := watched.broken:
                open_config_alert(watched.name, broken.problem)
        raise error
    with _only_schedule() as logs:
        Daemon(names, most, logs).run()
    return CommandOutput(
        {"use_cases": [each.name for each in chosen], "exit_code": 0}, "The schedule was stopped."
    )


def run_once(names: Sequence[str]) -> CommandOutput:
    """Runs each use case that is due, once.

    Raises:
        UsageError: A name is wrong or has no schedule, or nothing has one.
        Busy: Another schedule runs for this home.
    """
    chosen = _scheduled(names)
    with _only_schedule() as logs:
        content = one_round(chosen, logs)
    return CommandOutput(content, "\n".join(round_lines(content)), content["exit_code"])


def _scheduled(names: Sequence[str]) -> list[Watched]:
    """These use cases, or all that have a schedule; one whose settings are broken may have one.

    Raises:
        UsageError: A name is wrong or has no schedule, or there is none.
    """
    for name in names:
        if not (config.NAME.fullmatch(name) and (config.USE_CASES / f"{name}.yaml").is_file()):
            config.load(name)  # says what is wrong with the name
    watched = [Watched(name) for name in dict.fromkeys(names or config.use_case_names())]
    chosen = [each for each in watched if each.is_scheduled]
    for each in watched if names else []:
        if each not in chosen:
            raise UsageError(
                f"{each.name} has no schedule.",
                f"Set `schedule.cron` or `schedule.on_new_export` in pipeline/use_cases/{each.name}.yaml.",
            )
    if not chosen:
        raise UsageError(
            "No use case has a schedule.",
            "Set `schedule.cron` or `schedule.on_new_export` in pipeline/use_cases/NAME.yaml.",
        )
    return chosen


@contextmanager
def _only_schedule() -> Iterator[Path]:
    """Holds the lock of the home's schedule; gives the folder of the runs' logs.

    Raises:
        Busy: Another schedule holds it.
    """
    home = config.home()
    writable.check_folder(home)
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        with lock.held(lock_path(home), "schedule"):
            yield home / _LOGS
    except Busy:
        daemon = daemon_standing(home) or {}
        raise Busy(
            f"Another `schedule` (process {daemon.get('pid', 'unknown')}) runs for {home}"
            f" since {daemon.get('since', 'an unknown time')}.",
            "Nothing to do, or stop that one first: send it SIGTERM.",
        ) from None
