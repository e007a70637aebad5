"""TF Serving's file of models: what each of its fields becomes, and how a change of it is taken."""

from pathlib import Path

import pytest

from serving.settings import ModelSettings, RequestLogSettings, SettingsError
from serving.supervisor.model_config_file import ModelConfigFile, read

TWO = """
model_config_list {
  config {
    name: "flights"
    base_path: "/models/flights"
    model_platform: "tensorflow"
    model_version_policy { specific { versions: 4 versions: 5 } }
    version_labels { key: "stable" value: 4 }
    version_labels { key: "canary" value: 5 }
  }
  config { name: "trains" base_path: "/models/trains" }
}
"""


def _one(policy: str) -> ModelSettings:
    text = (
        f'model_config_list {{ config {{ name: "m" base_path: "/m" model_version_policy {{ {policy} }} }} }}'
    )
    return read(text, "models.config")["m"]


def test_models_pins_and_labels_are_read() -> None:
    assert read(TWO, "models.config") == {
        "flights": ModelSettings("/models/flights", policy=(4, 5), labels={"stable": 4, "canary": 5}),
        "trains": ModelSettings("/models/trains"),
    }


def test_the_policies_are_read() -> None:
    assert _one("all {}").policy == "all"
    assert (_one("latest { num_versions: 3 }").policy, _one("latest { num_versions: 3 }").newest) == (
        "latest",
        3,
    )
    assert (_one("latest {}").policy, _one("latest {}").newest) == ("latest", 1)
    assert _one("specific { versions: 0 }").policy == (0,)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("model_config_list: [", "models.config is not a valid ModelServerConfig: line 1"),
        ("models {}", "not a valid ModelServerConfig"),
        ("custom_model_config {}", "got custom_model_config"),
        ('model_config_list { config { name: "m" } }', "m has no base_path"),
        ('model_config_list { config { name: "a/b" base_path: "/m" } }', "must not contain a slash"),
        (
            'model_config_list { config { name: "m" base_path: "/m" model_platform: "torch" } }',
            "got 'torch'",
        ),
        (
            'model_config_list { config { name: "m" base_path: "/m" } config { name: "m" base_path: "/n" } }',
            "model m is defined twice",
        ),
    ],
)
def test_what_cannot_be_served_is_refused(text: str, words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        read(text, "models.config")


def test_a_pin_without_versions_is_refused() -> None:
    with pytest.raises(SettingsError, match="pinned versions is empty"):
        _one("specific {}")


def test_a_change_is_taken_and_a_broken_one_is_reported_once(tmp_path: Path) -> None:
    path = tmp_path / "models.config"
    path.write_text(TWO)
    logged: list[str] = []
    file = ModelConfigFile(path, logged.append, {}, None)
    assert file.first()["flights"].labels["stable"] == 4
    assert file.changed() is None
    path.write_text(TWO.replace('"stable" value: 4', '"stable" value: 5'))
    changed = file.changed()
    assert changed is not None
    assert changed["flights"].labels["stable"] == 5
    path.write_text("model_config_list {")
    assert [file.changed(), file.changed()] == [None, None]
    assert len(logged) == 1
    assert logged[0].endswith("The served models are unchanged.")
    path.write_text(TWO)
    assert file.changed() is not None


def test_a_file_that_is_gone_for_a_while_is_reported_once(tmp_path: Path) -> None:
    path = tmp_path / "models.config"
    path.write_text(TWO)
    logged: list[str] = []
    file = ModelConfigFile(path, logged.append, {}, None)
    file.first()
    path.unlink()
    assert [file.changed(), file.changed()] == [None, None]
    assert len(logged) == 1
    path.write_text(TWO)
    assert file.changed() == file.first()


def test_models_of_the_command_line_stay_whatever_is_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "models.config"
    path.write_text(TWO)
    fixed = {"mine": ModelSettings("/mine")}
    log = RequestLogSettings("/kept")
    models = ModelConfigFile(path, print, fixed, log).first()
    assert models["mine"] == ModelSettings("/mine")
    assert models["trains"].request_log == RequestLogSettings("/kept/trains")
    with pytest.raises(SettingsError, match="set by --model and in"):
        ModelConfigFile(path, print, {"flights": ModelSettings("/mine")}, None).first()
