"""The server's command line: what it refuses and how, and what settings its options come to."""

import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from serving import __main__ as main
from serving.settings import FREE_PORT, ModelSettings, RequestLogSettings, ServerSettings

REPOSITORY = Path(__file__).resolve().parents[2]


def _server(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "serving", *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=REPOSITORY,
        timeout=20,
    )


def _settings(*arguments: str) -> ServerSettings:
    parser = main._parser()
    return main._settings(parser, parser.parse_args(arguments))[0]


def _refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """What a server that is not started says: one line."""
    assert main.main(arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert re.fullmatch(r"[^\n]+\.\n", captured.err), captured.err
    return captured.err


def test_options_come_to_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    settings = _settings(
        *("--model", "a=models/a", "--model", "b=/b", "--port", "auto", "--grpc-port", "auto"),
        *("--workers", "3", "--max-body", "1M", "--max-queue", "7", "--request-timeout", "1.5"),
        *("--token-file", "tokens", "--access-log", "log", "--drain", "5"),
        *("--request-log", "kept", "--request-log-share", "0.5"),
    )
    log = RequestLogSettings(str(tmp_path / "kept" / "a"), share=0.5)
    assert settings.models["a"] == ModelSettings(str(tmp_path / "models" / "a"), request_log=log)
    assert settings.models["b"].path == "/b"
    assert (settings.port, settings.grpc_port, settings.workers) == (0, FREE_PORT, 3)
    assert (settings.max_body_bytes, settings.max_queue, settings.request_timeout) == (2**20, 7, 1.5)
    assert (settings.token_file, settings.access_log) == (str(tmp_path / "tokens"), str(tmp_path / "log"))
    assert settings.drain_seconds == 5


def test_without_options_a_server_is_local_and_takes_every_core() -> None:
    settings = _settings("--model", "a=/a")
    assert (settings.host, settings.port, settings.grpc_port) == ("127.0.0.1", 8501, 8500)
    assert settings.workers == len(os.sched_getaffinity(0))
    assert (settings.access_log, settings.models["a"].request_log) == ("-", None)


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--model", "flights"],
        ["--model", "=/a"],
        ["--model", "a=/a", "--port", "-1"],
        ["--model", "a=/a", "--port", "http"],
        ["--model", "a=/a", "--max-body", "much"],
        ["--model", "a=/a", "--verbose"],
    ],
)
def test_a_wrong_option_exits_with_2_and_the_usage_is_shown(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main.main(arguments)
    assert ended.value.code == 2
    assert capsys.readouterr().err.startswith("usage: python -m serving")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--model", "a={root}/none"], "does not exist"),
        (["--model", "a={root}/1"], "is a SavedModel. Set the folder above it"),
        (["--model", "a={root}", "--model", "a={root}"], "--model a= is set twice"),
        (["--model", "a:b={root}"], "must not contain a slash, colon or space"),
        (["--model", "a={root}", "--workers", "0"], "workers must be at least 1"),
        (["--model", "a={root}", "--drain", "0"], "drain_seconds must be more than 0"),
        (["--model", "a={root}", "--token-file", "{root}/none"], "none (--token-file)"),
        (["--model", "a={root}", "--tls-cert", "{root}/1/saved_model.pb"], "only one of them is set"),
        (
            [
                "--model",
                "a={root}",
                "--tls-cert",
                "{root}/1/saved_model.pb",
                "--tls-key",
                "{root}/1/saved_model.pb",
            ],
            "Cannot load the TLS files",
        ),
        (["--model", "a={root}", "--host", "no.such.host.invalid"], "Cannot resolve the host name"),
        (["--model", "a={root}", "--host", "192.0.2.1"], "no network interface"),
        (
            ["--model", "a={root}", "--request-log", "x", "--request-log-share", "2"],
            "share must be from 0 to 1",
        ),
        (["--settings", "{root}/none"], "(--settings)"),
        (["--settings", "{root}/1/saved_model.pb"], "The server settings are not valid JSON"),
        (["--model_config_file", "{root}/none"], "(--model_config_file)"),
        (["--model_config_file", "{root}/1/saved_model.pb"], "is not a valid ModelServerConfig: line 1:"),
    ],
)
def test_what_cannot_be_served_exits_with_2_and_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    (tmp_path / "1").mkdir()
    (tmp_path / "1" / "saved_model.pb").write_text("no graph")
    assert words in _refused(capsys, *(each.format(root=tmp_path) for each in arguments))


def test_a_folder_that_this_user_may_not_read_is_reported(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may read everything
    assert "no permission to read" in _refused(capsys, "--model", f"a={tmp_path}")


@pytest.mark.parametrize("option", ["--port", "--grpc-port"])
@pytest.mark.parametrize("shared", [False, True])
def test_a_port_that_is_taken_is_reported(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], option: str, shared: bool
) -> None:
    with socket.socket() as taken:
        if shared:  # as another server's gRPC workers listen
            taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        others = {"--port": "0", "--grpc-port": "0", option: port}
        arguments = [each for pair in others.items() for each in pair]
        assert f"127.0.0.1:{port}: the port is in use" in _refused(
            capsys, "--model", f"a={tmp_path}", *arguments
        )


@pytest.mark.parametrize(
    ("settings", "warned"),
    [
        (ServerSettings({}, host="127.0.0.1"), False),
        (ServerSettings({}, host="localhost"), False),
        (ServerSettings({}, host="0.0.0.0"), True),
        (ServerSettings({}, host="::", tls_cert="/c", tls_key="/k"), True),
        (ServerSettings({}, host="0.0.0.0", token_file="/t"), False),
        (ServerSettings({}, host="0.0.0.0", tls_cert="/c", tls_key="/k", tls_client_ca="/a"), False),
    ],
)
def test_a_server_that_strangers_can_ask_is_known_as_such(settings: ServerSettings, warned: bool) -> None:
    assert settings.exposed == warned


def test_help_is_quick_and_imports_no_tensorflow() -> None:
    process = _server("--help")
    assert (process.returncode, process.stderr) == (0, "")
    assert "--model_config_file" in process.stdout
    code = (
        "import sys, time; python = time.process_time(); import serving.__main__; "
        "slow = {'tensorflow', 'numpy', 'google.protobuf', 'grpc'}; "
        "print((time.process_time() - python) / python, slow & set(sys.modules))"
    )
    process = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=REPOSITORY
    )
    starts_of_python, imported = process.stdout.split(maxsplit=1)
    assert imported.strip() == "set()"
    assert float(starts_of_python) < 8


def test_a_usage_error_of_the_process_has_no_traceback(tmp_path: Path) -> None:
    process = _server("--model", f"a={tmp_path / 'none'}")
    assert process.returncode == 2
    assert process.stderr == f"Model a: the folder {tmp_path / 'none'} does not exist.\n"
