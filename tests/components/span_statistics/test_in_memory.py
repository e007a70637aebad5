"""TFDV's private functions do what its public transform does; missing, NaN and "" are told apart."""

from pathlib import Path

import apache_beam as beam
import numpy as np
import pyarrow as pa
import pytest
from apache_beam.options.pipeline_options import PipelineOptions
from tensorflow_metadata.proto.v0 import schema_pb2
from tensorflow_metadata.proto.v0.statistics_pb2 import DatasetFeatureStatisticsList as Statistics

from components.span_statistics import in_memory, options, through_beam
from perennial import progress
from tests.flights_spans import batch_of, flights_schema, rows_of, statistics_of_span, write_examples

RUNNER = "--runner=apache_beam.runners.portability.fn_api_runner.FnApiRunner"


def through_beam_of(files: list[Path], folder: Path) -> Statistics:
    destination = folder / "beam" / "FeatureStats.pb"
    destination.parent.mkdir()
    with beam.Pipeline(options=PipelineOptions([RUNNER, "--sdk_container_image=unused"])) as pipeline:
        through_beam.write_statistics(pipeline, files, flights_schema(), destination)
    return Statistics.FromString(destination.read_bytes())


def rounded(
    statistics: Statistics,
) -> Statistics:
    """Means and deviations to 12 digits: their last bits depend on the order in which batches are added."""
    copy = Statistics.FromString(statistics.SerializeToString())
    for feature in copy.datasets[0].features:
        if feature.HasField("num_stats"):
            feature.num_stats.mean = float(f"{feature.num_stats.mean:.12g}")
            feature.num_stats.std_dev = float(f"{feature.num_stats.std_dev:.12g}")
    return copy


def test_a_month_has_the_same_statistics_in_memory_and_through_beam(tmp_path: Path) -> None:
    rows = rows_of("2013-02")
    days = rows["sched_dep"].str[8:10].astype(int)
    parts = {
        "head": [batch_of(rows[days <= 10]), batch_of(rows[(days > 10) & (days <= 21)])],
        "tail": [batch_of(rows[days > 21])],
    }
    write_examples(tmp_path, parts)
    files = sorted(tmp_path.glob("Split-*/*"))
    ours = in_memory.statistics_of(in_memory.record_batches(files, flights_schema()), flights_schema())
    assert ours.datasets[0].num_examples == len(rows)
    assert rounded(ours) == rounded(through_beam_of(files, tmp_path))


def test_batches_give_what_one_batch_gives() -> None:
    rows = rows_of("2013-03-0")
    batches = [batch_of(rows[start : start + 1000]) for start in range(0, len(rows), 1000)]
    one = in_memory.statistics_of([batch_of(rows)], flights_schema())
    assert rounded(in_memory.statistics_of(batches, flights_schema())) == rounded(one)


def test_features_stand_in_the_order_of_the_schema() -> None:
    names = [feature.path.step[0] for feature in statistics_of_span("2013-03-01").datasets[0].features]
    assert names == [feature.name for feature in flights_schema().feature]


def test_every_tail_number_is_counted_exactly() -> None:
    rows = rows_of("2013-02")
    tailnum = statistics_of_span("2013-02").datasets[0].features[3].string_stats
    counted = {bucket.label: int(bucket.sample_count) for bucket in tailnum.rank_histogram.buckets}
    assert counted == rows["tailnum"].value_counts().to_dict()
    assert len(counted) > 2000


def test_missing_nan_empty_string_and_no_value_are_kept_apart() -> None:
    schema = schema_pb2.Schema()
    schema.feature.add(name="word", type=schema_pb2.BYTES)
    schema.feature.add(name="number", type=schema_pb2.FLOAT)
    words = pa.array([[b"a"], [b""], None, [b"a"], [b""], []], pa.large_list(pa.large_binary()))
    numbers = pa.array([[1.0], [np.nan], None, [np.nan], [3.0], [np.nan]], pa.large_list(pa.float32()))
    made = in_memory.statistics_of([pa.RecordBatch.from_arrays([words, numbers], ["word", "number"])], schema)
    word, number = made.datasets[0].features
    assert word.string_stats.common_stats.num_missing == 1
    assert word.string_stats.common_stats.min_num_values == 0
    counts = {bucket.label: bucket.sample_count for bucket in word.string_stats.rank_histogram.buckets}
    assert counts == {"a": 2, "": 2}
    assert number.num_stats.common_stats.num_missing == 1
    assert [histogram.num_nan for histogram in number.num_stats.histograms] == [3, 3]
    assert number.num_stats.mean == pytest.approx(2.0)


