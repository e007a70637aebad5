"""Copies the live version and its twin into the chain, whole and readable, or gives nothing."""

import shutil
from pathlib import Path
from typing import Any

from tfx import types
from tfx.dsl.components.base import base_executor
from tfx.utils import path_utils

from perennial.files import folder_digest, read_json, write_json
from perennial.store.judged import judged_card
from serving.model.folder import CARD_FILE


class Executor(base_executor.BaseExecutor):
    """Executor of the ChampionResolver component."""

    def Do(
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Leaves Model artifacts with the files of the live version and of its twin, or empty lists.

        The twin's folder gets a model card that says what the twin was trained on.
        """
        version, twin = exec_properties["version"], exec_properties["twin"]
        source = Path(exec_properties["models"]) / str(version)
        if not version:
            output_dict["model"] = []
        else:
            _copy(source, output_dict["model"][0], version)
        if not version or not twin:
            output_dict["twin_model"] = []
        else:
            (artifact,) = output_dict["twin_model"]
            folder = _copy(Path(twin), artifact, version)
            card = judged_card(read_json(source / CARD_FILE))
            facts = {key: card[key] for key in ("spans", "trained_on")}
            write_json(folder / CARD_FILE, {"version": version, **facts})


def _copy(source: Path, model: types.Artifact, version: int) -> Path:
    """Copies a SavedModel into an artifact; returns its folder there."""
    folder = Path(path_utils.serving_model_dir(model.uri))
    shutil.copytree(source, folder)
    model.set_int_custom_property("version", version)
    model.set_string_custom_property("digest", folder_digest(source, leave_out=CARD_FILE))
    return folder
