"""The node: both engines write the same days of real flights, without those that are not believed."""

import json
from pathlib import Path

import numpy as np
import pytest
from tfx import types
from tfx.dsl.components.base import base_beam_executor
from tfx.types import artifact_utils, channel_utils, standard_artifacts

from components.day_artifacts import DaySummariesArtifact, days_file
from components.day_summaries.component import DaySummaries
from components.day_summaries.executor import Executor
from perennial.drift.day_file import read_days
from perennial.drift.day_summaries import UNDATED, DayTable, NumberDays, TextDays
from perennial.errors import ConfigError, NodeFailed
from perennial.files import file_digest
from tests.flights_spans import SCHEMA_FILE, batch_of, rows_of, write_examples

RUNNER = "--runner=apache_beam.runners.portability.fn_api_runner.FnApiRunner"
# Without it Beam packs a source distribution of TFX, two seconds each time.
NO_SDIST = "--sdk_container_image=unused"
Inputs = dict[str, list[types.Artifact]]


def _split(first: str, last: str) -> dict[str, str]:
    return {"first_day": first, "last_day": last}


@pytest.fixture
def inputs(tmp_path: Path) -> Inputs:
    """Three days of flights in two splits, and one row that is a stray."""
    examples = standard_artifacts.Examples()
    examples.uri = str(tmp_path / "examples")
    examples.split_names = artifact_utils.encode_split_names(["head", "tail", "anchor", "stray"])
    examples.set_string_custom_property("span", "2013-03")
    examples.set_int_custom_property("version", 2)
    examples.set_string_custom_property("digest", "d1")
    rows, stray = rows_of("2013-03-0")[:2500], rows_of("2013-12-31")[:1]
    parts = {"tail": rows[:1700], "anchor": rows[1700:], "stray": stray}
    write_examples(tmp_path / "examples", {name: [batch_of(part)] for name, part in parts.items()})
    splits = {"tail": _split("2013-03-01", "2013-03-02"), "anchor": _split("2013-03-02", "2013-03-03")}
    splits |= {"stray": _split("2013-12-31", "2013-12-31"), "head": {"first_day": None, "last_day": None}}
    (tmp_path / "examples" / "summary.json").write_text(json.dumps({"splits": splits}))
    schema = standard_artifacts.Schema()
    schema.uri = str(tmp_path / "schema")
    Path(schema.uri).mkdir()
    (Path(schema.uri) / "schema.pbtxt").write_text(SCHEMA_FILE.read_text())
    return {"examples": [examples], "schema": [schema]}


def executed(inputs: Inputs, folder: Path, engine: str, time_column: str = "sched_dep") -> types.Artifact:
    days = DaySummariesArtifact()
    days.uri = str(folder / f"{engine}{time_column}")
    context = base_beam_executor.BaseBeamExecutor.Context(
        beam_pipeline_args=[RUNNER, NO_SDIST], tmp_dir=str(folder), unique_id="1"
    )
    settings = {"time_column": time_column, "engine": engine, "source": "s"}
    Executor(context).Do(inputs, {"days": [days]}, settings)
    return days


def read(artifact: types.Artifact) -> DayTable:
    return read_days(days_file(artifact))


def test_days_have_the_span_s_identity_and_the_digest_of_their_file(inputs: Inputs, tmp_path: Path) -> None:
    days = executed(inputs, tmp_path, "in_memory")
    assert [path.name for path in Path(days.uri).iterdir()] == ["days.arrow"]
    assert days.get_string_custom_property("content") == file_digest(days_file(days))
    identity = [days.get_string_custom_property(name) for name in ("span", "digest")]
    assert [*identity, days.get_int_custom_property("version")] == ["2013-03", "d1", 2]


def test_each_day_is_that_of_the_rows(inputs: Inputs, tmp_path: Path) -> None:
    table = read(executed(inputs, tmp_path, "in_memory"))
    rows = rows_of("2013-03-0")[:2500]
    by_day = rows.groupby(rows["sched_dep"].str[:10])
    assert table.days.astype(str).tolist() == list(by_day.groups)
    assert table.rows.tolist() == by_day.size().tolist()
    temp, carrier = table.columns["temp"], table.columns["carrier"]
    assert isinstance(temp, NumberDays)
    assert isinstance(carrier, TextDays)
    np.testing.assert_allclose(temp.mean, by_day["temp"].mean(), rtol=1e-6)
    assert temp.present.tolist() == by_day["temp"].count().tolist()
    for place, (_, own) in enumerate(by_day):
        counted = {value.encode(): count for value, count in own["carrier"].value_counts().items()}
        counts = dict(zip(carrier.values, carrier.counts[place].tolist(), strict=True))
        assert {value: count for value, count in counts.items() if count} == counted


def test_both_engines_give_the_same(inputs: Inputs, tmp_path: Path) -> None:
    for time_column in ("sched_dep", ""):
        files = [days_file(executed(inputs, tmp_path, each, time_column)) for each in ("in_memory", "beam")]
        assert files[0].read_bytes() == files[1].read_bytes()
        assert [path.name for path in files[1].parent.iterdir()] == ["days.arrow"]
        table = read_days(files[0])
        assert (table.days.tolist() == [UNDATED.item()]) is (time_column == "")
        assert table.rows.sum() == (2500 if time_column else 2501)


def test_an_unknown_engine_is_a_config_error(inputs: Inputs, tmp_path: Path) -> None:
    with pytest.raises(ConfigError):
        executed(inputs, tmp_path, "spark")


def test_examples_without_a_file_fail_the_node(inputs: Inputs, tmp_path: Path) -> None:
    inputs["examples"][0].uri = str(tmp_path / "empty")
    with pytest.raises(NodeFailed):
        executed(inputs, tmp_path, "in_memory")


def test_the_component_takes_beam_options() -> None:
    node = DaySummaries(
        examples=channel_utils.as_channel([standard_artifacts.Examples()]),
        schema=channel_utils.as_channel([standard_artifacts.Schema()]),
        time_column="",
        engine="beam",
        source="s",
    ).with_beam_pipeline_args([RUNNER])
    assert node.executor_spec.beam_pipeline_args == [RUNNER]
    assert set(node.outputs) == {"days"}
