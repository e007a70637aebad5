"""The faults that are injected, and what the page says of them."""

import re
from typing import Any

from benchmarks.harness.resume import Done
from benchmarks.proofs.faults.proof import FAULTS, _table
from pipeline.config import REPOSITORY


def test_each_fault_has_a_result_of_its_own() -> None:
    files = {Done(REPOSITORY, "code")._file(fault.name) for fault in FAULTS}
    assert len(files) == len(FAULTS)


def test_the_page_names_what_is_not_as_expected() -> None:
    good: dict[str, Any] = {"fault": "a|b", "how": "cp", "told": "x", "code": 1, "live": "untouched"}
    good |= {"next": "KEPT", "failures": [], "passed": True}
    bad = {**good, "failures": ["a traceback"], "passed": False}
    lines = _table([good, bad]).splitlines()
    assert lines[2].startswith(r"| a\|b | cp | x | 1 | untouched | KEPT |")
    assert "NOT AS EXPECTED: a traceback" in lines[3]
    assert re.search(r"^1 of 2 as expected\.$", lines[-1])
