"""The tables that the proof is about, and their page."""

import csv
from pathlib import Path
from typing import Any

from benchmarks.proofs.tables import ugly
from benchmarks.proofs.tables.page import failures, page
from benchmarks.proofs.tables.sources import TABLES
from benchmarks.proofs.tables.trial import _without_label

IRIS = next(table for table in TABLES if table.name == "iris")
STEP = {"command": "local_runner.py new iris", "code": 0, "seconds": 1.5, "out": "", "err": ""}


def _trial(**changes: Any) -> dict[str, Any]:
    summary = {
        "verdict": "PUSHED",
        "reason": "Version 1 is live.",
        "live_version": 1,
        "task": {"task": "multiclass", "classes": ["a", "b", "c"]},
        "spans": [{"rows": 150}],
        "candidate": {"metrics": {"log_loss": 0.1}},
        "baseline": {"log_loss": 1.1},
        "yardstick": {"metrics": {"log_loss": 0.2}, "relative": -0.5},
        **changes,
    }
    schema = 'feature {\n  name: "a"\n  lifecycle_stage: DISABLED\n}\nfeature {\n  name: "b"\n}\n'
    answers = {"rows": 150, "columns": ["a", "prediction"]}
    steps = {"new": STEP, "run": STEP, "predict": STEP}
    return {
        "name": "iris",
        "commit": "abc",
        "schema": schema,
        "summary": summary,
        "answers": answers,
        **steps,
    }


def test_names_are_use_cases_and_differ() -> None:
    names = [table.name for table in TABLES]
    assert len(set(names)) == len(names) >= 12
    assert {table.task for table in TABLES} == {"binary", "multiclass", "regression"}


def test_the_ugly_file_is_as_ugly_as_described_and_always_the_same(tmp_path: Path) -> None:
    for name in ("one.csv", "two.csv"):
        ugly.write(tmp_path / name, rows=300)
    content = (tmp_path / "one.csv").read_bytes()
    assert content == (tmp_path / "two.csv").read_bytes()
    text = content.decode("cp1252")
    lines = text.split("\r\n")
    assert "größe" in text.lower()
    assert any("N/A" in line for line in lines)
    assert "" in lines[1:300]
    assert lines[-3].startswith("Summe;;;;")
    assert any(";1/2/2013;" in line for line in lines)


def test_the_rows_to_score_are_the_tables_without_its_label(tmp_path: Path) -> None:
    (tmp_path / "table.csv").write_bytes('größe;gut\n"1;5";ja\n2;nein\n'.encode("cp1252"))
    config = 'exports:\n  encoding: cp1252\n  delimiter: ";" # between two cells\n'
    _without_label(tmp_path / "table.csv", tmp_path / "fresh.csv", config, "gut")
    with (tmp_path / "fresh.csv").open(encoding="cp1252", newline="") as lines:
        assert list(csv.reader(lines, delimiter=";")) == [["größe"], ["1;5"], ["2"]]


def test_what_is_not_as_it_should_be_is_reported() -> None:
    assert failures(IRIS, _trial()) == []
    assert failures(IRIS, _trial(verdict="FAILED", live_version=None))
    assert failures(IRIS, _trial(task={"task": "regression"}))
    trial = _trial()
    trial["answers"] = {"columns": ["a"], "rows": 150}
    assert failures(IRIS, trial) == ["predict: the output has no column `prediction`"]


def test_the_page_has_a_row_for_each_table() -> None:
    text = page(TABLES, [_trial()])
    row = "|iris|150|2|multiclass, 3 classes|1|PUSHED|0|0.1|1.1|0.2|-50.0%|2|2|2|"
    assert row in text.splitlines()
    assert "Set aside: a." in text
    assert "1 tables; 1 of them passed" in text


def test_tables_that_were_tried_at_other_commits_are_named() -> None:
    other = {**_trial(), "name": "wine", "commit": "def"}
    assert "Tried at abc: iris; def: wine." in page(TABLES, [_trial(), other])
