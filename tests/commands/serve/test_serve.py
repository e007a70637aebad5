"""What a use case says of serving, as the server's settings."""

import argparse
import subprocess
import sys
from pathlib import Path

import pytest

from commands.serve.serve import model_settings, server_settings
from perennial.errors import ConfigError, UsageError
from pipeline import config
from serving import command_line
from serving.settings import ModelSettings, RequestLogSettings
from tests.small_config import TEXT


def _use_case(home: Path, serving: str) -> config.UseCase:
    text = f"{TEXT}serving: {serving}\n"
    return config.parse(text, name="flights", home=home, source="flights.yaml")


def _options(*arguments: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("names", nargs="*")
    command_line.add_models(parser)
    command_line.add_request_log(parser)
    command_line.add_server(parser)
    return parser.parse_args(arguments)


def test_a_use_case_becomes_a_model_of_the_server(tmp_path: Path) -> None:
    serving = (
        "{versions: [4, 5], labels: {stable: 4}, private: {tailnum: hash},"
        " request_log: {share: 0.5, max_mb: 1, max_days: 2}}"
    )
    assert model_settings(_use_case(tmp_path, serving)) == ModelSettings(
        path=str(tmp_path / "flights" / "models"),
        policy=(4, 5),
        labels={"stable": 4},
        private={"tailnum": "hash"},
        request_log=RequestLogSettings(
            str(tmp_path / "flights" / "requests"), share=0.5, max_bytes=2**20, max_days=2
        ),
    )


def test_a_use_case_without_a_version_has_a_folder_that_is_waited_at(tmp_path: Path) -> None:
    settings = model_settings(_use_case(tmp_path, "{}"))
    assert settings.policy == "latest"
    assert list(Path(settings.path).iterdir()) == []


def test_a_share_of_0_keeps_no_requests(tmp_path: Path) -> None:
    assert model_settings(_use_case(tmp_path, "{request_log: {share: 0}}")).request_log is None


def test_a_private_column_that_the_schema_has_not_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no column `tailnums` \(did you mean `tailnum`\?\)"):
        model_settings(_use_case(tmp_path, "{private: {tailnums: hash}}"))


def test_use_cases_and_folders_are_served_together(home: Path) -> None:
    settings = server_settings(_options("flights", "--model", "trains=/trains", "--port", "0"))
    assert settings.models.keys() == {"flights", "trains"}
    assert settings.models["trains"] == ModelSettings("/trains")


def test_tfx_is_not_imported(home: Path) -> None:
    code = (
        "import sys; from pipeline import config; from commands.serve import serve;"
        "serve.model_settings(config.load('flights'));"
        "print({'tfx', 'tensorflow', 'apache_beam', 'ml_metadata', 'pandas', 'pyarrow'} & set(sys.modules))"
    )
    completed = subprocess.run(
        [sys.executable, "-c", code],
        cwd=config.REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert completed.stdout.strip() == "set()", completed.stderr


def test_a_label_that_no_path_can_hold_is_a_usage_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(config, "load", lambda _: _use_case(tmp_path, "{labels: {a/b: 4}}"))
    with pytest.raises(UsageError, match="label must not contain a slash") as caught:
        server_settings(_options("flights"))
    assert caught.value.remedy == (
        "Fix this option or setting, then run `serve` again. The server was not started."
    )
