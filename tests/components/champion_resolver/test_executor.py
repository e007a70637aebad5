"""What is live, as an artifact."""

from pathlib import Path
from typing import Any

import pytest
from tfx.types import standard_artifacts

from components.champion_resolver.component import ChampionResolver
from components.champion_resolver.executor import Executor
from perennial.store.registry import model_digest


def _models(folder: Path) -> Path:
    for version in ("9", "10"):
        (folder / "models" / version / "variables").mkdir(parents=True)
        (folder / "models" / version / "saved_model.pb").write_text(f"graph {version}")
        (folder / "models" / version / "variables" / "variables.data").write_text("weights")
        (folder / "models" / version / "model_card.json").write_text("{}")
    return folder / "models"


def _do(folder: Path, version: int) -> dict[str, list[Any]]:
    model = standard_artifacts.Model()
    model.uri = str(folder / "champion")
    outputs = {"model": [model]}
    properties = {"models": str(_models(folder)), "version": version, "digest": "d", "source": "s"}
    Executor().Do({}, outputs, properties)
    return outputs


@pytest.mark.parametrize("version", [9, 10])
def test_the_version_asked_for_is_copied_whole(tmp_path: Path, version: int) -> None:
    (model,) = _do(tmp_path, version)["model"]
    serving = tmp_path / "champion" / "Format-Serving"
    assert (serving / "saved_model.pb").read_text() == f"graph {version}"
    assert model.get_int_custom_property("version") == version
    digest = model_digest(tmp_path / "models" / str(version))
    assert model.get_string_custom_property("digest") == digest == model_digest(serving)


def test_the_copy_shares_nothing_with_what_is_served(tmp_path: Path) -> None:
    _do(tmp_path, 9)
    copied = tmp_path / "champion" / "Format-Serving" / "saved_model.pb"
    assert not copied.samefile(tmp_path / "models" / "9" / "saved_model.pb")


def test_where_nothing_is_live_nothing_is_given(tmp_path: Path) -> None:
    assert _do(tmp_path, 0) == {"model": []}
    assert not (tmp_path / "champion").exists()


def test_a_version_that_is_gone_fails_the_node(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        _do(tmp_path, 11)


def test_the_component_takes_what_the_chain_gives() -> None:
    node = ChampionResolver(models="/m", version=3, digest="d", source="s")
    assert node.exec_properties["version"] == 3
    assert node.outputs["model"].type is standard_artifacts.Model
