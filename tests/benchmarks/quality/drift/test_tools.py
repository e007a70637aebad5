import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.quality.drift.children import ToolJob
from benchmarks.quality.drift.jobs import PlantJob, write_job, write_rows
from benchmarks.quality.drift.other_tools import TOOLS
from benchmarks.quality.drift.own_kinds import KINDS
from benchmarks.quality.drift.plants import DAILY, MONTHLY
from benchmarks.quality.drift.tools import tfdv_scores
from benchmarks.quality.drift.tools.work import (
    Base,
    ColumnScore,
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

    def score(key: int, column: str, rows: list[int]) -> list[ColumnScore]:
        asked.append((key, column, rows))
        return [({"distance": float(row)}, row > 2) for row in rows]

    batches = [
        RowBatch(0, 60, 1, ("a", "b"), 1),
        RowBatch(1, 61, 1, ("a",), 2),
        RowBatch(2, 90, 1, ("a",), 3),
    ]
    scores = by_column(score, lambda first: first // 30)(batches)
    assert list(scores) == [
        {"columns": {"a": {"distance": 1.0}, "b": {"distance": 1.0}}, "alarmed": []},
        {"columns": {"a": {"distance": 2.0}}, "alarmed": []},
        {"columns": {"a": {"distance": 3.0}}, "alarmed": ["a"]},
    ]
    assert (2, "a", [1, 2]) in asked


def todo_of(folder: Path, out: Path, names: list[str]) -> str:
    """A file that lists jobs for a child."""
    listed = [
        {"rows": str(folder), "job": name, "out": str(out / f"{name}.json"), "digest": "d"} for name in names
    ]
    file = out / "todo.json"
    file.write_text(json.dumps(listed))
    return str(file)


def test_a_child_writes_each_job_and_says_what_its_tool_could_not_read(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def make(base: Base, period: str) -> object:
        def score(batches: list[RowBatch]) -> list[dict[str, object]]:
            if period == MONTHLY:
                raise ValueError("no months")
            return [{"columns": {}, "alarmed": list(batch.columns)} for batch in batches]

        return score

    names = ["daily-missing-1-0", "monthly-fewer-rows-1-0", "clean-daily"]
    monkeypatch.setattr("sys.argv", ["tool", todo_of(folder, tmp_path, names)])
    main(make)  # type: ignore[arg-type]
    missing, months, clean = (json.loads((tmp_path / f"{name}.json").read_text()) for name in names)
    assert missing["result"]["items"]["1"] == [{"columns": {}, "alarmed": ["code"]}]
    assert missing["code"] == "d"
    assert months["result"]["failed"] == "ValueError: no months"
    assert len(clean["result"]["items"]) == 140
    capsys.readouterr()


def test_no_job_is_begun_after_the_time(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    todo = todo_of(folder, tmp_path, ["clean-daily"])
    monkeypatch.setattr("sys.argv", ["tool", todo, "--until", "1"])
    main(lambda base, period: pytest.fail("begun"))
    assert [file.name for file in tmp_path.iterdir()] == ["todo.json"]


def test_a_result_counts_as_long_as_its_rows_are_the_same(folder: Path, tmp_path: Path) -> None:
    rows = tmp_path / "rows"
    shutil.copytree(folder, rows)
    job = ToolJob(TOOLS[1], rows, "daily-missing-1-0")
    assert job.result() is None
    job.file.parent.mkdir()
    job.file.write_text(json.dumps({"code": job.digest, "result": {"items": {}}}))
    assert ToolJob(TOOLS[1], rows, "daily-missing-1-0").result() == {"items": {}}
    other = tmp_path / "other"
    shutil.copytree(rows, other)
    shutil.copy(folder / "jobs/daily-slow-shift-1-0.parquet", other / "jobs/daily-missing-1-0.parquet")
    assert ToolJob(TOOLS[1], other, "daily-missing-1-0").result() is None


@pytest.mark.filterwarnings("ignore:np.find_common_type is deprecated")  # TFDV's, within pandas
def test_tfdv_gives_its_distance_and_how_many_rows_its_schema_refuses(folder: Path) -> None:
    base = read_base(folder)
    score = tfdv_scores.make(base, DAILY)
    (clean,) = list(score(clean_batches(base, DAILY)[:1]))
    assert clean["columns"]["town"]["outside"] == clean["columns"]["town"]["absent"] == 0
    renamed = clean_batches(base, DAILY)[0]
    rows = renamed.rows.assign(town=renamed.rows["town"].replace("OLD", "OLD-2"))
    (planted,) = list(score([replace(renamed, rows=rows)]))
    assert planted["columns"]["town"]["outside"] == (renamed.rows["town"] == "OLD").mean()
    assert planted["columns"]["town"]["distance"] > clean["columns"]["town"]["distance"]
    assert "town" in planted["alarmed"]
