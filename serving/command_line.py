"""The server's options, what settings they come to, and what is looked at before anything is started."""

import argparse
import os
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from serving.model.folder import GRAPH_FILES
from serving.settings import (
    FREE_PORT,
    ModelSettings,
    RequestLogSettings,
    ServerSettings,
    SettingsError,
    usable_cores,
)
from serving.supervisor.listening import CannotStart

_UNITS: Final = {"": 1, "K": 2**10, "M": 2**20, "G": 2**30}


def add_models(parser: argparse.ArgumentParser) -> None:
    """Adds the option that names a model and its folder."""
    parser.add_argument(
        "--model",
        metavar="NAME=FOLDER",
        type=_named_folder,
        action="append",
        default=[],
        help="serve the versions in FOLDER (FOLDER/1, FOLDER/2, ...); repeatable",
    )


def add_server(parser: argparse.ArgumentParser) -> None:
    """Adds the options that are the same whichever models are served."""
    default = ServerSettings(models={})
    add = parser.add_argument_group("server").add_argument
    add("--host", default=default.host, help="address to listen on (default: %(default)s, this machine only)")
    add(
        "--port",
        type=_rest_port,
        default=default.port,
        help="REST port (default: %(default)s; 0 or auto: a free port)",
    )
    add(
        "--grpc-port",
        type=_grpc_port,
        default=default.grpc_port,
        help="gRPC port (default: %(default)s; 0: no gRPC; auto: a free port)",
    )
    add("--workers", type=int, default=usable_cores(), help="worker processes (default: one per core)")
    add(
        "--max-body",
        metavar="SIZE",
        type=_size,
        default="32M",
        help="maximum size of a request body (default: %(default)s)",
    )
    add(
        "--max-queue",
        metavar="REQUESTS",
        type=int,
        default=default.max_queue,
        help="maximum number of waiting requests per worker; more get status 429 (default: %(default)s)",
    )
    add(
        "--request-timeout",
        metavar="SECONDS",
        type=float,
        default=default.request_timeout,
        help="time limit of a request; after it the status is 504 (default: %(default)g)",
    )
    add(
        "--drain",
        metavar="SECONDS",
        type=float,
        default=default.drain_seconds,
        help="time to answer open requests after a stop signal (default: %(default)g)",
    )
    add(
        "--access-log",
        metavar="FILE",
        default=default.access_log,
        help='file with one JSON line per request; "-": standard output, "": no log (default: %(default)s)',
    )
    _add_guards(parser)


