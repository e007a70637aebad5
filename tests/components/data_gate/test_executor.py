"""The node: it publishes its verdict whatever the data, as ExampleValidator would write it."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from pydantic import ValidationError
from tensorflow_metadata.proto.v0 import anomalies_pb2
from tensorflow_metadata.proto.v0.statistics_pb2 import DatasetFeatureStatisticsList as Statistics
from tfx.types import artifact_utils, channel_utils, standard_artifacts

from components.arrow_example_gen.ingest import Cutting, read_export
from components.data_gate.component import DataGate
from components.data_gate.executor import Executor
from components.data_gate.settings import GateSettings
from perennial import row_sketch
from perennial.files import write_json
from perennial.reading.columns import Column
from perennial.reading.reading import ExportFormat
from tests.flights_spans import GATE, SCHEMA_FILE, celsius, changed, statistics_of_span


def statistics_artifact(folder: Path, statistics: Statistics) -> standard_artifacts.ExampleStatistics:
    artifact = standard_artifacts.ExampleStatistics()
    artifact.uri = str(folder)
    artifact.split_names = artifact_utils.encode_split_names(["span"])
    artifact.set_string_custom_property("span", "2013-02")
    artifact.set_int_custom_property("version", 3)
    artifact.set_string_custom_property("digest", "d3")
    (folder / "Split-span").mkdir(parents=True)
    (folder / "Split-span" / "FeatureStats.pb").write_bytes(statistics.SerializeToString())
    return artifact


def examples_artifact(
    folder: Path, days: Sequence[str] = ("2013-02-01",) * 30
) -> standard_artifacts.Examples:
    """What ArrowExampleGen leaves of a small February, beside the rows themselves."""
    folder.mkdir()
    (folder / "part.csv").write_text("day,y\n" + "2013-02-01,1\n" * 30)
    columns = (Column("day", "string", True), Column("y", "int", True))
    identity: dict[str, str | int] = {"span": "2013-02", "version": 3, "digest": folder.name}
    export = read_export([folder / "part.csv"], ExportFormat(columns, "y", "day"), Cutting(), identity)
    write_json(folder / "summary.json", export.summary)
    export.sketch.write(folder / row_sketch.FILE)
    artifact = standard_artifacts.Examples()
    artifact.uri = str(folder)
    return artifact


def executed(
    folder: Path,
    current: Statistics,
    previous: Statistics | None,
    settings: str = GATE.model_dump_json(),
    others: Sequence[tuple[str, str, str]] = (),
    row_counts: Sequence[tuple[str, int]] = (),
    older: Sequence[Statistics] = (),
) -> standard_artifacts.ExampleAnomalies:
    schema = standard_artifacts.Schema()
    schema.uri = str(folder / "schema")
    Path(schema.uri).mkdir()
    (Path(schema.uri) / "schema.pbtxt").write_text(SCHEMA_FILE.read_text())
    inputs = {
        "statistics": [statistics_artifact(folder / "now", current)],
        "schema": [schema],
        "examples": [examples_artifact(folder / "examples")],
    }
    if previous is not None:
        inputs["previous_statistics"] = [statistics_artifact(folder / "before", previous)]
    former = [statistics_artifact(folder / f"older{number}", each) for number, each in enumerate(older)]
    inputs["older_statistics"] = former[::-1]  # TFX hands over the oldest artifact first
    anomalies = standard_artifacts.ExampleAnomalies()
    anomalies.uri = str(folder / "anomalies")
    properties = {"settings": settings, "label": "late", "environment": "TRAINING", "source": "s"}
    properties["time_zone"] = ""
    properties["others"] = json.dumps(others)
    properties |= {"span": "2013-02", "row_counts": json.dumps(row_counts)}
    properties["older"] = json.dumps([each.uri for each in former])
    Executor().Do(inputs, {"anomalies": [anomalies]}, properties)
    return anomalies


def test_the_history_is_of_neighbouring_spans_in_whatever_order_they_are_handed_over(tmp_path: Path) -> None:
    months = [statistics_of_span(f"2013-0{number}") for number in (5, 4, 3, 2, 1)]
    current = changed("2013-06", None, dewp=celsius)
    executed(tmp_path, current, months[0], older=months[1:])
    data = json.loads((tmp_path / "anomalies/gate.json").read_text())
    assert [(each["feature"], each["extreme"]) for each in data["drift"] if each["extreme"]] == [
        ("dewp", True)
    ]


def test_a_blocked_span_is_published_as_blocked(tmp_path: Path) -> None:
    anomalies = executed(tmp_path, changed("2013-02", temp=celsius), statistics_of_span("2013-01"))
    assert anomalies.get_int_custom_property("blocked") == 1
    assert anomalies.get_string_custom_property("verdict") == "BLOCK"
    validation = anomalies_pb2.Anomalies.FromString(
        (tmp_path / "anomalies/Split-span/SchemaDiff.pb").read_bytes()
    )
    assert "temp" in validation.anomaly_info
    assert json.loads((tmp_path / "anomalies/gate.json").read_text())["verdict"] == "BLOCK"


def test_a_good_span_is_published_under_its_identity(tmp_path: Path) -> None:
    anomalies = executed(tmp_path, statistics_of_span("2013-02"), statistics_of_span("2013-01"))
    assert artifact_utils.decode_split_names(anomalies.split_names) == ["span"]
    assert anomalies.get_int_custom_property("blocked") == 0
    assert anomalies.get_string_custom_property("verdict") == "OK"
    assert anomalies.get_string_custom_property("span") == "2013-02"
    assert anomalies.get_int_custom_property("version") == 3
    assert anomalies.get_string_custom_property("digest") == "d3"


def test_for_the_first_span_drift_is_listed_as_not_checked(tmp_path: Path) -> None:
    executed(tmp_path, statistics_of_span("2013-02"), None)
    data = json.loads((tmp_path / "anomalies/gate.json").read_text())
    assert data["not_checked"] == [
        "Drift was not checked: there is no previous accepted span.",
        "The number of rows was not compared: fewer than 2 accepted spans are before the span.",
        "Whether rows are in other spans was not checked: no other span is in use.",
    ]


def test_a_span_with_the_rows_of_another_one_is_published_as_blocked(tmp_path: Path) -> None:
    other = examples_artifact(tmp_path / "other")
    statistics = statistics_of_span("2013-02")
    anomalies = executed(tmp_path, statistics, None, others=[("2013-03", "d", other.uri)])
    assert anomalies.get_int_custom_property("blocked") == 1
    reasons = json.loads((tmp_path / "anomalies/gate.json").read_text())["reasons"]
    (reason,) = reasons
    assert reason.startswith("The span has the same rows as span 2013-03, which is in use. Export ")


def test_half_the_usual_rows_are_published_as_blocked(tmp_path: Path) -> None:
    current = statistics_of_span("2013-02")
    rows = 2 * current.datasets[0].num_examples
    executed(tmp_path, current, None, row_counts=[("2012-12", rows), ("2013-01", rows)])
    data = json.loads((tmp_path / "anomalies/gate.json").read_text())
    assert [(one["kind"], one["severity"]) for one in data["anomalies"]] == [("row_count", "block")]


def test_no_rows_at_all_are_published_as_blocked(tmp_path: Path) -> None:
    empty = Statistics()
    empty.datasets.add()
    assert executed(tmp_path, empty, statistics_of_span("2013-01")).get_int_custom_property("blocked") == 1


def test_settings_that_make_no_sense_raise(tmp_path: Path) -> None:
    with pytest.raises(ValidationError):
        executed(tmp_path, statistics_of_span("2013-02"), None, '{"min_row": 3}')


def test_the_component_wires_without_a_previous_span() -> None:
    statistics = channel_utils.as_channel([standard_artifacts.ExampleStatistics()])
    schema = channel_utils.as_channel([standard_artifacts.Schema()])
    examples = channel_utils.as_channel([standard_artifacts.Examples()])
    node = DataGate(
        statistics=statistics,
        schema=schema,
        examples=examples,
        settings="{}",
        label="late",
        source="s",
        span="2013-01",
        row_counts="[]",
    )
    assert set(node.inputs) == {"statistics", "schema", "examples"}
    assert set(node.outputs) == {"anomalies"}
    assert GateSettings.model_validate_json(node.exec_properties["settings"]) == GateSettings()
