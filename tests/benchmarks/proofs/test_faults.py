"""The faults that are injected, how an answer is checked, and the page of them."""

import contextlib
import dataclasses
import re
from pathlib import Path
from typing import Any

import pytest

from benchmarks.harness.resume import Done
from benchmarks.proofs.faults.exports import _began
from benchmarks.proofs.faults.proof import FAULTS, _differences, _table
from benchmarks.proofs.faults.sandbox import CommandResult, InjectedFault
from pipeline.config import REPOSITORY


def test_each_fault_has_a_result_of_its_own() -> None:
    files = {Done(REPOSITORY, "code")._file(fault.name) for fault in FAULTS}
    assert len(files) == len(FAULTS)


def test_the_page_names_what_is_not_as_expected() -> None:
    good: dict[str, Any] = {"fault": "a|b", "how": "cp", "message": "x", "code": 1, "live": "unchanged"}
    good |= {"next": "KEPT", "failures": [], "passed": True}
    bad = {**good, "failures": ["a traceback"], "passed": False}
    lines = _table([good, bad]).splitlines()
    assert lines[2].startswith(r"| a\|b | cp | x | 1 | unchanged | KEPT |")
    assert "NOT AS EXPECTED: a traceback" in lines[3]
    assert re.search(r"^1 of 2 as expected\.$", lines[-1])


FAILED = CommandResult(
    1,
    "FAILED: transforms/flights.py:48: RuntimeError in 2013-02.",
    {"verdict": "FAILED", "nodes": [{"name": "Transform", "state": "FAILED"}]},
)


@pytest.mark.parametrize(
    ("change", "failure"),
    [
        ({}, []),
        ({"code": 2}, ["expected exit code 2"]),
        ({"verdicts": ("BUSY",)}, ["expected BUSY"]),
        ({"verdicts": ()}, ["expected no verdict"]),
        ({"failed": "Trainer"}, ["expected Trainer FAILED"]),
        ({"names": (r"flights\.py:\d+", "line 3")}, ["the message does not name 'line 3'"]),
        ({"hides": "2013-02"}, ["the message shows data"]),
    ],
)
def test_an_answer_is_checked_by_its_fields_and_the_facts_it_names(
    change: dict[str, Any], failure: list[str]
) -> None:
    fault = InjectedFault("a", "b", lambda _: contextlib.nullcontext(FAILED), 1, ("FAILED",), "Transform")
    assert _differences(dataclasses.replace(fault, **change), FAILED, FAILED.text) == failure


# What messages may hold whatever the fault is: a setting that a remedy names, and files.
ANYWAY = "Fix pipeline/use_cases/flights.yaml or set PERENNIAL_HOME; see transforms/flights.py, no structure."


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_what_a_message_has_to_name_is_not_there_anyway(fault: InjectedFault) -> None:
    facts = [name for name in fault.names if "flights" not in name]
    without = dataclasses.replace(fault, names=facts)
    missing = [failure for failure in _differences(without, FAILED, ANYWAY) if "does not name" in failure]
    assert len(missing) == len(facts)


@pytest.mark.parametrize(
    ("message", "good"),
    [
        ("Cannot write to the folder HOME/flights: HOME is not a directory.", True),
        ("Cannot write to the folder /other. Fix this, or set PERENNIAL_HOME to another folder.", False),
    ],
)
def test_the_home_has_to_be_named_by_its_path(message: str, good: bool) -> None:
    (fault,) = [fault for fault in FAULTS if fault.name == "home is a file"]
    failures = _differences(fault, CommandResult(fault.code, message), message)
    assert (not failures) is good


def test_the_chain_has_begun_once_something_is_in_the_log_which_is_opened_earlier(tmp_path: Path) -> None:
    assert not _began({tmp_path})
    (tmp_path / "log.txt").touch()
    assert not _began({tmp_path})
    (tmp_path / "log.txt").write_text("a line")
    assert _began({tmp_path})
