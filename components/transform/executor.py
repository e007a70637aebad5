"""Writes the transform graph: analysed in memory, or by TFX's own executor through Beam."""

import json
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from absl import logging
from tfx import types
from tfx.components.transform import executor
from tfx.types import artifact_utils
from tfx.utils import io_utils

from components.transform import in_memory
from components.transform.features import checked
from perennial.user_code import defined_at, user_function


class Executor(executor.Executor):
    """TFX's executor of Transform, which is asked only for what is not done in memory."""

    def Do(
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Writes `transform_graph`; nothing is materialised.

        Args:
            input_dict: `examples`, of which the split `train` is analysed, and `schema`.
            output_dict: `transform_graph`.
            exec_properties: Those of TFX's Transform; `custom_config` has `engine`, "in_memory" or "beam".
        """
        if json.loads(exec_properties["custom_config"])["engine"] == "in_memory":
            try:
                self._in_memory(input_dict, output_dict, exec_properties)
                return
            except in_memory.NotInMemory as analyzer:
                logging.warning("%s can only be computed through Beam, which takes longer.", analyzer)
        super().Do(input_dict, output_dict, exec_properties)

    def _GetPreprocessingFn(
        self, inputs: Mapping[str, Any], unused_outputs: Mapping[str, Any]
    ) -> Callable[..., Any]:
        """Through Beam, too, the function's errors name its file and line."""
        del unused_outputs
        return _preprocessing_fn(inputs)

    def _in_memory(
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        train = Path(artifact_utils.get_split_uri(input_dict["examples"], "train"))
        schema = io_utils.get_only_uri_in_dir(artifact_utils.get_single_uri(input_dict["schema"]))
        with tempfile.TemporaryDirectory() as work:
            in_memory.write_transform_graph(
                _preprocessing_fn(exec_properties),
                io_utils.SchemaReader().read(schema),
                [str(file) for file in sorted(train.glob("*.gz"))],
                Path(artifact_utils.get_single_uri(output_dict["transform_graph"])),
                Path(work),
            )


def _preprocessing_fn(exec_properties: Mapping[str, Any]) -> Callable[..., Any]:
    module, _, name = exec_properties["preprocessing_fn"].rpartition(".")
    function = user_function(module, name)
    return checked(function, defined_at(function, module))
