"""The false findings of `row_count` on real hours, as docs/decisions/schedule.md has them."""

from collections import defaultdict

from components.data_gate.comparable import NEWEST, rhythm_of
from components.data_gate.row_count import judge_row_count
from components.data_gate.settings import GateSettings
from tests.flights_past import past_rows


def test_few_hours_of_a_year_of_flights_have_unusual_rows() -> None:
    hours = past_rows()["sched_dep"].str.slice(0, 13).str.replace(" ", "T").value_counts().sort_index()
    before: defaultdict[object, list[tuple[str, int]]] = defaultdict(list)
    compared = unusual = 0
    for span, rows in hours.items():
        same = before[rhythm_of(str(span))]
        anomalies, why_not = judge_row_count(str(span), rows, same[-NEWEST:], GateSettings())
        compared += why_not is None
        unusual += len(anomalies)
        same.append((str(span), int(rows)))
    assert (len(hours), compared, unusual) == (6_922, 6_656, 40)
