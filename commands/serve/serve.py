"""The `serving` sections of use cases, as a server's settings in the serving environment."""

import argparse
import json
import os
import tempfile
from typing import NoReturn

from perennial.errors import UsageError
from pipeline import config
from pipeline.config import UseCase
from serving import command_line
from serving.settings import ModelSettings, RequestLogSettings, ServerSettings, SettingsError

_FIX = "Fix this option or setting, then run `serve` again. The server was not started."


def serve(options: argparse.Namespace) -> NoReturn:
    """Becomes the server.

    Raises:
        UsageError: An option, a use case or the environment is not as it must be.
    """
    settings = server_settings(options)
    python = config.serving_python()
    if not python.exists():
        raise UsageError("The serving environment .venv-serving does not exist.", "Run `make setup`.")
    # The settings go by an open file: they are too long for a command line, which all users can read.
    with tempfile.TemporaryFile() as file:
        file.write(json.dumps(settings.to_json()).encode())
        file.seek(0)
        os.set_inheritable(file.fileno(), True)
        os.chdir(config.REPOSITORY)  # where `serving` is; all paths are absolute by now
        command = [str(python), "-m", "serving", "--settings", f"/dev/fd/{file.fileno()}"]
        os.execv(python, command)


def server_settings(options: argparse.Namespace) -> ServerSettings:
    """The settings that use cases and options come to.

    Raises:
        UsageError: One of them is not as it must be.
    """
    try:
        models = command_line.named_models(options)
        for name in options.names:
            if name in models:
                raise UsageError(f"Two models are named {name}.", "Rename one of them.")
            models[name] = model_settings(config.load(name))
        if not models:
            raise UsageError(
                "Nothing to serve.",
                f"Name a use case ({', '.join(config.use_case_names())}), or add --model NAME=FOLDER.",
            )
        return command_line.settings(options, models)
    except SettingsError as error:
        raise UsageError(str(error), _FIX) from error


def model_settings(use_case: UseCase) -> ModelSettings:
    """How a use case is served. Its models' folder is made, so that the server waits for a first version.

    Raises:
        UsageError: The config names a column that the schema lacks, such as a private one.
        HomeUnusable: The folder cannot be made.
    """
    serving = use_case.serving
    if serving.private:
        from pipeline.run.curated_schema import (
            curated_schema,  # protobuf is imported only where a schema is read
        )

        curated_schema(use_case)
    if not use_case.models_folder.is_dir():
        use_case.make_root()
        use_case.models_folder.mkdir(exist_ok=True)
    log = serving.request_log
    request_log = RequestLogSettings(
        str(use_case.requests_folder),
        share=log.share,
        max_bytes=log.max_mb * 2**20,
        max_days=log.max_days,
    )
    return ModelSettings(
        path=str(use_case.models_folder),
        policy=serving.versions,
        labels=serving.labels,
        private=serving.private,
        request_log=request_log if log.share else None,
    )
