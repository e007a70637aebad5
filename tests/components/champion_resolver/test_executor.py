"""What is live, as an artifact."""

import json
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
    return _resolve(folder, _models(folder), version)


def _resolve(folder: Path, models: Path, version: int, twin: str = "") -> dict[str, list[Any]]:
    model, twin_model = standard_artifacts.Model(), standard_artifacts.Model()
    model.uri, twin_model.uri = str(folder / "champion"), str(folder / "twin")
    outputs = {"model": [model], "twin_model": [twin_model]}
    properties = {"models": str(models), "version": version, "digest": "d", "source": "s"}
    properties |= {"twin": twin, "twin_digest": "d"}
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
    assert _do(tmp_path, 0) == {"model": [], "twin_model": []}
    assert not (tmp_path / "champion").exists()


def test_a_twin_is_copied_with_what_it_was_trained_on(tmp_path: Path) -> None:
    card = {"spans": [{"span": "2"}], "trained_on": {"rows": 9}}
    judged = {
        "spans": [{"span": "1"}],
        "trained_on": {"rows": 8},
        "model": "artifacts/m",
        "model_digest": "d",
    }
    judged_model = tmp_path / "artifacts" / "m"
    judged_model.mkdir(parents=True)
    (judged_model / "saved_model.pb").write_text("judged")
    models = _models(tmp_path)
    (models / "9" / "model_card.json").write_text(json.dumps({**card, "refit": {"judged": judged}}))
    (twin,) = _resolve(tmp_path, models, 9, str(judged_model))["twin_model"]
    copied = tmp_path / "twin" / "Format-Serving"
    assert (copied / "saved_model.pb").read_text() == "judged"
    assert json.loads((copied / "model_card.json").read_text()) == {
        "version": 9,
        "spans": [{"span": "1"}],
        "trained_on": {"rows": 8},
    }
    assert twin.get_string_custom_property("digest") == model_digest(copied)


def test_a_version_that_is_gone_fails_the_node(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        _do(tmp_path, 11)


def test_the_component_takes_what_the_chain_gives() -> None:
    node = ChampionResolver(models="/m", version=3, digest="d", twin="", twin_digest="", source="s")
    assert node.exec_properties["version"] == 3
    assert node.outputs["model"].type is standard_artifacts.Model
