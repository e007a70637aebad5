"""The node, run by TFX on a small export: its Examples are those of the in-memory reading, or it fails."""

import json
from pathlib import Path
from typing import Any

import pytest
import tensorflow as tf
from tfx.components.util import examples_utils
from tfx.dsl.components.base import base_beam_executor
from tfx.orchestration import metadata, pipeline
from tfx.orchestration.local.local_dag_runner import LocalDagRunner
from tfx.orchestration.metadata import Metadata
from tfx.proto import example_gen_pb2
from tfx.types import artifact_utils, standard_artifacts

from components.arrow_example_gen import convert
from components.arrow_example_gen.component import ArrowExampleGen
from components.arrow_example_gen.executor import Executor
from components.arrow_example_gen.ingest import Cutting, read_export
from perennial import row_sketch
from perennial.errors import FileRefused, SchemaError, SpanChanged, SpanRefused
from perennial.files import file_digest
from perennial.reading.columns import Column, columns_to_json
from perennial.reading.csv_format import CsvFormat
from perennial.reading.reading import ExportFormat

BEAM = ["--runner=apache_beam.runners.portability.fn_api_runner.FnApiRunner", "--sdk_container_image=unused"]
COLUMNS = (Column("day", "string", True), Column("n", "int", False), Column("y", "int", True))


def export_in(folder: Path, bad: int = 2) -> list[str]:
    folder.mkdir()
    for number in range(3):
        rows = [f"2013-01-{1 + row % 31:02d},{row * 3 + number},{row % 2}" for row in range(200)]
        rows += [f"2013-01-01,SECRET,{row % 2}" for row in range(bad)]
        (folder / f"part-{number}.csv").write_text("\n".join(["day,n,y", *rows]) + "\n")
    return [str(path) for path in sorted(folder.iterdir())]


def properties(files: list[str]) -> dict[str, Any]:
    return {
        "span": "2013-01",
        "version": 3,
        "digest": "d",
        "files": json.dumps([[file, file_digest(Path(file))] for file in files]),
        "columns": columns_to_json(COLUMNS),
        "label": "y",
        "task": "",
        "time_column": "day",
        "csv_format": CsvFormat().to_json(),
        "max_bad_share": 0.05,
        "max_unlabelled_share": 0.5,
        "anchor_share": 0.02,
        "tail_days": 7,
        "quarantine": str(Path(files[0]).parents[1] / "quarantine" / "v3.csv") if files else "",
        "engine": "in_memory",
        "source": "s",
    }


def rows_of(uri: Path, split: str) -> list[int]:
    files = sorted(str(path) for path in uri.glob(f"Split-{split}/*"))
    records = tf.data.TFRecordDataset(files, "GZIP").as_numpy_iterator()
    return [
        tf.train.Example.FromString(record).features.feature["n"].int64_list.value[0] for record in records
    ]


@pytest.mark.parametrize("engine", ["in_memory", "beam"])
def test_the_node_publishes_what_the_reading_in_memory_gives(tmp_path: Path, engine: str) -> None:
    files = export_in(tmp_path / "export")
    store = metadata.sqlite_metadata_connection_config(str(tmp_path / "metadata.db"))
    node = ArrowExampleGen(**{**properties(files), "engine": engine})
    LocalDagRunner().run(
        pipeline.Pipeline(
            "p", str(tmp_path / "root"), store, components=[node], beam_pipeline_args=BEAM, enable_cache=False
        )
    )
    with Metadata(store) as handle:
        (published,) = handle.store.get_artifacts_by_type("Examples")
        kind = handle.store.get_artifact_type("Examples")
    examples = artifact_utils.deserialize_artifact(kind, published)
    memory = read_export(
        [Path(file) for file in files],
        ExportFormat(COLUMNS, "y", "day"),
        Cutting(max_bad_share=0.05),
        {"span": "2013-01", "version": 3, "digest": "d"},
    )
    uri = Path(examples.uri)
    numbers = memory.table["n"].to_numpy()
    for index, split in enumerate(convert.SPLITS):
        assert rows_of(uri, split) == numbers[memory.splits == index].tolist()
    assert json.loads((uri / "summary.json").read_text()) == memory.summary
    sketch = row_sketch.read_sketch(uri / row_sketch.FILE)
    assert sketch is not None
    assert (sketch.rows, sketch.fingerprint) == (600, memory.sketch.fingerprint)
    assert sketch.hashes.tolist() == memory.sketch.hashes.tolist()
    assert (tmp_path / "quarantine" / "v3.csv").read_text().count("SECRET") == 6
    assert sorted(path.name for path in uri.iterdir()) == [
        "Split-anchor",
        "Split-head",
        "Split-tail",
        "row_sketch.npz",
        "summary.json",
    ]
    assert json.loads(examples.split_names) == ["head", "tail", "anchor", "early", "late", "stray"]
    assert examples.get_string_custom_property("span") == "2013-01"
    assert examples.get_int_custom_property("version") == 3
    assert examples.get_string_custom_property("digest") == "d"
    assert examples_utils.get_payload_format(examples) == example_gen_pb2.PayloadFormat.FORMAT_TF_EXAMPLE
    assert examples_utils.get_file_format(examples) == "tfrecords_gzip"


