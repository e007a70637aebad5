"""What the copies, kills and cuts come to: one that did not hold is enough."""

from typing import Any

import pytest

from benchmarks.proofs.backup import MONTH, summarized

END = {"verdicts": ["PUSHED"], "versions": []}
DONE: dict[str, Any] = {
    "prepared": {"run": 60.0, "backup": 1.0, "restore": 1.0},
    "backup killed 1": {"at": "0.5 s", "whole": True, "left": []},
    "restore killed 1": {"at": "over before", "whole": True, "left": []},
    "truncated 1": {"refused": True},
    "during": {"end": END},
    "elsewhere": {"first": "NOTHING_NEW", "spans": [MONTH], "end": END},
    "continued 1": {"end": END, "leftovers": []},
}


def test_all_held_where_every_end_is_that_of_the_home_itself() -> None:
    summary = summarized(DONE)
    assert summary["all_held"]
    assert (summary["kills"], summary["over_before"], summary["cuts"], summary["same_ends"]) == (2, 1, 1, 1)


@pytest.mark.parametrize(
    ("key", "wrong"),
    [
        ("backup killed 1", {"whole": False}),
        ("restore killed 1", {"left": [".restore"]}),
        ("truncated 1", {"refused": False}),
        ("elsewhere", {"first": "PUSHED"}),
        ("elsewhere", {"spans": ["2013-03", MONTH]}),
        ("elsewhere", {"end": {}}),
        ("continued 1", {"end": {}}),
        ("continued 1", {"leftovers": ["tmp"]}),
    ],
)
def test_one_that_did_not_hold_is_enough(key: str, wrong: dict[str, Any]) -> None:
    assert not summarized({**DONE, key: {**DONE[key], **wrong}})["all_held"]
