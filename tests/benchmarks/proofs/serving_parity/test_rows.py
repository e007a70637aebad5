"""The rows of the parity proof: real ones, and those that no export has."""

from collections import Counter

import pytest

from benchmarks.harness.program import NotReady
from benchmarks.harness.resume import StepFailed
from benchmarks.proofs.serving_parity.rows import rows_to_ask
from serving.model.checks import RowChecks

CHECKS = RowChecks(
    {
        "feature": [
            {"name": "carrier", "type": "BYTES"},
            {"name": "hour", "type": "INT", "int_domain": {"min": "0", "max": "23"}},
        ]
    }
)
REAL = [{"carrier": "UA", "hour": hour} for hour in range(200)]


def test_few_real_rows_are_enough_for_all_special_ones() -> None:
    rows = rows_to_ask(REAL, CHECKS, 1100)
    assert Counter(kind for kind, _ in rows) == {"real": 100, "unseen": 500, "extreme": 480, "nothing": 20}
    assert {row["hour"] for kind, row in rows if kind == "extreme"} == {0, 23}


def test_a_count_without_room_for_real_rows_is_refused() -> None:
    with pytest.raises(NotReady, match=r"Set --rows to 1,001"):
        rows_to_ask(REAL, CHECKS, 1000)


def test_an_export_with_too_few_rows_is_refused() -> None:
    with pytest.raises(StepFailed, match="has 200 rows; 201 are needed"):
        rows_to_ask(REAL, CHECKS, 1201)
