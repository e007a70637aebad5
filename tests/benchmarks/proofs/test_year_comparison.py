"""What a year's comparison sees: nothing where all is as the oracle says, and each thing that is not."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from benchmarks.proofs.year import dates
from benchmarks.proofs.year.comparison import YearComparison
from benchmarks.proofs.year.exports import content_rows
from benchmarks.proofs.year.oracle import YearAnswers, YearOracle
from benchmarks.proofs.year.plan import YearEvent, YearPlan
from benchmarks.proofs.year.runs import LookOutcome
from benchmarks.proofs.year.troubles import SEEDS, daily, monthly

STATES = {"in_use": "OK", "blocked": "BLOCK", "rejected": "BLOCK reject"}


class AsExpected:
    """What would be observed in a year in which all is as the oracle says; its first outcome each time."""

    def __init__(self, plan: YearPlan) -> None:
        self.plan = plan
        self.oracle = YearOracle(plan.rules)
        self.landed: dict[str, YearEvent] = {}
        self.rows: dict[tuple[str, int], int] = {}

    def all(self) -> list[dict[str, Any]]:
        return [self.moment(number) for number in range(len(self.plan.moments))]

    def moment(self, number: int) -> dict[str, Any]:
        moment = self.plan.moments[number]
        codes = []
        for event in moment.events:
            codes.append(min(self.oracle.apply(event)))
            if event.kind == "land":
                rows = content_rows(self.plan.rules.span, event, self.landed)
                self.rows[event.span, event.content] = rows
                self.landed[event.span] = event
        now = dates.moment(moment.clock or moment.at)
        expected = self.oracle.look(now, moment.act, moment.fault, moment.point)
        outcome = expected.outcomes[0]
        self.oracle.settle(outcome)
        act = {"code": min(outcome.codes), "second_code": None, "second_answer": None, "reached": False}
        if expected.second_codes:
            act["second_code"] = min(expected.second_codes)
        return {
            "moment": number,
            "at": moment.at,
            "ahead": 0.0,
            "event_codes": codes,
            "act": act,
            "facts": self._facts(moment.at, outcome),
        }

    def _facts(self, at: str, outcome: LookOutcome) -> dict[str, Any]:
        answers = self.oracle.answers(dates.moment(at))
        overdue = answers.overdue
        run = {"trigger": min(outcome.triggers, default=""), "verdict": outcome.verdict or None}
        run["trigger"] = "manual" if run["trigger"] == "hand" else run["trigger"]
        kinds = {
            "SPAN_MISSING": answers.missing_alert,
            "CONFIG_BROKEN": answers.config_alert,
            "CANDIDATE_WAITS": answers.candidate_waits,
        }
        window = [[span, self.rows[span, content]] for span, content in answers.live_window]
        return {
            "runs": [run] if outcome.triggers else [],
            "trainings": [self._trained()] * outcome.trainings,
            "live": answers.live,
            "live_window": window,
            "live_damage": "",
            "in_use_rows": {span: self.rows[span, content] for span, content in answers.in_use.items()},
            "alerts": [kind for kind, is_open in kinds.items() if is_open],
            "overdue": {
                "code": overdue.code,
                "state": overdue.state or "unknown",
                "since": overdue.since and dates.text(overdue.since),
                "newest_span": overdue.newest_span,
                "period_end": overdue.period_end and dates.text(overdue.period_end),
                "expected_end": overdue.expected_end and dates.text(overdue.expected_end),
            },
            "status": {
                "code": 0,
                "live_version": answers.live or None,
                "schedule": {
                    "paused": {"why": "a test"} if answers.paused else None,
                    "next": min(map(dates.text, answers.next), default=None),
                },
            },
            "spans": {span: self._span(span, min(words), answers) for span, words in answers.words.items()},
        }

    def _trained(self) -> list[list[Any]]:
        window = self.oracle.state.window(self.plan.rules)
        return [[span, self.rows[span, content]] for span, content in window]

    @staticmethod
    def _span(span: str, word: str, answers: YearAnswers) -> str:
        marks = ["late"] * bool(answers.late.get(span)) + ["deleted"] * (span in answers.deleted)
        return " ".join([STATES.get(word, word.upper()), *marks])


@pytest.fixture(scope="module")
def days() -> tuple[YearPlan, list[dict[str, Any]]]:
    plan = daily(SEEDS[0])
    return plan, AsExpected(plan).all()


def differences(plan: YearPlan, observed: list[dict[str, Any]]) -> list[str]:
    comparison = YearComparison(plan)
    return [one.what for line in observed for one in comparison.add(line)]


def changed(
    days: tuple[YearPlan, list[dict[str, Any]]], number: int, change: Callable[[dict[str, Any]], None]
) -> list[str]:
    """The differences where one moment is not as expected, up to that moment."""
    plan, lines = days
    line = copy.deepcopy(lines[number])
    change(line)
    return differences(plan, [*lines[:number], line])


def test_a_year_as_the_oracle_has_it_has_no_difference(days: tuple[YearPlan, list[dict[str, Any]]]) -> None:
    assert differences(*days) == []
    plan = monthly(SEEDS[0])
    assert differences(plan, AsExpected(plan).all()) == []


CHANGES: dict[str, Callable[[dict[str, Any]], Any]] = {
    "content in use of 2013-01-03": lambda line: line["facts"]["in_use_rows"].pop("2013-01-03"),
    "content in use of 2013-01-04": lambda line: line["facts"]["in_use_rows"].update({"2013-01-04": 7}),
    "live version": lambda line: line["facts"].update(live=9),
    "spans of the live version": lambda line: line["facts"]["live_window"].pop(),
    "live_version of status": lambda line: line["facts"]["status"].update(live_version=9),
    "files of the live version": lambda line: line["facts"].update(live_damage="Damaged."),
    "leftovers of dead runs": lambda line: line["facts"].update(leftovers=["a"]),
    "verdict": lambda line: line["facts"]["runs"][0].update(verdict="KEPT"),
    "trigger": lambda line: line["facts"]["runs"][0].update(trigger="retry"),
    "exit code": lambda line: line["act"].update(code=1),
    "runs": lambda line: line["facts"]["runs"].append(line["facts"]["runs"][0]),
    "state of check-overdue": lambda line: line["facts"]["overdue"].update(state="overdue"),
    "exit code of check-overdue": lambda line: line["facts"]["overdue"].update(code=2),
    "alert CONFIG_BROKEN": lambda line: line["facts"]["alerts"].append("CONFIG_BROKEN"),
    "state of 2013-01-02": lambda line: line["facts"]["spans"].update({"2013-01-02": "BLOCK"}),
    "state of 2013-01-03": lambda line: line["facts"]["spans"].update({"2013-01-03": "OK reject"}),
    "state of 2013-01-05": lambda line: line["facts"]["spans"].pop("2013-01-05"),
    "lateness of 2013-01-08": lambda line: line["facts"]["spans"].update({"2013-01-08": "OK late"}),
    "next of status": lambda line: line["facts"]["status"]["schedule"].update(next="2013-01-01T00:00:00Z"),
    "paused of status": lambda line: line["facts"]["status"]["schedule"].update(paused={"why": "a"}),
    "exit code of `status`": lambda line: line["facts"]["status"].update(code=1),
}


@pytest.mark.parametrize("what", CHANGES)
def test_what_is_not_as_expected_is_a_difference(
    days: tuple[YearPlan, list[dict[str, Any]]], what: str
) -> None:
    assert what in changed(days, 1, CHANGES[what])


def test_a_second_training_on_equal_inputs_is_named(days: tuple[YearPlan, list[dict[str, Any]]]) -> None:
    first = days[1][0]["facts"]["trainings"][0]
    seen = changed(days, 1, lambda line: line["facts"]["trainings"].append(first))
    assert {"trainings", "trainings on equal inputs"} <= set(seen)


def test_the_second_schedule_starts_nothing(days: tuple[YearPlan, list[dict[str, Any]]]) -> None:
    number = next(i for i, moment in enumerate(days[0].moments) if moment.fault == "two_daemons")
    answer = {"use_cases": [{"runs": [{"verdict": "PUSHED"}]}]}
    seen = changed(days, number, lambda line: line["act"].update(second_code=0, second_answer=answer))
    assert seen == ["exit code of the second schedule", "runs of the second schedule"]
