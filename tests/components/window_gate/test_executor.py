"""The node fails where it blocks, and writes its result where it does not."""

import json
from pathlib import Path
from typing import Any

import pytest
from tfx.types import standard_artifacts

from components.window_gate.executor import Executor
from components.window_gate.gate import LiveRows
from perennial.errors import FewerRows

WINDOW = {"spans": [{"span": "2013-02", "train_rows": 3}], "train": {"rows": 3}}


def _do(folder: Path, accepted: str) -> dict[str, Any]:
    window, anomalies = standard_artifacts.Examples(), standard_artifacts.ExampleAnomalies()
    window.uri, anomalies.uri = str(folder), str(folder / "anomalies")
    (folder / "window.json").write_text(json.dumps(WINDOW))
    live = LiveRows(1, 9, {"2013-01": 6, "2013-02": 3}, {"2013-01": "blocked"}, True)
    properties = {"use_case": "rain", "live": live.to_json(), "accepted": accepted, "max_shrink": 0.3}
    Executor().Do({"window": [window]}, {"anomalies": [anomalies]}, properties)
    return dict(json.loads((folder / "anomalies" / "gate.json").read_text()))


def test_many_fewer_rows_fail_the_node_and_say_how_to_accept_them(tmp_path: Path) -> None:
    with pytest.raises(FewerRows, match=r"2013-01 \(0 of 6, blocked\)") as caught:
        _do(tmp_path, accepted="")
    assert caught.value.remedy == (
        "Fix what is missing, or accept it: run `run rain --accept-fewer-rows --why REASON`."
    )
    assert (caught.value.facts["rows"], caught.value.facts["live_rows"]) == (3, 9)
    assert not (tmp_path / "anomalies").exists()


def test_accepted_fewer_rows_are_written_with_their_sentence(tmp_path: Path) -> None:
    gate = _do(tmp_path, accepted="they were tests")
    assert (gate["format"], gate["fewer"], gate["rows"]) == (1, True, 3)
    assert gate["sentence"].startswith("The window has 3 rows to train on, 67% fewer than the 9 of version 1")
