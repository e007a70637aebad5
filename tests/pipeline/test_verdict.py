"""Which verdict follows from what the gates said."""

from typing import Any, get_args

import pytest

from pipeline.verdict import EXIT_CODES, NEXT, Name, Summary, decide

REASONS = [
    {"check": "scores", "passed": True, "sentence": "All scores are probabilities."},
    {"check": "baseline", "passed": True, "sentence": "Better than the rate."},
    {"check": "yardstick", "passed": None, "sentence": "3% above scikit-learn."},
    {"check": "champion", "passed": None, "sentence": "Nothing is live."},
]
AGAINST = {"check": "bounds", "passed": False, "sentence": "AUC 0.4 is under 0.6."}
AGAINST_AND_WORTH = "AUC 0.4 is under 0.6. Slice JFK is worse. 3% above scikit-learn."
BLESSED = {"blessed": True, "reasons": REASONS}
REFUSED = {"blessed": False, "reasons": [*REASONS, AGAINST, AGAINST | {"sentence": "Slice JFK is worse."}]}
SERVABLE = {"verdict": "SERVABLE", "reason": "It was served."}
UNSERVABLE = {"verdict": "UNSERVABLE", "reason": "CSV and JSON differ."}
NOT_PROBED = {"verdict": "NOT_PROBED", "reason": "The Evaluator did not bless it."}
PUSHED = {"pushed": True, "version": 3, "reason": "Version 3 is live."}
EQUAL = {"pushed": False, "version": None, "reason": "It is equal to version 2, live."}
WITHHELD = {"pushed": False, "version": None, "reason": "The Evaluator did not bless it."}


@pytest.mark.parametrize(
    ("judgement", "probe", "pushed", "live", "expected"),
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
def test_the_verdict_follows_from_what_the_gates_said(
    judgement: Any, probe: Any, pushed: Any, live: int | None, expected: tuple[Name, str]
) -> None:
    assert decide(judgement, probe, pushed, live) == expected


def test_every_verdict_has_an_exit_code_and_says_what_to_do_next() -> None:
    assert set(EXIT_CODES) == set(NEXT) == set(get_args(Name))
    assert [EXIT_CODES[name] for name in ("PUSHED", "KEPT", "NOTHING_NEW")] == [0, 0, 0]
    failing = [EXIT_CODES[name] for name in ("FAILED", "DATA_BLOCKED", "UNSERVABLE", "BUSY", "NO_MODEL")]
    assert failing == [1, 3, 4, 5, 6]


def test_the_summary_as_json_has_what_others_rely_on() -> None:
    told = Summary("flights", "r", "KEPT", 0, "It is worse.").as_json()
    assert told["format"] == 1
    wanted = (
        "use_case run_id verdict exit_code reason seconds spans trained_on evaluated_on candidate champion"
    )
    assert set(wanted.split()) | {"live_version", "pushed_version", "nodes", "report"} <= set(told)
