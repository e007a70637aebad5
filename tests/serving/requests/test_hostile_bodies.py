"""Bodies made to cost much: refused before they do, or read in time that grows with their length alone."""

import time
from typing import Any

import numpy as np
import pytest

from serving.errors import ServingError
from serving.model.checks import RowChecks
from serving.model.columns import RowError
from serving.requests.csv_rows import MOST_CELLS, MOST_LINES, rows_of_csv
from serving.requests.json_parse import MOST_CONTAINERS, parse
from serving.requests.raw_rows import MAX_ROWS, from_json

SCHEMA: dict[str, Any] = {
    "feature": [
        {"name": "month", "type": "INT", "int_domain": {"min": "1", "max": "12"}},
        {"name": "temp", "type": "FLOAT", "float_domain": {"min": -30.0, "max": 120.0}},
        {"name": "carrier", "type": "BYTES"},
    ]
}
CHECKS = RowChecks(SCHEMA)
GOOD = {"month": 1, "temp": 2.5, "carrier": "UA"}
MIXED: list[Any] = [
    {"month": 13},
    GOOD,
    {"month": None, "temp": float("nan")},
    {"temp": 120.0000001},  # the bound itself, once it is a float32
    {"temp": 120.1},
    {"temp": "1", "month": 99},
    {"carier": "UA"},
    {"carrier": "\ud800"},
    {"carrier": {"b64": "AA=="}},
    {"month": 2**63},
    {"month": -2147483648},
    {"month": True},
    {"temp": 1e39},
    {"_note": 1, "row_id": "a"},
    RowError(0, "month", "could not be read."),
]


@pytest.mark.parametrize("unit", [b"{},", b"[],"])
def test_a_body_of_nothing_but_empty_lists_is_refused_before_it_is_read(unit: bytes) -> None:
    body = b'{"instances":[' + unit * MOST_CONTAINERS + b"0]}"
    began = time.process_time()
    with pytest.raises(ServingError, match="at most 2000000 lists and objects"):
        parse(body)
    assert time.process_time() - began < 1


@pytest.mark.parametrize(
    "body", [b"carrier\n" + b"a\n" * 2 * MOST_LINES, b"carrier\n" + b"," * MOST_CELLS + b","]
)
def test_a_csv_body_of_millions_of_lines_or_cells_is_refused_before_it_is_read(body: bytes) -> None:
    began = time.process_time()
    with pytest.raises(ServingError, match="more than 400000 lines or 10000000 cells"):
        rows_of_csv(body, CHECKS.columns, MAX_ROWS)
    assert time.process_time() - began < 1


def test_columns_of_millions_of_rows_are_refused_before_each_row_becomes_an_object() -> None:
    request = {"inputs": {"temp": [0.5] * 5_000_000}}
    began = time.process_time()
    with pytest.raises(ServingError, match="at most 100000 rows, got 5000000"):
        from_json(request, CHECKS)
    assert time.process_time() - began < 0.3


def test_a_name_of_megabytes_is_refused_at_once() -> None:
    began = time.process_time()
    with pytest.raises(RowError, match="no such column") as refused:
        CHECKS.arrays([{"month" * 1_000_000: 1}])
    assert len(refused.value.column) == 100
    assert time.process_time() - began < 0.5


def test_one_bad_row_among_many_does_not_make_each_an_array_of_its_own() -> None:
    rows = [GOOD] * 20_000 + [{"month": "1"}] * 5_000 + [{"carier": str(n)} for n in range(5_000)]
    began = time.process_time()
    refused = CHECKS.refusals(rows)
    assert time.process_time() - began < 1.5
    assert list(refused) == list(range(20_000, 30_000))
    assert "Did you mean 'carrier'" not in refused[29_999].problem  # by then nobody reads it


def test_a_row_looked_at_for_itself_is_refused_for_what_it_would_be_refused_among_others() -> None:
    among = CHECKS.refusals(MIXED)
    alone = {index: refused for index, row in enumerate(MIXED) if (refused := _refused_alone(row))}
    assert {index: (error.column, error.problem) for index, error in among.items()} == alone
    assert [error.row for error in among.values()] == list(alone)


def _refused_alone(row: Any) -> tuple[str, str] | None:
    try:
        CHECKS.arrays([row])
    except RowError as error:
        return error.column, error.problem
    return None


def test_rows_that_are_let_through_are_those_that_can_be_laid_out_together() -> None:
    refused = CHECKS.refusals(MIXED)
    arrays = CHECKS.arrays([row for index, row in enumerate(MIXED) if index not in refused])
    assert np.isnan(arrays[1][1])
    assert len(arrays[0]) == len(MIXED) - len(refused)


@pytest.mark.parametrize("text", ["\u00e9", "?", "A"])
def test_a_string_in_base64_that_is_none_is_refused_as_its_row(text: str) -> None:
    with pytest.raises(RowError, match="Row 0, column 'carrier': expected a string or null"):
        CHECKS.arrays([{"carrier": {"b64": text}}])
