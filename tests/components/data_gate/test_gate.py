"""What each kind of anomaly in a day of flights leads to, and what the gate says it did not check."""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from components.data_gate.gate import GateResult, judge_span
from components.data_gate.settings import GateSettings
from components.span_statistics.in_memory import statistics_of
from perennial.errors import SchemaError
from tests.flights_spans import Change, batch_of, changed, flights_schema, rows_of, statistics_of_span

DAY = "2013-03-01"
ROWS = 944


def half(column: Any) -> Any:
    """Every second cell missing."""
    return column.where(np.arange(len(column)) % 2 == 0)


def nothing(column: Any) -> Any:
    """Every cell missing."""
    return column.mask(column.notna())


def judged_day(
    settings: GateSettings, types: Mapping[str, pa.DataType] | None = None, **columns: Change
) -> GateResult:
    return judge_span(changed(DAY, types, **columns), flights_schema(), None, settings, label="late")


def judged_batch(settings: GateSettings, batch: pa.RecordBatch, environment: str = "TRAINING") -> GateResult:
    statistics = statistics_of([batch], flights_schema())
    return judge_span(statistics, flights_schema(), None, settings, label="late", environment=environment)


def anomalies_of(result: GateResult) -> list[tuple[str, str, str]]:
    return [(one.feature, one.kind, one.severity) for one in result.anomalies]


def test_a_real_day_is_ok(settings: GateSettings) -> None:
    assert judged_day(settings).verdict == "OK"


def test_a_day_without_any_weather_is_blocked(settings: GateSettings) -> None:
    result = judge_span(statistics_of_span("2013-12-31"), flights_schema(), None, settings, label="late")
    assert ("temp", "missing_column", "block") in anomalies_of(result)


@pytest.mark.parametrize(
    ("column", "change", "kind", "verdict"),
    [
        ("temp", half, "presence", "BLOCK"),
        ("pressure", half, "presence", "WARN"),
        ("temp", nothing, "missing_column", "BLOCK"),
        ("sched_dep", half, "presence", "BLOCK"),
        ("late", half, "presence", "BLOCK"),
        ("humid", lambda x: x + 100, "domain", "BLOCK"),
        ("precip", lambda x: x - 1, "domain", "BLOCK"),
        ("wind_dir", lambda x: x + 300, "domain", "BLOCK"),
        ("visib", lambda x: x * 1.609, "domain", "BLOCK"),
        ("pressure", lambda x: x * 0.02953, "domain", "BLOCK"),
        ("late", lambda x: x * 2, "domain", "BLOCK"),
        ("carrier", lambda x: x.replace("UA", "ZZ"), "unexpected_values", "WARN"),
        ("carrier", lambda x: x.replace("UA", ""), "unexpected_values", "WARN"),
        ("origin", lambda x: x.replace("EWR", "PHL"), "unexpected_values", "BLOCK"),
    ],
)
def test_an_anomaly_of_a_column_leads_to_the_policys_action(
    column: str, change: Change, kind: str, verdict: str, settings: GateSettings
) -> None:
    result = judged_day(settings, None, **{column: change})
    assert anomalies_of(result) == [(column, kind, verdict.lower())]
    assert result.verdict == verdict
    assert column in result.validation.anomaly_info


@pytest.mark.parametrize(
    ("column", "kind", "change"),
    [
        ("distance", pa.float32(), lambda x: x),
        ("temp", pa.int64(), lambda x: x.round()),
        ("temp", pa.large_binary(), lambda x: x.astype(str)),
        ("carrier", pa.int64(), lambda x: x.str.len()),
    ],
)
def test_another_type_blocks(column: str, kind: pa.DataType, change: Change, settings: GateSettings) -> None:
    result = judged_day(settings, {column: kind}, **{column: change})
    assert anomalies_of(result) == [(column, "type", "block")]


def test_gusts_may_be_missing_in_all_rows(settings: GateSettings) -> None:
    assert judged_day(settings, wind_gust=nothing).verdict == "OK"


# NumPy's own word on the standard deviation of an infinite number.
@pytest.mark.filterwarnings("ignore:invalid value encountered:RuntimeWarning")
@pytest.mark.parametrize(
    ("cells", "kinds"),
    [
        ([[np.nan]], ["not_finite"]),
        ([[np.inf]], ["domain", "not_finite"]),
        ([[50.0, 51.0]], ["value_count"]),
        ([[]], ["value_count"]),
    ],
)
def test_cells_that_are_no_single_number_block(
    cells: list[Any], kinds: list[str], settings: GateSettings
) -> None:
    batch = batch_of(rows_of(DAY))
    temp = pa.array(cells + [[50.0]] * (ROWS - 1), pa.large_list(pa.float32()))
    result = judged_batch(settings, _with_temp(batch, temp))
    assert anomalies_of(result) == [("temp", kind, "block") for kind in kinds]


def _with_temp(batch: pa.RecordBatch, temp: pa.Array) -> pa.RecordBatch:
    names = batch.schema.names
    columns = [temp if name == "temp" else column for name, column in zip(names, batch.columns, strict=True)]
    return pa.RecordBatch.from_arrays(columns, names)


def test_a_column_that_the_schema_does_not_know_warns(settings: GateSettings) -> None:
    batch = batch_of(rows_of(DAY))
    more = pa.RecordBatch.from_arrays([*batch.columns, batch.column(7)], [*batch.schema.names, "extra"])
    assert anomalies_of(judged_batch(settings, more)) == [("extra", "new_column", "warn")]


