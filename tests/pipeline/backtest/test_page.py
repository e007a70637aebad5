"""The page, the picture and the plain values of a backtest."""

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from commands.backtest.output import text_of
from pipeline.backtest.content import content_of
from pipeline.backtest.page import write_files
from tests.pipeline.backtest.past import PastScene


def test_a_backtest_leaves_a_page_a_picture_and_its_values(past: PastScene, tmp_path: Path) -> None:
    result = past.backtest()
    folder = tmp_path / "1_4"
    content = content_of("trains", result, folder)
    write_files(folder, result, "trains", content)
    html = (folder / "report.html").read_text()
    assert "Retrain every span on all spans" in html
    assert html.count("<tr>") == 3 + 3 + 3 + 4
    assert "<script" not in html
    assert not re.findall(r'(?:src|href)="(?!#)', html)
    picture = ElementTree.parse(folder / "loss.svg").getroot()
    assert picture.tag.endswith("svg")
    assert "prefers-color-scheme" in (folder / "loss.svg").read_text()
    assert json.loads((folder / "backtest.json").read_text()) == content
    assert content["recommendation"]["policy"] == {
        "every": 1,
        "window": "all",
        "refit": False,
        "start": "cold",
    }
    assert [each["cpu_seconds"] for each in content["policies"]] == [50.0, 150.0, 150.0]
    assert content["spans"][0]["losses"][0] == pytest.approx(content["policies"][0]["loss"] - 0.01)


def test_the_text_has_a_line_for_each_policy_the_best_first(past: PastScene, tmp_path: Path) -> None:
    past.script.runs.gates = {"2": "BLOCK"}
    result = past.backtest()
    lines = text_of(content_of("trains", result, tmp_path), result).splitlines()
    assert lines[0] == "Judged on 2 spans (3 to 4), 126 rows of 14 days."
    assert [line[:14].rstrip() for line in lines[3:5]] == ["*>  every span", "    never"]
    assert "Left out: 2 (it is blocked)." in lines
