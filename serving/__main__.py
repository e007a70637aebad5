"""`python -m serving`: the server, for any SavedModels in TF Serving's layout."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from serving import command_line
from serving.settings import ServerSettings, SettingsError, settings_of_line
from serving.supervisor.listening import CannotStart
from serving.supervisor.model_config_file import ModelConfigFile
from serving.supervisor.supervisor import Reread, log, serve

_USAGE_ERROR = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Serves until a signal stops it; gives the exit code."""
    parser = _parser()
    options = parser.parse_args(arguments)
    try:
        settings, reread = _settings(parser, options)
        command_line.check(settings)
        return serve(settings, reread)
    except (SettingsError, CannotStart) as error:
        print(error, file=sys.stderr)  # noqa: T201
        return _USAGE_ERROR


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m serving",
        description="Serves SavedModels over TF Serving's REST and gRPC APIs.",
        epilog="SIGTERM or Ctrl-C: answers open requests, then stops. A second one: stops at once.",
    )
    command_line.add_models(parser)
    parser.add_argument(
        "--model_config_file",
        "--model-config-file",
        metavar="FILE",
        type=Path,
        help="models, version policies and labels: TF Serving's ModelServerConfig in text format",
    )
    parser.add_argument(
        "--model_config_file_poll_wait_seconds",
        "--model-config-file-poll-wait-seconds",
        metavar="SECONDS",
        type=float,
        default=0.0,
        help="seconds between two reads of that file (default: it is read once)",
    )
    parser.add_argument(
        "--settings",
        metavar="FILE",
        type=Path,
        help="JSON file with all settings; replaces every other option (see docs)",
    )
    command_line.add_request_log(parser)
    command_line.add_server(parser)
    return parser


def _settings(
    parser: argparse.ArgumentParser, options: argparse.Namespace
) -> tuple[ServerSettings, Reread | None]:
    if options.settings:
        return settings_of_line(_text(options.settings)), None
    models = command_line.named_models(options)
    reread = None
    if options.model_config_file:
        path, request_log = options.model_config_file.absolute(), command_line.request_log(options)
        file = ModelConfigFile(path, log, models, request_log)
        models = file.first()
        if options.model_config_file_poll_wait_seconds > 0:
            reread = Reread(file.changed, options.model_config_file_poll_wait_seconds)
    elif not models:
        parser.error("no model to serve: set --model NAME=FOLDER or --model_config_file FILE")
    return command_line.settings(options, models), reread


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"Cannot read {path} (--settings): {error}.") from error


if __name__ == "__main__":
    sys.exit(main())
