"""The node on the summaries of small spans, with a model that was really trained, and with none."""

import json
from pathlib import Path
from typing import Any

import pytest
from tfx.types import standard_artifacts

from components.day_artifacts import DaySummariesArtifact
from components.drift_effects.executor import Executor
from perennial.drift.day_file import FILE, write_days
from perennial.drift.orders import EFFECTS_FILE, AlarmOrder, HistorySpan
from perennial.files import read_json
from tests import tiny_use_case
from tests.perennial.test_live_effects import days, live

__all__ = ["live"]


@pytest.mark.parametrize("is_live", [True, False])
def test_each_alarm_gets_its_effect_or_why_it_is_not_known(
    live: tuple[Path, str], tmp_path: Path, is_live: bool
) -> None:
    rows = tiny_use_case.rows(900)
    colder = [{**row, "heat": None if row["heat"] is None else row["heat"] - 4} for row in rows]  # type: ignore[operator]
    for name, content in {"before": rows, "span": colder}.items():
        (tmp_path / name).mkdir()
        write_days(tmp_path / name / FILE, days(content))
    summaries, output = DaySummariesArtifact(), standard_artifacts.InferenceResult()
    summaries.uri, output.uri = str(tmp_path / "span"), str(tmp_path / "effects")
    (tmp_path / "effects").mkdir()
    summaries.set_string_custom_property("span", "week")
    summaries.set_int_custom_property("version", 1)
    summaries.set_string_custom_property("digest", "content")
    alarm = AlarmOrder(subject="heat/level", since="", until="", columns=("heat",), baseline="training")
    history = HistorySpan(span="before", days=str(tmp_path / "before"), trained=True)
    properties: dict[str, Any] = {
        "span": "week",
        "alarms": json.dumps([alarm.model_dump()]),
        "history": json.dumps([history.model_dump()]),
        "models": str(live[0]),
        "live": live[1] if is_live else "another",
        "task": tiny_use_case.TASK.to_json(),
        "source": "",
    }
    Executor().Do({"days": [summaries]}, {"effects": [output]}, properties)
    (only,) = read_json(tmp_path / "effects" / EFFECTS_FILE)["effects"]
    assert only["subject"] == "heat/level"
    if is_live:
        assert only["number"] < -0.005
    else:
        text = "Its effect on the live model's scores is not known: no model is live."
        assert (only["number"], only["text"]) == (None, text)
    assert output.get_string_custom_property("span") == "week"
