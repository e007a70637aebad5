"""Which verdict follows from what the gates said."""

from typing import Any

import pytest

from pipeline.run.findings import Findings, Judgement, PushRecord, decide
from pipeline.summary_parts import ProbeSummary, TrainedOn
from pipeline.verdict import Name
from tests.pipeline.run.scripted import judgement, probe


def _check(name: str, passed: bool | None, sentence: str) -> dict[str, Any]:
    state = {True: "passed", False: "failed", None: "noted"}[passed]
    return {"check": name, "passed": passed, "state": state, "sentence": sentence}


REASONS = [
    _check("scores", True, "All scores are probabilities."),
    _check("baseline", True, "Better than the rate."),
    _check("yardstick", None, "3% above scikit-learn."),
    _check("champion", None, "Nothing is live."),
]
AGAINST = [_check("bounds", False, "AUC 0.4 is under 0.6."), _check("slices", False, "Slice JFK is worse.")]
AGAINST_AND_WORTH = "AUC 0.4 is under 0.6. Slice JFK is worse. 3% above scikit-learn."
BLESSED = {"blessed": True, "reasons": REASONS}
REFUSED = {"blessed": False, "reasons": [*REASONS, *AGAINST]}
SERVABLE = {**probe("SERVABLE"), "reason": "It was served."}
UNSERVABLE = {**probe("UNSERVABLE"), "reason": "CSV and JSON differ."}
NOT_PROBED = {**probe("NOT_PROBED"), "reason": "The Evaluator did not bless it."}
PUSHED = {"pushed": True, "version": 3, "reason": "Version 3 is live."}
EQUAL = {"pushed": False, "version": None, "reason": "It is equal to version 2, live."}
WITHHELD = {"pushed": False, "version": None, "reason": "The Evaluator did not bless it."}


@pytest.mark.parametrize(
    ("judged", "probed", "pushed", "live", "expected"),
    [
        (REFUSED, NOT_PROBED, WITHHELD, None, ("NO_MODEL", AGAINST_AND_WORTH)),
        (REFUSED, NOT_PROBED, WITHHELD, 2, ("KEPT", AGAINST_AND_WORTH)),
        (BLESSED, UNSERVABLE, WITHHELD, None, ("UNSERVABLE", "CSV and JSON differ.")),
        (BLESSED, UNSERVABLE, WITHHELD, 2, ("UNSERVABLE", "CSV and JSON differ.")),
        (
            BLESSED,
            SERVABLE,
            EQUAL,
            2,
            ("KEPT", "It is equal to version 2, live. Better than the rate. 3% above scikit-learn."),
        ),
        (
            BLESSED,
            SERVABLE,
            PUSHED,
            None,
            ("PUSHED", "Version 3 is live. Better than the rate. 3% above scikit-learn. Nothing is live."),
        ),
    ],
)
def test_the_verdict_follows_from_what_the_gates_wrote(
    judged: Any, probed: Any, pushed: Any, live: int | None, expected: tuple[Name, str]
) -> None:
    findings = Findings(
        trained_on=TrainedOn(spans=(), first_day=None, last_day=None, days=0, rows=1),
        judgement=Judgement.model_validate(judgement(live or 0, blessed=True) | judged),
        probe=ProbeSummary.model_validate(probed),
        record=PushRecord.model_validate(pushed),
    )
    assert decide(findings, live) == expected


def test_a_result_that_is_too_good_is_in_the_verdict() -> None:
    suspicious = _check("too_good", None, "Suspicious: an AUC of 1.")
    for blessed in (True, False):
        judged = {"blessed": blessed, "reasons": [*REASONS, suspicious]}
        findings = Findings(
            trained_on=TrainedOn(spans=(), first_day=None, last_day=None, days=0, rows=1),
            judgement=Judgement.model_validate(judgement(0, blessed=blessed) | judged),
            probe=ProbeSummary.model_validate(SERVABLE),
            record=PushRecord.model_validate(PUSHED),
        )
        assert "Suspicious: an AUC of 1." in decide(findings, None)[1]
