"""The server's settings: what they refuse, and that they survive the way to a worker."""

import json
from typing import Any

import pytest

from serving.settings import (
    ModelSettings,
    RequestLogSettings,
    ServerSettings,
    SettingsError,
    settings_of_line,
    usable_cores,
)


def test_settings_survive_json() -> None:
    settings = ServerSettings(
        models={
            "a": ModelSettings("/a", policy=(4, 5), labels={"stable": 4}, private={"tailnum": "hash"}),
            "b": ModelSettings("/b", newest=2, request_log=RequestLogSettings("/b/requests", share=0.5)),
            "c": ModelSettings("/c", policy="all"),
        },
        grpc_port=0,
        token_file="/tokens",
    )
    assert settings_of_line(json.dumps(settings.to_json())) == settings


def test_what_is_left_out_has_its_default() -> None:
    settings = ServerSettings.from_json({"models": {"a": {"path": "/a"}}})
    assert settings.models["a"] == ModelSettings("/a")
    assert (settings.host, settings.port, settings.grpc_port) == ("127.0.0.1", 8501, 8500)
    assert not settings.guarded


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"policy": "newest"}, "got 'newest'"),
        ({"policy": ()}, "pinned versions is empty"),
        ({"policy": (-1,)}, "got -1"),
        ({"policy": (True,)}, "got True"),
        ({"policy": (2**63,)}, "integer"),
        ({"newest": 0}, "latest versions to serve must be at least 1"),
        ({"labels": {"stable": "4"}}, "version of label stable must be an integer"),
        ({"labels": {"a/b": 4}}, "must not contain a slash"),
        ({"private": {"tailnum": "drop"}}, "'tailnum': expected .* got 'drop'"),
    ],
)
def test_a_model_that_cannot_be_is_refused(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        ModelSettings("/a", **changes)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"workers": 0}, "workers must be at least 1"),
        ({"max_queue": 0}, "max_queue must be at least 1"),
        ({"port": 70000}, "0 to 65535"),
        ({"drain_seconds": 0}, "drain_seconds must be more than 0"),
        ({"request_timeout": float("nan")}, "request_timeout must be more than 0"),
        ({"tls_cert": "/c"}, "only one of them"),
        ({"tls_client_ca": "/c"}, "Set the server's certificate"),
        ({"models": {"a:b": ModelSettings("/a")}}, "must not contain a slash, colon or space"),
    ],
)
def test_a_server_that_cannot_be_is_refused(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        ServerSettings(**{"models": {}, **changes})


@pytest.mark.parametrize("changes", [{"share": 1.5}, {"share": -0.1}, {"max_bytes": 0}, {"max_days": 0}])
def test_a_request_log_that_cannot_be_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(SettingsError):
        RequestLogSettings("/requests", **changes)


@pytest.mark.parametrize("line", ["", "[]", '{"models": []}', '{"models": {}, "porte": 1}', "{}"])
def test_what_is_no_settings_is_refused_in_one_sentence(line: str) -> None:
    with pytest.raises(SettingsError, match=r"^The server settings [^\n]*\.$"):
        settings_of_line(line)


def test_tokens_or_clients_certificates_guard_a_server() -> None:
    assert ServerSettings({}, token_file="/t").guarded
    assert ServerSettings({}, tls_cert="/c", tls_key="/k", tls_client_ca="/a").guarded
    assert not ServerSettings({}, tls_cert="/c", tls_key="/k").guarded


def test_there_is_a_core() -> None:
    assert usable_cores() >= 1
