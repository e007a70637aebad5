"""Carries a backfill out: run by run in data order, so that one that was killed goes on where it was."""

from collections.abc import Callable
from typing import Any, Final

from commands.backfill.estimates import expected
from commands.backfill.order import BackfillOrder
from commands.backfill.plan import BackfillPlan, plan_of
from perennial.errors import Busy, UsageError
from perennial.store.backfills import OpenBackfill
from perennial.store.ledger import Ledger
from pipeline.config import UseCase
from pipeline.ledgers import opened
from pipeline.run import lock
from pipeline.run.open_backfill import command_of, open_json, open_sentence
from pipeline.run.scope import SpanScope
from pipeline.summary import Summary
from pipeline.verdict import EXIT_CODES

RunOnce = Callable[[SpanScope], Summary]
# After these the spans that are left are not begun: the next run would end so, too.
_STOPS: Final = (EXIT_CODES["FAILED"], EXIT_CODES["UNSERVABLE"], EXIT_CODES["BUSY"])
# A run that ended so has not done its spans.
_UNDONE: Final = (EXIT_CODES["FAILED"], EXIT_CODES["BUSY"])


def planned(use_case: UseCase, wanted: BackfillOrder, *, is_dry: bool) -> tuple[BackfillPlan, dict[str, Any]]:
    """Plans a backfill; changes nothing.

    Args:
        use_case: Whose.
        wanted: What a person asks for.
        is_dry: Whether only the plan is asked for, so that another backfill may be open.

    Returns:
        The plan, and its JSON: `use_case`, `from`, `to`, `which`, `each`, `spans` (each `span, state,
        version, action, why, bytes, in_window`), `judged_again` (newer spans of the window, as they are
        compared with these), `also_read`, `done_before`, `runs` (each `through, spans, trains`), `expected`
        (`estimates.expected`), `continues` (when the backfill began that this one continues, or None) and
        `open` (a sentence on another one that is open, or None).

    Raises:
        UsageError: Nothing lies in the range, or another backfill is open.
        Busy: A run is in progress, and not only the plan is asked for.
    """
    with opened(use_case, make=False) as ledger:
        present = ledger.backfills.open()
        is_other = present is not None and not wanted.is_of(present)
        if present and is_other and not is_dry:
            raise _another(use_case, present)
        plan = plan_of(use_case, ledger, wanted, None if is_other else present)
        content = _content(use_case, ledger, plan)
        content["continues"] = present.began if present and not is_other else None
        content["open"] = open_sentence(use_case.name, present) if present and is_other else None
    if not is_dry and plan.runs and lock.is_held(use_case.root / "lock"):
        held = lock.holder(use_case.root / "lock")
        raise Busy(f"{held}.", "Nothing was started. Wait until it ends, or run `doctor`.")
    return plan, content


def carry_out(use_case: UseCase, plan: BackfillPlan, content: dict[str, Any], run: RunOnce) -> dict[str, Any]:
    """Carries a plan out, or goes on with it.

    Args:
        use_case: Whose.
        plan: The plan.
        content: Its JSON, as `planned` gives it.
        run: One run of the use case.

    Returns:
        `content` with `exit_code`, `left` (spans that are not done), `withheld` (those that are refused or
        blocked, and nobody has decided), `continue` (the command that goes on, or None), and `runs` in the
        place of the planned ones: each `run_id, verdict, exit_code, reason, seconds, pushed_version,
        through`; each entry of `spans` has an `outcome` (`state, version, rows, withheld, reasons`).
        `cancelled`: whether a person gave it up meanwhile, so that the runs that were left were not begun.

    Raises:
        UsageError: Another backfill was begun at the same moment.
    """
    use_case.make_root()
    runs: list[dict[str, Any]] = []
    number = _begun(use_case, plan)
    for each in plan.runs:
        if _is_cancelled(use_case, number):
            break
        summary = run(each.scope)
        kept = ("run_id", "verdict", "exit_code", "reason", "seconds", "pushed_version")
        runs.append({**{key: getattr(summary, key) for key in kept}, "through": each.scope.through})
        if summary.exit_code not in _UNDONE:
            with opened(use_case) as ledger:
                ledger.backfills.note_done(number, each.spans, summary.run_id)
        if summary.exit_code in _STOPS:
            break
    is_over = len(runs) == len(plan.runs) and not (runs and runs[-1]["exit_code"] in _UNDONE)
    return _ended(use_case, number, content, runs, is_over=is_over)


