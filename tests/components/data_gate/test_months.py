"""Real months of 2013 pass; the same months with a wrong unit or labels upside down do not."""

import pytest

from components.data_gate.gate import GateResult, judge_span
from components.data_gate.settings import GateSettings
from tests.flights_spans import Change, celsius, changed, flights_schema, statistics_of_span

MONTHS = [f"2013-{month:02d}" for month in range(1, 13)]


def judged(month: str, settings: GateSettings, **columns: Change) -> GateResult:
    """The gate's result of a month, changed or not, after the real month before it."""
    number = MONTHS.index(month)
    statistics = changed(month, None, **columns) if columns else statistics_of_span(month)
    previous = statistics_of_span(MONTHS[number - 1]) if number else None
    return judge_span(statistics, flights_schema(), previous, settings, label="late")


@pytest.mark.parametrize("month", MONTHS)
def test_a_real_month_after_a_real_month_is_ok(month: str, settings: GateSettings) -> None:
    result = judged(month, settings)
    assert (result.verdict, result.reasons) == ("OK", ())
    assert len(result.drift) == (14 if month != "2013-01" else 0)
    assert {drift.severity for drift in result.drift} <= {"ok"}


@pytest.mark.parametrize("month", ["2013-05", "2013-10", "2013-12"])
def test_a_real_month_is_ok_by_the_history_and_one_in_celsius_is_extreme(
    month: str, settings: GateSettings
) -> None:
    former = [statistics_of_span(each) for each in MONTHS[: MONTHS.index(month)][::-1]]
    for statistics, verdict, extreme in (
        (statistics_of_span(month), "OK", []),
        (changed(month, None, temp=celsius), "BLOCK", ["temp"]),
    ):
        result = judge_span(
            statistics, flights_schema(), former[0], settings, label="late", older_statistics=former[1:]
        )
        assert result.verdict == verdict
        assert [drift.feature for drift in result.drift if drift.extreme] == extreme
        assert not any("history" in sentence for sentence in result.not_checked)


@pytest.mark.parametrize(("month", "before"), list(zip(MONTHS[2:], MONTHS, strict=False)))
def test_a_real_month_is_not_blocked_when_the_one_before_is_left_out(
    month: str, before: str, settings: GateSettings
) -> None:
    result = judge_span(
        statistics_of_span(month), flights_schema(), statistics_of_span(before), settings, label="late"
    )
    assert result.verdict != "BLOCK"


@pytest.mark.parametrize("month", MONTHS[1:])
def test_temperatures_in_celsius_are_blocked_in_any_month(month: str, settings: GateSettings) -> None:
    result = judged(month, settings, temp=celsius)
    (temp,) = [drift for drift in result.drift if drift.severity == "block"]
    assert (result.verdict, temp.feature) == ("BLOCK", "temp")
    # Far from the threshold on both sides: the worst real month has 0.362.
    assert temp.value > 0.93


@pytest.mark.parametrize("month", ["2013-02", "2013-07", "2013-12"])
def test_labels_upside_down_are_blocked_by_their_rate(month: str, settings: GateSettings) -> None:
    result = judged(month, settings, late=lambda late: 1 - late)
    assert result.verdict == "BLOCK"
    assert [(one.feature, one.kind, one.severity) for one in result.anomalies] == [
        ("late", "label_rate", "block")
    ]


@pytest.mark.parametrize(("action", "verdict"), [("note", "OK"), ("warn", "WARN")])
def test_celsius_passes_when_the_policy_allows_it(action: str, verdict: str) -> None:
    policy = [{"feature": "temp", "anomaly": kind, "action": action} for kind in ("drift", "drift_extreme")]
    settings = GateSettings.model_validate({"policy": policy})
    result = judged("2013-03", settings, temp=celsius)
    assert result.verdict == verdict
    assert [drift.severity for drift in result.drift if drift.feature == "temp"] == [action]


@pytest.mark.parametrize(
    ("column", "change", "verdict"),
    [
        ("dewp", celsius, "WARN"),
        ("wind_speed", lambda mph: mph * 0.44704, "WARN"),
        ("wind_gust", lambda mph: mph * 0.44704, "WARN"),
        ("distance", lambda miles: (miles * 1.609).round(), "WARN"),
        ("humid", lambda percent: percent / 100, "BLOCK"),
    ],
)
def test_another_unit_that_stays_within_the_bounds_warns_and_blocks_above_a_distance_of_09(
    column: str, change: Change, verdict: str, settings: GateSettings
) -> None:
    result = judged("2013-05", settings, **{column: change})
    assert result.verdict == verdict
    (drift,) = (drift for drift in result.drift if drift.severity != "ok")
    assert (drift.feature, drift.extreme, drift.value > 0.9) == (column, *(verdict == "BLOCK",) * 2)
    extreme = "; it is extreme: above 0.9" if drift.extreme else ""
    figures = f"is {drift.value:.3f}, above the limit of {drift.threshold:g}{extreme}."
    assert drift.message == (
        f"Column `{column}`: the Jensen-Shannon divergence from the previous accepted span {figures}"
    )
