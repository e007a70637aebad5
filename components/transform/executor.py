"""Writes the transform graph: analysed in memory, or by TFX's own executor through Beam."""

import json
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from absl import logging
from tfx import types
from tfx.components.transform import executor
from tfx.types import artifact_utils
from tfx.utils import io_utils

from components.transform import in_memory
from components.transform.features import checked
from perennial.files import read_json, write_json
from perennial.training.scaling import Constants, Scaling
from perennial.training.starting_point import START_FILE, StartingPoint
from perennial.user_code import defined_at, user_function

_NO_CONSTANTS: Final = (
    "Version {version} has no constants of its transform beside it: an older release or Beam made it."
)
_THROUGH_BEAM: Final = "The transform was analysed through Beam, which cannot keep a version's constants."


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
            exec_properties: Those of TFX's Transform; `custom_config` has `engine`, "in_memory" or "beam",
                and `start` where a warm start is wanted (`StartingPoint` as JSON). `start.json` beside the
                graph then says why the Trainer must not begin with that version's weights, or nothing.
        """
        config = json.loads(exec_properties["custom_config"])
        graph = Path(artifact_utils.get_single_uri(output_dict["transform_graph"]))
        point = StartingPoint.from_json(config["start"]) if "start" in config else None
        if config["engine"] == "in_memory":
            try:
                why_cold = self._in_memory(input_dict, output_dict, exec_properties, point)
                if point:
                    write_json(graph / START_FILE, {"why_cold": why_cold})
                return
            except in_memory.NotInMemory as analyzer:
                logging.warning("%s can only be computed through Beam, which takes longer.", analyzer)
        super().Do(input_dict, output_dict, exec_properties)
        if point:
            write_json(graph / START_FILE, {"why_cold": point.why_cold or _THROUGH_BEAM})

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
        point: StartingPoint | None,
    ) -> str:
        """Writes the graph, with the constants of the version to start from if they fit; or why not."""
        window = Path(artifact_utils.get_single_uri(input_dict["examples"]))
        train = Path(artifact_utils.get_split_uri(input_dict["examples"], "train"))
        schema = io_utils.get_only_uri_in_dir(artifact_utils.get_single_uri(input_dict["schema"]))

        def write(kept: Constants | None) -> None:
            with tempfile.TemporaryDirectory() as work:
                in_memory.write_transform_graph(
                    _preprocessing_fn(exec_properties),
                    io_utils.SchemaReader().read(schema),
                    [str(file) for file in sorted(train.glob("*.gz"))],
                    Path(artifact_utils.get_single_uri(output_dict["transform_graph"])),
                    Path(work),
                    kept,
                )

        kept, why_cold = _kept(point, window) if point else (None, "")
        try:
            write(kept)
        except in_memory.NotKept as problem:
            why_cold = str(problem)
            write(None)
        return why_cold


def _kept(point: StartingPoint, window: Path) -> tuple[Constants | None, str]:
    """The constants of the version to start from; or None, and why training begins cold."""
    if point.why_cold:
        return None, point.why_cold
    if span := point.learned_from_judged(read_json(window / "window.json")):
        return None, f"Version {point.version} learned from rows of span {span} that judge this candidate."
    scaling = Scaling.of_version(Path(point.folder))
    return (scaling.constants, "") if scaling else (None, _NO_CONSTANTS.format(version=point.version))


def _preprocessing_fn(exec_properties: Mapping[str, Any]) -> Callable[..., Any]:
    module, _, name = exec_properties["preprocessing_fn"].rpartition(".")
    function = user_function(module, name)
    return checked(function, defined_at(function, module))
