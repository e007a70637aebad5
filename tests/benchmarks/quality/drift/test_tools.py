import json
from pathlib import Path

import pytest

from benchmarks.quality.drift.jobs import PlantJob, write_job, write_rows
from benchmarks.quality.drift.own_kinds import KINDS
from benchmarks.quality.drift.plants import DAILY, MONTHLY
from benchmarks.quality.drift.tools.work import (
    Base,
    RowBatch,
    by_column,
    clean_batches,
    job_batches,
    main,
    read_base,
)
from tests.benchmarks.quality.drift.small_table import ROWS_A_DAY, small_table

SEED = 5


@pytest.fixture(autouse=True)
def surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    """A child sets these for its tool; here they are as before after each test."""
    for name in ("NML_DISABLE_USAGE_LOGGING", "DO_NOT_TRACK", "HF_HUB_OFFLINE"):
        monkeypatch.setenv(name, "1")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder: Path = tmp_path_factory.mktemp("drift") / "real"
    table = small_table()
    write_rows(folder, table, table.rows, months=True)
    for name, period in (("missing", DAILY), ("slow-shift", DAILY), ("fewer-rows", MONTHLY)):
        job = PlantJob(KINDS[name], 1.0, period, range(3))
        write_job(folder, job, table, job.plants(table, SEED))
    return folder


def test_clean_days_and_months_are_judged_from_the_history_on(folder: Path) -> None:
    base = read_base(folder)
    days = clean_batches(base, DAILY)
    assert [batch.first for batch in days] == list(range(60, 200))
    assert all(len(batch.rows) == ROWS_A_DAY for batch in days)
    assert [(batch.first, batch.days) for batch in clean_batches(base, MONTHLY)] == [
        (90, 30),
        (120, 31),
        (151, 30),
        (181, 19),
    ]


def test_a_job_is_read_as_it_was_written(folder: Path) -> None:
    missing = job_batches(folder, "daily-missing-1-0")
    assert [(batch.item, batch.first, batch.columns) for batch in missing] == [
        (0, 60, ("town",)),
        (1, 62, ("code",)),
        (2, 64, ("heat",)),
    ]
    assert all(batch.rows[batch.columns[0]].isna().all() for batch in missing)
    slow = job_batches(folder, "daily-slow-shift-1-0")
    assert [batch.first for batch in slow if batch.item == 0] == list(range(60, 74))
    months = job_batches(folder, "monthly-fewer-rows-1-0")
    assert [len(batch.rows) for batch in months] == [120, 124, 120]  # nine rows of ten are lost
    assert all(len(batch.columns) == 5 for batch in months)


def test_a_tool_of_single_columns_scores_each_with_its_history() -> None:
    asked = []

    def score(key: int, column: str, rows: list[int]) -> list[float]:
        asked.append((key, column, rows))
        return [float(row) for row in rows]

    batches = [
        RowBatch(0, 60, 1, ("a", "b"), 1),
        RowBatch(1, 61, 1, ("a",), 2),
        RowBatch(2, 90, 1, ("a",), 3),
    ]
    scores = by_column(score, lambda first: first // 30)(batches)
    assert list(scores) == [
        {"columns": {"a": 1.0, "b": 1.0}},
        {"columns": {"a": 2.0}},
        {"columns": {"a": 3.0}},
    ]
    assert (2, "a", [1, 2]) in asked


def test_a_child_writes_each_job_and_says_what_its_tool_could_not_read(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def make(base: Base, period: str) -> object:
        def score(batches: list[RowBatch]) -> list[dict[str, object]]:
            if period == MONTHLY:
                raise ValueError("no months")
            return [{"columns": dict.fromkeys(batch.columns, 0.5)} for batch in batches]

        return score

    names = ["daily-missing-1-0", "monthly-fewer-rows-1-0", "clean-daily"]
    monkeypatch.setattr("sys.argv", ["tool", str(folder), str(tmp_path), *names])
    main(make)  # type: ignore[arg-type]
    missing = json.loads((tmp_path / "daily-missing-1-0.json").read_text())
    assert missing["items"]["1"] == [{"columns": {"code": 0.5}}]
    assert json.loads((tmp_path / "monthly-fewer-rows-1-0.json").read_text()) == {
        "failed": "ValueError: no months"
    }
    assert len(json.loads((tmp_path / "clean-daily.json").read_text())["items"]) == 140
    capsys.readouterr()


def test_no_job_is_begun_after_the_time(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", ["tool", str(folder), str(tmp_path), "clean-daily", "--until", "1"])
    main(lambda base, period: pytest.fail("begun"))
    assert not list(tmp_path.iterdir())
