"""TF Serving's own file of models: a ModelServerConfig in protobuf's text format, read now and again."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from serving.settings import ModelSettings, Policy, RequestLogSettings, SettingsError, check_models


def read(text: str, source: str) -> dict[str, ModelSettings]:
    """Reads the models of such a file.

    Args:
        text: What it holds.
        source: What messages call it.

    Raises:
        SettingsError: It is no ModelServerConfig, or asks for what this server has not.
    """
    # Protobuf is imported only where somebody uses it.
    from google.protobuf import text_format
    from tensorflow_serving.config import model_server_config_pb2

    try:
        config = text_format.Parse(text, model_server_config_pb2.ModelServerConfig())
    except text_format.ParseError as error:
        raise SettingsError(f"{source} is not a valid ModelServerConfig: line {error}.") from error
    if config.WhichOneof("config") == "custom_model_config":
        raise SettingsError(f"{source}: expected model_config_list, got custom_model_config.")
    models: dict[str, ModelSettings] = {}
    for each in config.model_config_list.config:
        if each.name in models:
            raise SettingsError(f"{source}: model {each.name} is defined twice.")
        models[each.name] = _model(each, source)
    check_models(models)
    return models


class ModelConfigFile:
    """The file as it changes."""

    def __init__(
        self,
        path: Path,
        log: Callable[[str], None],
        fixed: Mapping[str, ModelSettings],
        request_log: RequestLogSettings | None,
    ) -> None:
        """Reads nothing yet.

        Args:
            path: The file.
            log: Called with what is wrong with a file that changed.
            fixed: Models that are served whatever the file says.
            request_log: Of the file's models, each in a folder of its name in it.
        """
        self._path = path
        self._log = log
        self._fixed = fixed
        self._request_log = request_log
        self._seen = ""
        self._problem = ""

    def first(self) -> dict[str, ModelSettings]:
        """The models to begin with.

        Raises:
            SettingsError: It cannot be read or used.
        """
        try:
            self._seen = self._path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError(f"Cannot read {self._path} (--model_config_file): {error}.") from error
        return self._with_fixed(read(self._seen, str(self._path)))

    def changed(self) -> dict[str, ModelSettings] | None:
        """The models, if the file has changed; None: it has not, or cannot be used, which is logged once."""
        former, problem = self._seen, self._problem
        try:
            models = self.first()
        except SettingsError as error:
            self._problem = str(error)
            if self._problem != problem:
                self._log(f"{error} The served models are unchanged.")
            return None
        self._problem = ""
        return models if problem or self._seen != former else None

    def _with_fixed(self, models: Mapping[str, ModelSettings]) -> dict[str, ModelSettings]:
        if twice := set(models) & set(self._fixed):
            raise SettingsError(f"Model {min(twice)} is set by --model and in {self._path}.")
        return {**self._fixed, **{name: self._logged(name, model) for name, model in models.items()}}

    def _logged(self, name: str, model: ModelSettings) -> ModelSettings:
        log = self._request_log
        return replace(model, request_log=log and replace(log, folder=str(Path(log.folder, name))))


def _model(config: Any, source: str) -> ModelSettings:
    if config.model_platform not in ("", "tensorflow"):
        raise SettingsError(
            f'{source}: model {config.name}: expected model_platform "tensorflow", '
            f"got {config.model_platform!r}."
        )
    if not config.base_path:
        raise SettingsError(f"{source}: model {config.name} has no base_path.")
    policy, newest = _policy(config.model_version_policy)
    return ModelSettings(
        path=str(Path(config.base_path).absolute()),
        policy=policy,
        newest=newest,
        labels=dict(config.version_labels),
    )


def _policy(config: Any) -> tuple[Policy, int]:
    chosen = config.WhichOneof("policy_choice")
    if chosen == "all":
        return "all", 1
    if chosen == "specific":
        return tuple(config.specific.versions), 1
    return "latest", max(config.latest.num_versions, 1)
