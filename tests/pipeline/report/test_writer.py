"""The process beside a run: it leaves a page, or says that it could not, and never hangs about."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.config import REPOSITORY
from pipeline.report.writer import PageWriter
from tests.pipeline.report.pages import order, span_source, summary


def test_a_page_and_what_it_was_made_of_are_left_in_the_runs_folder(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    writer = PageWriter(folder / "log.txt")
    assert writer.write(order(folder, spans=[span_source(tmp_path, "2026-01")]))
    assert "2026-01" in (folder / "report.html").read_text(encoding="utf-8")
    assert json.loads((folder / "page.json").read_text())["format"] == 1
    assert {path.name for path in folder.iterdir()} == {"log.txt", "page.json", "report.html"}
    assert (folder / "log.txt").read_text() == ""


def test_the_process_starts_when_charts_are_expected_or_at_the_order_and_the_page_is_the_same(
    tmp_path: Path,
) -> None:
    pages = []
    for name, asks in (("unasked", 0), ("asked", 2)):
        folder = tmp_path / name
        folder.mkdir()
        writer = PageWriter(folder / "log.txt")
        for _ in range(asks):
            writer.expect_charts()
        assert (writer._process is not None) == (asks > 0)
        assert writer.write(order(folder, spans=[span_source(tmp_path / name, "2026-01")]))
        pages.append((folder / "report.html").read_text(encoding="utf-8").split("<title>")[1])
    assert pages[0] == pages[1]
    assert "<svg" in pages[0]


def test_a_page_of_nothing_new_is_made_without_a_process(tmp_path: Path) -> None:
    writer = PageWriter(tmp_path / "log.txt")
    assert writer.write(order(tmp_path, summary=summary(verdict="NOTHING_NEW", spans=[])))
    assert writer._process is None
    assert "NOTHING_NEW" in (tmp_path / "report.html").read_text(encoding="utf-8")
    assert not (tmp_path / "log.txt").exists()


def test_a_page_of_nothing_new_that_cannot_be_made_is_reported(tmp_path: Path) -> None:
    broken = order(tmp_path / "gone", summary=summary(verdict="NOTHING_NEW", spans=[]))
    assert not PageWriter(tmp_path / "log.txt").write(broken)
    assert "FileNotFoundError" in (tmp_path / "log.txt").read_text()


def test_a_page_that_cannot_be_made_is_reported_and_the_log_has_the_reason(tmp_path: Path) -> None:
    (tmp_path / "statistics" / "Split-span").mkdir(parents=True)
    (tmp_path / "statistics" / "Split-span" / "FeatureStats.pb").write_bytes(b"no proto")
    source = {"span": "2026-01", "version": 1, "quarantine": str(tmp_path / "v1.csv"), "previous": None}
    source["statistics"] = str(tmp_path / "statistics")
    assert not PageWriter(tmp_path / "log.txt").write(order(tmp_path, spans=[source]))
    assert "DecodeError" in (tmp_path / "log.txt").read_text()
    assert not (tmp_path / "report.html").exists()


def test_a_process_that_hangs_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.report.writer._LONGEST", 0.01)
    assert not PageWriter(tmp_path / "log.txt").write(order(tmp_path))


def test_a_process_that_cannot_be_started_is_reported(tmp_path: Path) -> None:
    assert not PageWriter(tmp_path / "no folder" / "log.txt").write(order(tmp_path))


def test_a_process_whose_run_is_gone_leaves_nothing(tmp_path: Path) -> None:
    program = [sys.executable, "-m", "pipeline.report.process"]
    done = subprocess.run(program, cwd=REPOSITORY, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
