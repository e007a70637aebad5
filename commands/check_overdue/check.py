"""What `check-overdue` answers: a state for each use case, one line each, the worst one first."""

import sqlite3
import traceback
from collections.abc import Sequence
from typing import Any, Final

from commands.command_output import CommandOutput
from perennial import clock
from perennial.errors import PerennialError
from perennial.text import wrapped
from pipeline import config
from pipeline.config import UseCase
from pipeline.freshness import CODES, Freshness
from pipeline.ledgers import opened
from pipeline.run.overdue import freshness_of, run_problem

# Nagios' clients give up after ten seconds.
_PATIENCE: Final = 5.0
# A use case that cannot answer is worse than a fresh one, and better than a late one.
_WORST_FIRST: Final = (2, 1, 3, 0)
_EXPECT: Final = "`schedule: {expect: {every: 1d, within: 6h}}`"


def check(name: str) -> CommandOutput:
    """The state of one use case; `unknown` where something keeps the command from an answer."""
    answer = _answer(name)
    code = CODES[answer["state"]]
    return CommandOutput({**answer, "exit_code": code}, _text([answer]), code)


def check_all() -> CommandOutput:
    """The states of all use cases that expect exports, and of those whose config cannot be read."""
    answers = [answer for name in config.use_case_names() if (answer := _answer(name, named=False))]
    if not answers:
        message = f"No use case has `schedule.expect`. Set it in a YAML, such as {_EXPECT}."
        content = {"use_cases": [], "exit_code": CODES["unknown"], "message": message}
        return CommandOutput(content, f"UNKNOWN: {message}", CODES["unknown"])
    code = min((CODES[answer["state"]] for answer in answers), key=_WORST_FIRST.index)
    return CommandOutput({"use_cases": answers, "exit_code": code}, _text(answers), code)


def _text(answers: Sequence[dict[str, Any]]) -> str:
    """A line for each use case, the worst first: what reads Nagios' plugins may show the first only."""
    ordered = sorted(answers, key=lambda answer: _WORST_FIRST.index(CODES[answer["state"]]))
    lines = []
    for answer in ordered:
        since = f" since {answer['since']}" if answer["since"] else ""
        lines.append(f"{answer['state'].upper()} {answer['use_case']}{since}: {answer['message']}")
        lines += [wrapped(answer["run_problem"])] if answer["run_problem"] else []
    return "\n".join(lines)


def _answer(name: str, *, named: bool = True) -> dict[str, Any]:
    """The answer for a use case; empty if it expects nothing and nobody named it."""
    problem = None
    try:
        use_case = config.load(name)
        if use_case.schedule.expect is None and not named:
            return {}
        known, problem = _known(use_case)
    except PerennialError as error:
        known = Freshness("unknown", f"{error.problem} {error.remedy}")
    except (OSError, sqlite3.Error) as error:
        known = Freshness("unknown", _cause(error))
    except Exception as error:  # the edge of the process: Python's own code, 1, would mean "warn"
        traceback.print_exc()
        known = Freshness("unknown", f"Unexpected error: {type(error).__name__}; see standard error.")
    return {"use_case": name, **known.as_json(), "run_problem": problem}


def _known(use_case: UseCase) -> tuple[Freshness, str | None]:
    """The state by the ledger, and what is wrong with the last run."""
    now = clock.now()
    with opened(use_case, make=False, patience=_PATIENCE) as ledger:
        known = freshness_of(use_case, ledger, now)
        problem = run_problem(use_case, ledger)
    if known is None:
        known = Freshness("unknown", f"{use_case.name}.yaml expects no exports: set {_EXPECT}.")
    return known, problem


def _cause(error: OSError | sqlite3.Error) -> str:
    """What is wrong with the ledger or a folder, and what to do."""
    if isinstance(error, PermissionError) or "unable to open" in str(error):
        where = f" {error.filename}" if isinstance(error, OSError) and error.filename else " the ledger"
        return (
            f"This user cannot read{where}: run the command as the user of the runs (`sudo -u USER ...`), or"
            " give this user read access (docs/guides/monitoring.md)."
        )
    if "locked" in str(error):
        return f"The ledger was locked for {_PATIENCE:.0f} seconds by another process; run the command again."
    what = error.strerror if isinstance(error, OSError) else str(error)
    return f"The ledger cannot be read: {what}. Run `doctor`."
