from typing import Any

import numpy as np
import pytest

from benchmarks.quality.drift.jobs import PlantJob, jobs_of
from benchmarks.quality.drift.oracle_run import OracleRun
from benchmarks.quality.drift.own_kinds import CONTROLS, KINDS
from benchmarks.quality.drift.plants import DAILY, MONTHLY, Plant, plants_of, whole_rows
from benchmarks.quality.drift.tables import DAY, DatedTable
from tests.benchmarks.quality.drift.small_table import ROWS_A_DAY, small_table

SEED = 5


@pytest.fixture(scope="module")
def table() -> DatedTable:
    return small_table()


def planted(table: DatedTable, kind: str, share: float, item: int = 0) -> tuple[Plant, Any, Any]:
    """A plant, its rows, and the clean rows of its days."""
    (plant,) = plants_of(table, KINDS[kind], share, DAILY, SEED, range(item, item + 1))
    bounds = table.bounds()
    clean = table.rows.iloc[bounds[plant.first] : bounds[plant.first + plant.days]].reset_index(drop=True)
    return plant, whole_rows(table, bounds, plant), clean


@pytest.mark.parametrize("share", [0.1, 1.0])
@pytest.mark.parametrize("name", [name for name, kind in KINDS.items() if not kind.rows_change])
def test_only_the_damaged_columns_differ(table: DatedTable, name: str, share: float) -> None:
    plant, rows, clean = planted(table, name, share)
    assert len(rows) == len(clean)
    for column in table.columns:
        if column not in plant.touched:
            assert rows[column].equals(clean[column])


@pytest.mark.parametrize("name", ["case", "missing", "typo", "insertion", "padding", "labels", "zero"])
def test_the_share_of_the_rows_is_damaged(table: DatedTable, name: str) -> None:
    plant, rows, clean = planted(table, name, 0.1)
    (column,) = plant.target.columns
    differ = ~((rows[column] == clean[column]) | (rows[column].isna() & clean[column].isna()))
    assert 0.5 * 0.1 * ROWS_A_DAY <= differ.sum() <= 0.1 * ROWS_A_DAY


def test_each_kind_does_what_it_is_called(table: DatedTable) -> None:
    _, rows, clean = planted(table, "case", 1.0)
    assert rows["town"].tolist() == clean["town"].str.lower().tolist()
    plant, rows, clean = planted(table, "unit", 1.0)
    column = plant.target.columns[0]
    assert rows[column].tolist() == (clean[column] * 10).tolist()
    plant, rows, _ = planted(table, "missing", 1.0)
    assert rows[plant.target.columns[0]].isna().all()
    _, rows, clean = planted(table, "insertion", 1.0)
    assert (rows["town"].str.len() == clean["town"].str.len() + 1).all()
    _, rows, clean = planted(table, "deletion", 1.0)
    assert (rows["town"].str.len() == clean["town"].str.len() - 1).all()
    _, rows, clean = planted(table, "padding", 1.0)
    assert rows["town"].str.strip().tolist() == clean["town"].tolist()
    assert (rows["town"] != clean["town"]).all()
    _, rows, clean = planted(table, "labels", 1.0)
    assert rows["late"].tolist() == (1 - clean["late"]).tolist()


def test_rows_are_lost_or_there_twice(table: DatedTable) -> None:
    assert len(planted(table, "fewer-rows", 0.1)[1]) == round(0.9 * ROWS_A_DAY)
    assert len(planted(table, "fewer-rows", 1.0)[1]) == round(0.1 * ROWS_A_DAY)
    assert len(planted(table, "more-rows", 1.0)[1]) == 2 * ROWS_A_DAY


def test_a_segment_alone_is_in_another_unit(table: DatedTable) -> None:
    _, rows, clean = planted(table, "segment-unit", 1.0)
    new = clean["town"] == "NEW"
    assert np.allclose(rows["heat"][new], (clean["heat"][new] - 32) * 5 / 9)
    assert rows["heat"][~new].equals(clean["heat"][~new])


