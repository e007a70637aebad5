"""wrk's figures are read, and a load in which a request failed is no measurement."""

import pytest

from benchmarks.harness.resume import StepFailed
from benchmarks.speed.serving.load import LINES, figures

ONE, _, BATCHES = LINES
WRK = """\
Running 5s test @ http://127.0.0.1:8501/v1/models/flights:predict
  1 threads and 16 connections
Requests/sec:    200.00

FIGURES {"requests": 1000, "microseconds": 5000000, "p50": 1200, "p99": 3400, "refused": 0, "broken": 0}
"""


def test_rows_are_counted_and_not_requests() -> None:
    assert figures(WRK, ONE)["rows_a_second"] == 200
    assert figures(WRK, BATCHES)["rows_a_second"] == 20_000


def test_percentiles_are_read_as_microseconds() -> None:
    percentiles = figures(WRK, ONE)
    assert (percentiles["p50"], percentiles["p99"]) == (1200, 3400)


@pytest.mark.parametrize(
    ("was", "now"),
    [('"refused": 0', '"refused": 3'), ('"broken": 0', '"broken": 1'), ('"requests": 1000', '"requests": 0')],
)
def test_a_load_in_which_a_request_failed_is_no_measurement(was: str, now: str) -> None:
    with pytest.raises(StepFailed, match="got an error"):
        figures(WRK.replace(was, now), ONE)


def test_an_output_without_the_line_is_shown_as_it_is() -> None:
    with pytest.raises(StepFailed, match="unable to connect"):
        figures("unable to connect to 127.0.0.1:1 Connection refused", ONE)
