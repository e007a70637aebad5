"""Copies the live version into the chain, whole and readable, or gives nothing."""

import shutil
from pathlib import Path
from typing import Any

from tfx import types
from tfx.dsl.components.base import base_executor
from tfx.utils import path_utils

from perennial.files import folder_digest
from serving.model.folder import CARD_FILE


class Executor(base_executor.BaseExecutor):
    """Executor of the ChampionResolver component."""

    def Do(
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Leaves a Model artifact with the live version's files, or an empty list where nothing is live."""
        version = exec_properties["version"]
        if not version:
            output_dict["model"] = []
            return
        model = output_dict["model"][0]
        source = Path(exec_properties["models"]) / str(version)
        shutil.copytree(source, path_utils.serving_model_dir(model.uri))
        model.set_int_custom_property("version", version)
        model.set_string_custom_property("digest", folder_digest(source, leave_out=CARD_FILE))