def do(folder: Path, **changes: Any) -> Path:
    examples = standard_artifacts.Examples()
    examples.uri = str(folder / "examples")
    context = base_beam_executor.BaseBeamExecutor.Context(beam_pipeline_args=list(BEAM), tmp_dir=str(folder))
    Executor(context).Do({}, {"examples": [examples]}, {**properties(changes.pop("files")), **changes})
    return Path(examples.uri)


@pytest.mark.parametrize("engine", ["in_memory", "beam"])
def test_a_refused_span_fails_the_node_with_its_own_error(tmp_path: Path, engine: str) -> None:
    files = export_in(tmp_path / "export")
    with pytest.raises(SpanRefused, match=r"6 of 606"):
        do(tmp_path, files=files, max_bad_share=0.001, engine=engine)
    assert (tmp_path / "quarantine" / "v3.csv").read_text().count("SECRET") == 6
    with pytest.raises(SpanRefused, match="The export has no files"):
        do(tmp_path, files=[], engine=engine)
    for file in files[1:]:
        Path(file).write_text("")
    with pytest.raises(FileRefused, match=r"part-1.csv: the file is empty.* 1 more file is unreadable"):
        do(tmp_path, files=files, engine=engine)


@pytest.mark.parametrize("change", ["altered", "shorter", "gone", "a folder"])
def test_a_file_that_is_not_what_arrived_fails_the_node_and_shows_nothing_of_the_data(
    tmp_path: Path, change: str
) -> None:
    files = export_in(tmp_path / "export")
    arrived = properties(files)["files"]
    part = Path(files[1])
    text = part.read_text()
    part.unlink()
    match change:
        case "altered":
            part.write_text(text.replace("2013-01-02", "2013-01-03"))
        case "shorter":
            part.write_text("")
        case "a folder":
            part.mkdir()
    examples = standard_artifacts.Examples()
    examples.uri = str(tmp_path / "examples")
    context = base_beam_executor.BaseBeamExecutor.Context(
        beam_pipeline_args=list(BEAM), tmp_dir=str(tmp_path)
    )
    with pytest.raises(SpanChanged, match=r"part-1\.csv changed while it was read"):
        Executor(context).Do({}, {"examples": [examples]}, {**properties([]), "files": arrived})
    assert not (tmp_path / "quarantine").exists()


def test_a_span_without_bad_rows_has_no_quarantine(tmp_path: Path) -> None:
    uri = do(tmp_path, files=export_in(tmp_path / "export", bad=0), time_column="")
    assert not (tmp_path / "quarantine").exists()
    assert sum(len(rows_of(uri, split)) for split in convert.SPLITS) == 600


def test_a_label_or_time_column_that_the_schema_lacks_is_an_error(tmp_path: Path) -> None:
    files = export_in(tmp_path / "export")
    for changes in ({"label": "z"}, {"time_column": "z"}, {"time_column": "n"}):
        with pytest.raises(SchemaError):
            do(tmp_path, files=files, **changes)


def test_the_spec_carries_all_properties_as_plain_values(tmp_path: Path) -> None:
    given = properties(export_in(tmp_path / "export"))
    assert ArrowExampleGen(**given).exec_properties == given