def test_a_value_is_gone_or_renamed(table: DatedTable) -> None:
    _, rows, clean = planted(table, "value-gone", 1.0)
    assert set(rows["town"]) == {"NEW", "FAR"}
    assert len(rows) == (clean["town"] != "OLD").sum()
    _, rows, _ = planted(table, "value-renamed", 1.0)
    assert set(rows["town"]) == {"NEW", "FAR", "OLD-2"}


def test_a_slow_shift_grows_from_day_to_day(table: DatedTable) -> None:
    plant, rows, clean = planted(table, "slow-shift", 1.0)
    column = plant.target.columns[0]
    growth = (rows[column] - clean[column]).groupby(rows[DAY]).mean()
    assert len(growth) == 14
    assert (np.diff(growth) > 0).all()
    assert growth.iloc[-1] == pytest.approx(2 * table.rows[column].std())


def test_a_broken_join_leaves_each_column_as_it_was(table: DatedTable) -> None:
    _, rows, clean = planted(table, "join-mixed", 1.0)
    for column in table.joined:
        assert sorted(rows[column]) == sorted(clean[column])
        assert not rows[column].equals(clean[column])
    pairs = set(zip(clean["heat"], clean["size"], strict=True))
    assert set(zip(rows["heat"], rows["size"], strict=True)) == pairs  # joined columns stay together


def test_a_plant_is_the_same_alone_and_with_others(table: DatedTable) -> None:
    together = plants_of(table, KINDS["typo"], 0.1, DAILY, SEED, range(4))[2]
    (alone,) = plants_of(table, KINDS["typo"], 0.1, DAILY, SEED, range(2, 3))
    assert alone.first == together.first
    assert alone.rows.equals(together.rows)


def test_plants_are_on_other_days_and_months_by_turns(table: DatedTable) -> None:
    days = [plant.first for plant in plants_of(table, KINDS["missing"], 1.0, DAILY, SEED, range(100))]
    assert len(set(days)) == 100
    assert min(days) == table.history
    months = [plant.first for plant in plants_of(table, KINDS["missing"], 1.0, MONTHLY, SEED, range(8))]
    assert months[:4] == months[4:] == [90, 120, 151, 181]


def test_months_are_cut_into_jobs_and_sizes_are_for_days_alone(table: DatedTable) -> None:
    kinds = (KINDS["missing"], KINDS["size-shift"])
    monthly = jobs_of(table, kinds, MONTHLY, 60)
    assert [(job.share, job.items) for job in monthly][:3] == [
        (0.01, range(0, 26)),
        (0.01, range(26, 52)),
        (0.01, range(52, 60)),
    ]
    assert {job.kind.name for job in monthly} == {"missing"}
    assert len(jobs_of(table, kinds, DAILY, 60)) == 3 + 6


def test_the_controls_change_nothing(table: DatedTable) -> None:
    for name, days in (("nothing", 1), ("nothing-slow", 14)):
        plant, rows, clean = planted(table, name, 0.0)
        assert plant.days == days
        assert rows.equals(clean)
    assert [job.kind.name for job in jobs_of(table, CONTROLS, MONTHLY, 20)] == ["nothing"]


DAMAGING = [name for name, kind in KINDS.items() if kind.oracle is not None and not kind.is_control]


@pytest.mark.parametrize("name", DAMAGING)
def test_the_oracle_sees_what_is_done_to_all_rows(table: DatedTable, name: str) -> None:
    oracle = OracleRun(table)
    job = PlantJob(KINDS[name], max(KINDS[name].shares), DAILY, range(0, 6))
    verdicts = [oracle.judge(job, plant) for plant in job.plants(table, SEED)]
    least = 0.5 if name in ("schema-number", "bias", "value-renamed", "digit") else 0.8
    assert np.mean(verdicts) >= least, verdicts  # type: ignore[arg-type]
