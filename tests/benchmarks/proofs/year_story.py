"""A use case of the simulated year that a test follows step by step."""

from dataclasses import replace
from typing import Any

from benchmarks.proofs.year.dates import moment, spans_from
from benchmarks.proofs.year.oracle import YearAnswers, YearOracle
from benchmarks.proofs.year.plan import DAILY, MONTHLY, Variant, YearEvent
from benchmarks.proofs.year.runs import KILLED, LookOutcome


class YearStory:
    """A use case that is followed step by step; times are UTC, in winter Berlin's 02:30 is 01:30."""

    def __init__(self, first: str = "2013-01-01", last: str = "2013-01-07", **rules: Any) -> None:
        self.oracle = YearOracle(replace(DAILY if len(first) > 7 else MONTHLY, **rules))
        self.contents: dict[str, int] = {}
        self.land(*spans_from(first, last))

    def land(self, *spans: str, variant: Variant = "whole", complete: bool = True) -> None:
        for span in spans:
            self.contents[span] = self.contents.get(span, 0) + 1
            self.oracle.apply(YearEvent("land", span, self.contents[span], variant, complete=complete))

    def event(self, kind: Any, span: str = "", **given: Any) -> set[int]:
        return set(self.oracle.apply(YearEvent(kind, span, **given)))

    def looks(self, at: str, **given: Any) -> list[LookOutcome]:
        outcomes = self.oracle.look(moment(f"{at}:00Z"), **given).outcomes
        self.oracle.settle(outcomes[0])
        return list(outcomes)

    def look(self, at: str, **given: Any) -> tuple[str, str, int, int, int]:
        """The trigger, verdict, exit code, trainings and live version of the one outcome."""
        (outcome,) = self.looks(at, **given)
        code = -9 if outcome.codes == KILLED else min(outcome.codes)
        trigger = "/".join(sorted(outcome.triggers))
        return trigger, outcome.verdict, code, outcome.trainings, outcome.live

    def answers(self, at: str) -> YearAnswers:
        return self.oracle.answers(moment(f"{at}:00Z"))


def begun() -> YearStory:
    """Version 1 of the first seven days is live since the morning of the eighth."""
    story = YearStory()
    assert story.look("2013-01-08T01:31") == ("cron/new_export", "PUSHED", 0, 1, 1)
    return story
