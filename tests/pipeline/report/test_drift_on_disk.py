"""A run's page has its drift part from what is on the disk, again and again; what is gone is left out."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from components.data_gate.by_day import DaysToJudge, judge_days
from perennial.drift.calibration_file import write_calibration
from perennial.drift.day_file import FILE, write_days
from perennial.drift.settings import DriftSettings
from pipeline.report.drift_on_disk import drift_of
from pipeline.report.model import page_of
from pipeline.report.render import html_of
from tests.pipeline.report.drift_days import FIRST, calibrated, day_table
from tests.pipeline.report.pages import order, span_source, summary

SPAN = "2013-06"


@pytest.fixture
def left(tmp_path: Path) -> Path:
    """What a run leaves: calibration 3, the days of June, and the gate's judgement of them."""
    return leave(tmp_path, 151)


def leave(folder: Path, history: int) -> Path:
    table, calibration = day_table(FIRST + 100, 81), calibrated(history)
    judgement = judge_days(SPAN, DaysToJudge(table, calibration, 3, DriftSettings()))
    (folder / "calibrations").mkdir()
    (folder / "days").mkdir()
    write_calibration(folder / "calibrations" / "3.npz", calibration)
    write_days(folder / "days" / FILE, table)
    gate = {
        "anomalies": [asdict(each) for each in judgement.alarms],
        "calibration": judgement.calibration,
        "days": list(judgement.days),
    }
    (folder / "judged.json").write_text(json.dumps(gate))
    return folder


def shown(folder: Path) -> dict[str, Any] | None:
    gate: Mapping[str, Any] = json.loads((folder / "judged.json").read_text())
    return drift_of(SPAN, folder / "days", folder / "calibrations", gate, {}, ())


def test_the_days_of_the_span_are_shown_as_the_gate_judged_them(left: Path) -> None:
    drift, gate = shown(left), json.loads((left / "judged.json").read_text())
    assert drift is not None
    assert drift["judged"] == [15857, 15886]
    assert drift["scores"][-30:] == pytest.approx([each["score"] for each in gate["days"]], rel=1e-3)
    known = [(each["since_date"], each["severity"], each["columns"]) for each in drift["alarms"]]
    assert known == [(each["since"], "warn", each["columns"]) for each in gate["anomalies"]]
    assert "2013-06-20" in {each["since"] for each in gate["anomalies"]}


def test_a_span_that_was_not_judged_for_want_of_history_says_so(tmp_path: Path) -> None:
    drift = shown(leave(tmp_path, 30))
    assert drift is not None
    assert (drift["state"], drift["alarms"]) == ("not calibrated", [])
    assert drift["needed"] == calibrated(30).days_needed > 0


def test_without_a_calibration_or_with_a_damaged_file_there_is_no_such_part(left: Path) -> None:
    assert drift_of(SPAN, left / "days", left / "calibrations", {"calibration": None}, {}, ()) is None
    (left / "calibrations" / "3.npz").write_bytes(b"damaged")
    assert shown(left) is None
    (left / "calibrations" / "3.npz").unlink()
    assert shown(left) is None


def test_the_page_of_a_run_has_it_and_is_made_again_from_what_was_gathered(left: Path) -> None:
    source = span_source(left, SPAN)
    gate = json.loads((left / "anomalies" / "gate.json").read_text())
    judged = json.loads((left / "judged.json").read_text())
    gate |= {"calibration": judged["calibration"], "days": judged["days"]}
    gate["anomalies"] += judged["anomalies"]
    (left / "anomalies" / "gate.json").write_text(json.dumps(gate))
    span = {**summary()["spans"][0], "span": SPAN}
    source = {**source, "days": str(left / "days")}
    page = page_of(order(left, summary=summary(spans=[span]), spans=[source]))
    html = html_of(page)
    assert "Drift by day" in html
    assert "20 Jun 2013" in html.split('id="drift"')[1]
    assert html_of(json.loads(json.dumps(page))) == html