def _add_guards(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group("authentication and TLS").add_argument
    add(
        "--token-file",
        metavar="FILE",
        default="",
        help="bearer tokens, one per line (default: no token is required)",
    )
    add("--tls-cert", metavar="FILE", default="", help="certificate of the server (PEM)")
    add("--tls-key", metavar="FILE", default="", help="private key of the certificate (PEM)")
    add(
        "--tls-client-ca",
        metavar="FILE",
        default="",
        help="CA of the clients' certificates (PEM); turns on mTLS",
    )


def add_request_log(parser: argparse.ArgumentParser) -> None:
    """Adds the options of the request log, for models that no use case describes."""
    default = RequestLogSettings("")
    add = parser.add_argument_group("request log").add_argument
    add("--request-log", metavar="FOLDER", default="", help="log a sample of rows and scores in FOLDER/NAME")
    add(
        "--request-log-share",
        metavar="SHARE",
        type=float,
        default=default.share,
        help="share of the rows to log, 0 to 1 (default: %(default)g)",
    )


def request_log(options: argparse.Namespace) -> RequestLogSettings | None:
    """The request log that the options ask for; each model's lies in a folder of its name in it.

    Raises:
        SettingsError: An option cannot be.
    """
    if not options.request_log:
        return None
    return RequestLogSettings(_absolute(options.request_log), share=options.request_log_share)


def named_models(options: argparse.Namespace) -> dict[str, ModelSettings]:
    """The models of `--model`.

    Raises:
        SettingsError: Two of one name.
    """
    models: dict[str, ModelSettings] = {}
    log = request_log(options)
    for name, folder in options.model:
        if name in models:
            raise SettingsError(f"--model {name}= is set twice.")
        model_log = log and replace(log, folder=str(Path(log.folder, name)))
        models[name] = ModelSettings(path=_absolute(folder), request_log=model_log)
    return models


def settings(options: argparse.Namespace, models: Mapping[str, ModelSettings]) -> ServerSettings:
    """The settings that the options come to.

    Raises:
        SettingsError: An option cannot be.
    """
    log = options.access_log
    return ServerSettings(
        models=dict(models),
        host=options.host,
        port=options.port,
        grpc_port=options.grpc_port,
        workers=options.workers,
        max_body_bytes=options.max_body,
        max_queue=options.max_queue,
        request_timeout=options.request_timeout,
        access_log=log if log in ("", "-") else _absolute(log),
        token_file=_absolute(options.token_file),
        tls_cert=_absolute(options.tls_cert),
        tls_key=_absolute(options.tls_key),
        tls_client_ca=_absolute(options.tls_client_ca),
        drain_seconds=options.drain,
    )


def check(settings: ServerSettings) -> None:
    """Looks at the folders and files that settings name.

    Raises:
        CannotStart: One is not there, or not what it must be.
    """
    for name, model in settings.models.items():
        folder = Path(model.path)
        if not folder.is_dir():
            raise CannotStart(f"Model {name}: the folder {folder} does not exist.")
        if not os.access(folder, os.R_OK | os.X_OK):
            raise CannotStart(f"Model {name}: no permission to read the folder {folder}.")
        if any((folder / file).exists() for file in GRAPH_FILES):
            raise CannotStart(
                f"Model {name}: {folder} is a SavedModel. Set the folder above it, and give this one a number"
                " as its name, such as 1."
            )
    for option, path in (
        ("--token-file", settings.token_file),
        ("--tls-cert", settings.tls_cert),
        ("--tls-key", settings.tls_key),
        ("--tls-client-ca", settings.tls_client_ca),
    ):
        if path and not (Path(path).is_file() and os.access(path, os.R_OK)):
            raise CannotStart(f"Cannot read {path} ({option}).")
    if settings.token_file or settings.tls_cert:
        _check_secrets(settings)


def _check_secrets(settings: ServerSettings) -> None:
    # Only a server that has any pays for OpenSSL.
    from serving.credentials import AuthError, BearerTokens, check_certificates

    try:
        if settings.token_file:
            BearerTokens(Path(settings.token_file))
        if settings.tls_cert:
            check_certificates(settings.tls_cert, settings.tls_key, settings.tls_client_ca)
    except AuthError as error:
        raise CannotStart(str(error)) from error


def _absolute(path: str) -> str:
    return str(Path(path).absolute()) if path else ""


def _named_folder(text: str) -> tuple[str, str]:
    name, equals, folder = text.partition("=")
    if not (name and equals and folder):
        raise argparse.ArgumentTypeError(f"expected NAME=FOLDER, got {text!r}")
    return name, folder


def _rest_port(text: str) -> int:
    return 0 if text == "auto" else _number(text)


def _grpc_port(text: str) -> int:
    return FREE_PORT if text == "auto" else _number(text)


def _number(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,5}", text):
        raise argparse.ArgumentTypeError(f"expected a port from 0 to 65535, or auto, got {text!r}")
    return int(text)


def _size(text: str) -> int:
    match = re.fullmatch(r"([0-9]+)([KMG]?)(?:i?B)?", text, re.IGNORECASE)
    if not match:
        raise argparse.ArgumentTypeError(f"expected a number of bytes, such as 1000 or 32M, got {text!r}")
    return int(match[1]) * _UNITS[match[2].upper()]
