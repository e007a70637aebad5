"""What the node publishes."""

import json
from pathlib import Path
from typing import Any

from tfx.types import artifact_utils, standard_artifacts

from components.serving_probe.component import ServingProbe
from components.serving_probe.executor import Executor, split_files
from pipeline import config
from tests import tiny_use_case


def _artifact(kind: Any, uri: Path) -> Any:
    artifact = kind()
    artifact.uri = str(uri)
    return artifact


def _inputs(tiny: Any, folder: Path) -> dict[str, list[Any]]:
    examples = _artifact(standard_artifacts.Examples, folder / "examples")
    examples.split_names = artifact_utils.encode_split_names(["train", "eval", "anchor"])
    tiny_use_case.write_examples(tiny_use_case.rows(60, seed=8), folder / "examples" / "Split-eval" / "a.gz")
    (folder / "schema").mkdir()
    (folder / "schema" / "schema.pbtxt").write_text(tiny_use_case.SCHEMA)
    return {
        "examples": [examples],
        "model": [_artifact(standard_artifacts.Model, Path(tiny.serving_model_dir).parent)],
        "model_run": [_artifact(standard_artifacts.ModelRun, Path(tiny.model_run_dir))],
        "transform_graph": [_artifact(standard_artifacts.TransformGraph, Path(tiny.transform_graph_path))],
        "schema": [_artifact(standard_artifacts.Schema, folder / "schema")],
    }


def test_the_verdict_is_published_as_an_infra_blessing(tiny: Any, tmp_path: Path) -> None:
    blessing = _artifact(standard_artifacts.InfraBlessing, tmp_path / "blessing")
    Executor().Do(
        _inputs(tiny, tmp_path),
        {"blessing": [blessing]},
        {"python": str(config.serving_python()), "rows": 50, "timeout_seconds": 60, "source": ""},
    )
    written = json.loads((tmp_path / "blessing" / "probe.json").read_text())
    assert (written["verdict"], blessing.get_int_custom_property("blessed")) == ("SERVABLE", 1), written
    assert sorted(path.name for path in (tmp_path / "blessing").iterdir()) == ["INFRA_BLESSED", "probe.json"]


def test_the_rows_the_candidate_was_judged_by_come_first(tmp_path: Path) -> None:
    for name in ("Split-anchor/b.gz", "Split-eval/2.gz", "Split-eval/1.gz"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert [Path(file).name for file in split_files(tmp_path)] == ["1.gz", "2.gz", "b.gz"]


def test_the_component_takes_what_the_chain_gives() -> None:
    def channel(kind: Any) -> Any:
        from tfx.types import channel_utils

        return channel_utils.as_channel([kind()])

    node = ServingProbe(
        examples=channel(standard_artifacts.Examples),
        model=channel(standard_artifacts.Model),
        model_run=channel(standard_artifacts.ModelRun),
        transform_graph=channel(standard_artifacts.TransformGraph),
        schema=channel(standard_artifacts.Schema),
        run_id="r",
        python="python",
        source="",
    )
    assert node.outputs["blessing"].type is standard_artifacts.InfraBlessing
