"""What makes a run's page, in a process or in the run's own: it leaves a page, or says that it could not."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.config import REPOSITORY
from pipeline.report.render import is_made
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


@pytest.mark.parametrize("verdict", ["NOTHING_NEW", "DATA_BLOCKED", "FAILED"])
def test_a_page_of_a_run_that_read_and_trained_nothing_is_made_without_a_process(
    tmp_path: Path, verdict: str
) -> None:
    writer = PageWriter(tmp_path / "log.txt")
    assert writer.write(order(tmp_path, summary=summary(verdict=verdict, spans=[])))
    assert writer._process is None
    assert verdict in (tmp_path / "report.html").read_text(encoding="utf-8")
    assert not (tmp_path / "log.txt").exists()
    page = json.loads((tmp_path / "page.json").read_text())
    assert is_made(tmp_path / "report.html", page)  # `report` leaves it as it is


def test_charts_are_never_drawn_in_the_process_of_the_run(tmp_path: Path) -> None:
    writer = PageWriter(tmp_path / "no folder" / "log.txt")
    writer.expect_charts()  # it cannot be started
    span = span_source(tmp_path, "2026-01")
    assert not writer.write(order(tmp_path, summary=summary(verdict="NOTHING_NEW"), spans=[span]))
    assert not (tmp_path / "report.html").exists()


@pytest.mark.parametrize(
    ("content", "error"), [('{"format": 1', "JSONDecodeError"), ("[1]", "TypeError"), (b"\xff", "Unicode")]
)
def test_a_damaged_page_of_the_former_run_costs_the_page_alone(
    tmp_path: Path, content: str | bytes, error: str
) -> None:
    (tmp_path / "former").mkdir()
    file = tmp_path / "former" / "page.json"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    (tmp_path / "run").mkdir()
    newest = {"span": "2026-01", "run_id": "former"}
    order_ = order(tmp_path / "run", summary=summary(verdict="NOTHING_NEW", spans=[]), newest=newest)
    assert not PageWriter(tmp_path / "run" / "log.txt").write(order_)
    assert error in (tmp_path / "run" / "log.txt").read_text()
    assert [path.name for path in (tmp_path / "run").iterdir()] == ["log.txt"]


def test_a_page_whose_folder_and_log_are_gone_is_reported(tmp_path: Path) -> None:
    broken = order(tmp_path / "gone", summary=summary(verdict="NOTHING_NEW", spans=[]))
    assert not PageWriter(tmp_path / "log.txt").write(broken)
    assert "FileNotFoundError" in (tmp_path / "log.txt").read_text()
    assert not PageWriter(tmp_path / "gone" / "log.txt").write(broken)


def test_a_library_of_the_page_that_cannot_be_imported_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pipeline.report.page_file", None)
    idle = order(tmp_path, summary=summary(verdict="NOTHING_NEW", spans=[]))
    assert not PageWriter(tmp_path / "log.txt").write(idle)
    assert "ModuleNotFoundError" in (tmp_path / "log.txt").read_text()


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
    writer = PageWriter(tmp_path / "log.txt")
    writer.expect_charts()
    assert not writer.write(order(tmp_path))


def test_a_process_whose_run_is_gone_leaves_nothing(tmp_path: Path) -> None:
    program = [sys.executable, "-m", "pipeline.report.process"]
    done = subprocess.run(program, cwd=REPOSITORY, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
