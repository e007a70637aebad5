"""The day summaries of the accepted spans of `drift.history`: which there are, and those that a run adds."""

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from perennial import clock
from perennial.periods import period_of
from perennial.store.ledger import Ledger
from perennial.store.span_version import DAYS_LOST, SpanVersion
from perennial.text import spans_text
from pipeline.config import UseCase
from pipeline.execution.messages import Pass
from pipeline.plan import DaysPlan
from pipeline.run.in_use import in_use_before
from pipeline.run.outputs import Outputs
from pipeline.run.span_outcome import failed

_LOST: Final = (
    "Drift is judged from a shorter past: the days of {spans} have no summaries, as their rows were pruned"
    " before there were any. New spans fill the history up."
)


def versions_of_history(use_case: UseCase, ledger: Ledger, now: datetime.datetime) -> list[SpanVersion]:
    """The versions in use whose days are of `drift.history`, newest span first.

    That is counted back from the last day of the newest span (from now, if that lies ahead); of spans whose
    names stand for no days, from now to when they arrived.
    """
    versions = list(in_use_before(ledger, use_case.exports.span, None))
    periods = {version.span: period_of(version.span) for version in versions}
    age = datetime.timedelta(seconds=use_case.drift.history)
    newest = max((period.last for period in periods.values() if period), default="")
    newest = min(newest, now.date().isoformat())
    first_day = (datetime.date.fromisoformat(newest) - age).isoformat() if newest else ""
    first_arrival = clock.stamp(now - age)
    return [
        version
        for version in versions
        if (
            period.last >= first_day
            if (period := periods[version.span])
            else version.arrived >= first_arrival
        )
    ]


@dataclass(frozen=True)
class DayHistory:
    """Adds the summaries of days that are missing or damaged.

    Attributes:
        use_case: Whose.
        ledger: Its ledger.
        outputs: Its nodes' outputs.
    """

    use_case: UseCase
    ledger: Ledger
    outputs: Outputs

    def fill(self, run_pass: Callable[[DaysPlan], Pass]) -> str:
        """Summarises the days of each version of the history that was read and has no whole summaries.

        No span is judged by it. It is no reason to run: a run that has something to do does it before.

        Args:
            run_pass: Runs one pass of the chain.

        Returns:
            A sentence about spans whose days can never be summarised, said once; empty where there are none.

        Raises:
            NodeFailed: The node failed.
        """
        lost = []
        for version in reversed(versions_of_history(self.use_case, self.ledger, clock.now())):
            if version.days == DAYS_LOST or (version.days and self.outputs.usable(version.days)):
                continue
            if version.pruned:
                self.ledger.spans.note_days(version, DAYS_LOST)
                lost.append(version.span)
            elif version.examples and self.outputs.usable(version.examples):
                passed = run_pass(DaysPlan(span=version.span, examples=version.examples))
                days = passed.output("DaySummaries", "days")
                if passed.failure is not None or days is None:
                    raise failed(passed, f"the days of span {version.span}")
                self.ledger.spans.note_days(version, str(days))
        return _LOST.format(spans=spans_text(lost)) if lost else ""