def cancel(use_case: UseCase) -> dict[str, Any]:
    """Gives up the backfill that is open; what it has read stays.

    A run of it that is in progress goes on to its end; its next run is not begun.

    Returns:
        What `open_json` gives, and `running`: who holds the lock of runs, a sentence; None if nobody does.

    Raises:
        UsageError: None is open.
    """
    with opened(use_case, make=False) as ledger:
        present = ledger.backfills.open()
        if present is None:
            raise UsageError(
                f"No backfill of {use_case.name} is open: there is nothing to cancel.",
                f"Run `status {use_case.name}` to see what is.",
            )
        ledger.backfills.end(present.number, "cancelled")
    path = use_case.root / "lock"
    return {**open_json(present), "running": lock.holder(path) if lock.is_held(path) else None}


def _another(use_case: UseCase, present: OpenBackfill) -> UsageError:
    is_running = lock.is_held(use_case.root / "lock")
    wait = f" Wait until it has ended, or run `backfill {use_case.name} --cancel`." if is_running else ""
    return UsageError(
        open_sentence(use_case.name, present, is_running=is_running), f"Nothing was started.{wait}"
    )


def _begun(use_case: UseCase, plan: BackfillPlan) -> int:
    """The id of the backfill, which is begun or goes on; 0 where there is nothing to begin.

    Raises:
        UsageError: Another one was begun at the same moment.
    """
    wanted = plan.order
    with opened(use_case, make=bool(plan.runs)) as ledger:
        present = ledger.backfills.open()
        if present and wanted.is_of(present):
            ledger.backfills.add(present.number, plan.taken)
            return present.number
        if not plan.runs:
            return 0
        number = ledger.backfills.begin(
            wanted.first, wanted.last, wanted.which, is_each=wanted.is_each, spans=plan.taken
        )
        other = ledger.backfills.open()
    if number is None and other:
        raise _another(use_case, other)
    return number or 0


def _is_cancelled(use_case: UseCase, number: int) -> bool:
    with opened(use_case) as ledger:
        return not ledger.backfills.is_open(number)


def _ended(
    use_case: UseCase, number: int, content: dict[str, Any], runs: list[dict[str, Any]], *, is_over: bool
) -> dict[str, Any]:
    """The JSON of a backfill whose runs have ended; one that is over is closed, others can go on."""
    with opened(use_case, make=bool(number)) as ledger:
        for entry in content["spans"]:
            entry["outcome"] = _outcome(ledger, entry["span"])
            if entry["action"] == "waits":
                entry["outcome"] |= {"state": entry["state"], "reasons": [entry["why"]]}
        meant = [*content["done_before"], *(entry["span"] for entry in content["spans"])]
        withheld = [span for span in meant if _outcome(ledger, span)["withheld"]]
        code = _code(runs) or (EXIT_CODES["DATA_BLOCKED"] if withheld else 0)
        is_cancelled = bool(number) and not is_over and not ledger.backfills.is_open(number)
        if is_over and number:
            ledger.backfills.end(number, f"exit code {code}")
        present = ledger.backfills.open()
    # Once it is cancelled, another one can be open.
    goes_on = present if present and present.number == number else None
    left = list(goes_on.left) if goes_on else []
    following = command_of(use_case.name, goes_on) if goes_on else None
    ends = {"left": left, "withheld": withheld, "continue": following, "exit_code": code}
    return {**content, "runs": runs, "cancelled": is_cancelled, **ends}


def _code(runs: list[dict[str, Any]]) -> int:
    """That of the run which stopped the others, else the first that is not 0; 0 where there is none."""
    codes = [run["exit_code"] for run in runs if run["exit_code"]]
    return next((code for code in codes if code in _STOPS), codes[0] if codes else 0)


def _outcome(ledger: Ledger, span: str) -> dict[str, Any]:
    current = ledger.spans.current(span)
    return {
        "state": current.state if current else "NEW",
        "version": current.version if current else None,
        "rows": current.rows if current else None,
        "withheld": bool(current and current.withheld),
        "reasons": list(current.reasons_of_state) if current else [],
    }


def _content(use_case: UseCase, ledger: Ledger, plan: BackfillPlan) -> dict[str, Any]:
    """The JSON of a plan."""
    return {
        "use_case": use_case.name,
        "from": plan.order.first,
        "to": plan.order.last,
        "which": plan.order.which,
        "each": plan.order.is_each,
        "spans": [
            {
                "span": each.span,
                "state": each.state,
                "version": each.version,
                "action": each.action,
                "why": each.why,
                "bytes": each.size,
                "in_window": each.span in plan.taken and each.span not in plan.outside,
            }
            for each in plan.spans
        ],
        "judged_again": list(plan.moved),
        "also_read": [span for run in plan.runs for span in run.others],
        "done_before": list(plan.done),
        "runs": [
            {"through": run.scope.through, "spans": list(run.spans), "trains": run.trains}
            for run in plan.runs
        ],
        "expected": expected(use_case, ledger, plan),
    }