def test_a_span_without_the_label_is_ok_when_serving_and_blocked_when_training(
    settings: GateSettings,
) -> None:
    batch = batch_of(rows_of(DAY).drop(columns="late"))
    serving = judged_batch(settings, batch, "SERVING")
    assert (serving.verdict, serving.label_rate) == ("OK", None)
    assert any("not in the environment SERVING" in sentence for sentence in serving.not_checked)
    assert anomalies_of(judged_batch(settings, batch)) == [("late", "missing_column", "block")]


@pytest.mark.parametrize("rows", [0, 199])
def test_too_few_rows_are_blocked(rows: int, settings: GateSettings) -> None:
    result = judged_batch(settings, batch_of(rows_of(DAY)[:rows]))
    assert ("", "too_few_rows", "block") in anomalies_of(result)
    assert result.rows == rows


def test_two_hundred_rows_are_enough(settings: GateSettings) -> None:
    assert judged_batch(settings, batch_of(rows_of(DAY)[:200])).verdict == "OK"


def test_without_a_previous_span_drift_is_not_checked(settings: GateSettings) -> None:
    result = judge_span(statistics_of_span("2013-01"), flights_schema(), None, settings, label="late")
    assert result.not_checked == ("Drift was not checked: there is no previous accepted span.",)
    assert result.drift == ()
    assert result.checked == (
        f"The schema was checked in the environment TRAINING; rows: {result.rows:,}.",
        "The label was checked, in column `late`.",
    )


@pytest.mark.parametrize(("span", "previous"), [(DAY, "2013-02"), ("2013-03", "2013-02-28")])
def test_drift_between_few_rows_is_not_checked_and_not_green(
    span: str, previous: str, settings: GateSettings
) -> None:
    result = judge_span(
        statistics_of_span(span), flights_schema(), statistics_of_span(previous), settings, label="late"
    )
    assert result.drift == ()
    assert any(
        sentence.startswith("Drift was not checked") and "drift_min_rows" in sentence
        for sentence in result.not_checked
    )


def test_the_label_rate_of_few_rows_is_not_checked(settings: GateSettings) -> None:
    result = judged_day(settings, late=lambda x: 1 - x)
    assert result.anomalies == ()
    assert any("label_rate.min_rows" in sentence for sentence in result.not_checked)


def test_a_label_that_is_no_0_or_1_has_no_rate(settings: GateSettings) -> None:
    result = judge_span(statistics_of_span(DAY), flights_schema(), None, settings, label="")
    assert result.label_rate is None
    assert not any("rate" in sentence for sentence in (*result.not_checked, *result.checked))


def test_an_unconfigured_label_rate_is_not_checked() -> None:
    result = judged_day(GateSettings())
    assert "The label was not checked: neither label_rate nor label_numbers is set." in result.not_checked


@pytest.mark.parametrize("swap", [False, True])
def test_drift_of_a_column_that_is_empty_in_one_span_is_not_checked(swap: bool) -> None:
    pair = [changed(DAY, wind_gust=nothing), statistics_of_span(DAY)]
    now, before = reversed(pair) if swap else pair
    result = judge_span(now, flights_schema(), before, GateSettings(), label="late")
    assert any(
        sentence.startswith("Drift of column `wind_gust` was not checked") for sentence in result.not_checked
    )
    assert "wind_gust" not in {drift.feature for drift in result.drift}
    assert result.verdict == "OK"


def test_anomalies_of_several_columns_are_all_listed(settings: GateSettings) -> None:
    result = judged_day(settings, temp=half, humid=lambda x: x - 200, carrier=lambda x: x.replace("UA", "ZZ"))
    assert anomalies_of(result) == [
        ("carrier", "unexpected_values", "warn"),
        ("temp", "presence", "block"),
        ("humid", "domain", "block"),
    ]
    assert [sentence.split()[1] for sentence in result.reasons] == ["`temp`", "`humid`", "`carrier`:"]


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"carrier": lambda x: x.replace("UA", "Zürich-7")}, id="a string"),
        pytest.param({"temp": lambda x: x + 7777.25}, id="a number"),
    ],
)
def test_no_message_holds_a_data_value(change: dict[str, Change], settings: GateSettings) -> None:
    result = judged_day(settings, None, **change)
    assert result.anomalies
    text = result.to_json()
    assert "rich" not in text
    assert "7777" not in text
    assert "78" not in "".join(one.message for one in result.anomalies)


def test_gate_json_has_what_the_command_line_shows(settings: GateSettings) -> None:
    result = judge_span(
        changed("2013-02", temp=half), flights_schema(), statistics_of_span("2013-01"), settings, label="late"
    )
    data = json.loads(result.to_json())
    assert {"format", "verdict", "rows", "label_rate", "anomalies", "drift", "not_checked", "checked"} <= set(
        data
    )
    assert (data["format"], data["verdict"], data["rows"]) == (1, "BLOCK", 23611)
    assert data["columns"] == ["temp"]
    assert data["label_rate"] == pytest.approx(0.229, abs=0.001)
    assert set(data["anomalies"][0]) == {"feature", "kind", "severity", "message"}
    assert set(data["drift"][0]) == {
        "feature",
        "kind",
        "severity",
        "value",
        "threshold",
        "message",
        "extreme",
    }


def test_an_environment_that_the_schema_does_not_list_is_a_schema_error(settings: GateSettings) -> None:
    with pytest.raises(SchemaError):
        judged_batch(settings, batch_of(rows_of(DAY)), "TESTING")
