"""Numbers of several workers become one text that Prometheus reads."""

from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from serving.observe import metrics
from serving.observe.metrics import Family, MetricTable

COUNT = Family("things_total", "counter", 'Things: "all"\nof them.', ("model", "what"))
DEPTH = Family("depth", "gauge", "How deep.")
LIVE = Family("live", "gauge", "Which.", ("model",), largest=True)
SIZE = Family("size", "histogram", "How large.", ("model", "version"), (1.0, 2.5), by_version=True)
ALL = (COUNT, DEPTH, LIVE, SIZE)


def _samples(table: MetricTable) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    families = text_string_to_metric_families(metrics.text(table).decode())
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in families
        for sample in family.samples
    }


def test_the_text_is_read_back_by_prometheus_own_parser() -> None:
    table = MetricTable(ALL)
    table.cell(COUNT, "m", 'a "b"\\\n')[0] = 3
    table.cell(DEPTH)[0] = 0.25
    size = table.cell(SIZE, "m", "1")
    size[0], size[2], size[-1] = 2, 1, 7.5
    assert _samples(table) == {
        ("things_total", (("model", "m"), ("what", 'a "b"\\\n'))): 3,
        ("depth", ()): 0.25,
        ("size_bucket", (("le", "1"), ("model", "m"), ("version", "1"))): 2,
        ("size_bucket", (("le", "2.5"), ("model", "m"), ("version", "1"))): 2,
        ("size_bucket", (("le", "+Inf"), ("model", "m"), ("version", "1"))): 3,
        ("size_sum", (("model", "m"), ("version", "1"))): 7.5,
        ("size_count", (("model", "m"), ("version", "1"))): 3,
    }


def _worker(things: float, depth: float, live: float) -> MetricTable:
    table = MetricTable(ALL)
    table.cell(COUNT, "m", "a")[0] = things
    table.cell(DEPTH)[0] = depth
    table.cell(LIVE, "m")[0] = live
    table.cell(SIZE, "m", "1")[0] = things
    return table


def test_workers_are_summed_and_of_versions_the_largest_counts(tmp_path: Path) -> None:
    metrics.write(_worker(1, 2, 7).dump(), tmp_path, 100)
    metrics.write(_worker(10, 3, 8).dump(), tmp_path, 101)
    total = metrics.read(ALL, tmp_path)
    assert (total.cell(COUNT, "m", "a"), total.cell(DEPTH), total.cell(LIVE, "m")) == ([11], [5], [8])
    assert metrics.read(ALL, tmp_path, but=101).cell(COUNT, "m", "a") == [1]


def test_a_dead_workers_counts_stay_and_its_gauges_go(tmp_path: Path) -> None:
    for pid, things in ((100, 1), (101, 10)):
        metrics.write(_worker(things, 2, 7).dump(), tmp_path, pid)
        metrics.bury(ALL, tmp_path, pid)
    metrics.bury(ALL, tmp_path, 102)  # died before it wrote anything
    assert [path.name for path in tmp_path.iterdir()] == ["ended.json"]
    total = metrics.read(ALL, tmp_path)
    assert total.cell(COUNT, "m", "a") == [11]
    assert (total.cells["depth"], total.cells["live"]) == ({}, {})


def test_what_dead_workers_leave_does_not_grow_with_every_version(tmp_path: Path) -> None:
    for version in range(1, 60):
        table = MetricTable(ALL)
        table.cell(SIZE, "m", str(version))[0] = 1
        metrics.write(table.dump(), tmp_path, version)
        metrics.bury(ALL, tmp_path, version)
    kept = {labels[1] for labels in metrics.read(ALL, tmp_path).cells["size"]}
    assert kept == {"55", "56", "57", "58", "59"}


def test_series_of_versions_that_are_gone_are_dropped() -> None:
    table = _worker(1, 1, 1)
    table.cell(SIZE, "m", "2")
    table.keep_versions({("m", "2")})
    assert list(table.cells["size"]) == [("m", "2")]
    assert table.cell(COUNT, "m", "a") == [1]


def test_an_empty_table_is_an_empty_text() -> None:
    assert metrics.text(MetricTable(ALL)) == b""


@pytest.mark.parametrize("family", [COUNT, SIZE])
def test_what_is_asked_for_again_is_the_same_cell(family: Family) -> None:
    table = MetricTable(ALL)
    assert table.cell(family, "m", "1") is table.cell(family, "m", "1")