def test_missing_and_empty_survive_being_written_and_read(tmp_path: Path) -> None:
    rows = rows_of("2013-03-01")
    rows["tailnum"] = rows["tailnum"].where(rows.index % 3 != 0).mask(rows.index % 3 == 1, "")
    write_examples(tmp_path, {"head": [batch_of(rows)]})
    batches = in_memory.record_batches(sorted(tmp_path.glob("Split-*/*")), flights_schema())
    tailnum = in_memory.statistics_of(batches, flights_schema()).datasets[0].features[3].string_stats
    counts = {bucket.label: bucket.sample_count for bucket in tailnum.rank_histogram.buckets}
    assert tailnum.common_stats.num_missing == rows["tailnum"].isna().sum()
    assert counts[""] == (rows["tailnum"] == "").sum()


def test_a_column_without_any_value_is_as_it_is_through_beam(tmp_path: Path) -> None:
    rows = rows_of("2013-03-01")
    rows["wind_gust"] = np.nan
    write_examples(tmp_path, {"head": [batch_of(rows)]})
    files = sorted(tmp_path.glob("Split-*/*"))
    ours = in_memory.statistics_of(in_memory.record_batches(files, flights_schema()), flights_schema())
    assert rounded(ours) == rounded(through_beam_of(files, tmp_path))


def test_a_table_has_the_statistics_of_its_examples(tmp_path: Path) -> None:
    batch = batch_of(rows_of("2013-03-01"))
    write_examples(tmp_path, {"head": [batch]})
    flat = {
        name: [row[0] if row else None for row in column.to_pylist()]
        for name, column in zip(batch.schema.names, batch.columns, strict=True)
    }
    types = {pa.large_binary(): pa.binary()}
    kinds = [types.get(field.type.value_type, field.type.value_type) for field in batch.schema]
    columns = [pa.array(flat[name], kind) for name, kind in zip(batch.schema.names, kinds, strict=True)]
    table = pa.table(columns, names=batch.schema.names)
    read = in_memory.record_batches(sorted(tmp_path.glob("Split-*/*")), flights_schema())
    ours = in_memory.statistics_of(in_memory.batches_of(table), flights_schema())
    assert ours == in_memory.statistics_of(read, flights_schema())


def test_no_rows_are_a_dataset_of_no_examples() -> None:
    made = in_memory.statistics_of(in_memory.record_batches([], flights_schema()), flights_schema())
    assert [dataset.num_examples for dataset in made.datasets] == [0]


def test_rows_are_reported_as_they_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    reports: list[tuple[int, int | None, str]] = []
    monkeypatch.setattr(progress, "_listeners", [lambda *report: reports.append(report)])
    rows = rows_of("2013-03-01")
    in_memory.statistics_of([batch_of(rows[:500]), batch_of(rows[500:])], flights_schema())
    assert reports == [(500, None, "rows"), (len(rows), None, "rows")]


def test_the_sketch_counts_as_many_strings_as_the_options_allow() -> None:
    many = pa.array([[str(number).encode()] for number in range(20_000)], pa.large_list(pa.large_binary()))
    schema = schema_pb2.Schema()
    schema.feature.add(name="word", type=schema_pb2.BYTES)
    made = in_memory.statistics_of([pa.RecordBatch.from_arrays([many], ["word"])], schema)
    strings = made.datasets[0].features[0].string_stats
    assert len(strings.rank_histogram.buckets) == 20_000
    assert len(strings.top_values) == options.TOP_VALUES
