"""One round of the schedule: each use case that is due runs, one after the other."""

import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from commands.schedule.lines import Lines
from commands.schedule.run_sequence import RunSequence
from commands.schedule.wakeups import Wakeups
from perennial import clock
from perennial.errors import PerennialError
from pipeline.run.metrics_file import write_metrics
from pipeline.schedule.standing import schedule_standing
from pipeline.schedule.watched import ScheduleLook, Watched

# Seconds; the end of a run wakes earlier.
_WAIT: Final = 0.5


def one_round(use_cases: Sequence[Watched], folder: Path) -> dict[str, Any]:
    """Runs each use case that is due; gives what happened, as `schedule --once --json` prints it.

    Args:
        use_cases: The use cases, in order.
        folder: Where answers and logs of runs go.
    """
    lines = Lines()
    with Wakeups() as wakeups:
        answers = [_one(watched, folder, lines, wakeups) for watched in use_cases]
    lines.problem("", " ".join(write_metrics()))
    codes = [each.pop("exit_code") for each in answers]
    return {"use_cases": answers, "exit_code": next((code for code in codes if code), 0)}


def _one(watched: Watched, folder: Path, lines: Lines, wakeups: Wakeups) -> dict[str, Any]:
    look = watched.look()
    lines.problem(watched.name, look.problem)
    decision = look.decision
    trigger = decision.trigger if decision and not wakeups.stops else None
    job = RunSequence(watched, look, trigger, folder, lines) if trigger else None
    while job and not job.is_over():
        if wakeups.stops:
            job.stop(at_once=wakeups.stops > 1)
        wakeups.wait(_WAIT)
    ends = job.ends if job else []
    standing = _standing(look)
    return {
        "use_case": watched.name,
        "trigger": trigger,
        "why": decision.why if decision else look.problem,
        "runs": [end.to_json() for end in ends],
        "next": standing.get("next"),
        "paused": standing.get("paused"),
        "error": f"{look.problem} {look.remedy}" if look.problem else None,
        "exit_code": (job.exit_code if job else 0) or look.exit_code,
    }


def _standing(look: ScheduleLook) -> dict[str, Any]:
    """Where the schedule stands after the round; nothing where that cannot be read."""
    if look.use_case is None or look.problem:
        return {}
    try:
        return schedule_standing(look.use_case) or {}
    except (PerennialError, OSError, sqlite3.Error):  # the next look says what is wrong
        return {}


def round_lines(content: dict[str, Any]) -> Iterator[str]:
    """The round, for a person."""
    for use_case in content["use_cases"]:
        name, runs = use_case["use_case"], use_case["runs"]
        if use_case["error"]:
            yield f"{name}: {use_case['error']}"
        if runs:
            ends = ", ".join(f"{run['verdict'] or 'no verdict'} ({run['exit_code']})" for run in runs)
            yield f"{name}: {use_case['trigger']}: {ends}"
        elif not use_case["error"]:
            due = f"; next {use_case['next']}" if use_case["next"] else ""
            yield f"{name}: not run. {use_case['why'].removesuffix('.')}{due}."
    if not content["use_cases"]:
        yield f"{clock.stamp(clock.now())}: nothing is scheduled."
