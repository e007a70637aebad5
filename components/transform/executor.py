"""Writes the transform graph: analysed in memory, or by TFX's own executor through Beam."""

import json
import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from absl import logging
from tfx import types
from tfx.components.transform import executor
from tfx.types import artifact_utils

from components.artifacts import schema_of
from components.transform import in_memory
from components.transform.analyzers import NotInMemory
from components.transform.features import checked
from perennial.files import read_json, write_json
from perennial.schema import model_columns
from perennial.training.data import TransformGraph
from perennial.training.predecessor import Predecessor, other_numbers, predecessor_of, sampled
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
            except NotInMemory as analyzer:
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
        files = [str(file) for file in sorted(train.glob("*.gz"))]
        schema = schema_of(input_dict["schema"][0])
        graph = Path(artifact_utils.get_single_uri(output_dict["transform_graph"]))

        def write(kept: Constants | None) -> None:
            function = _preprocessing_fn(exec_properties)
            with tempfile.TemporaryDirectory() as work:
                in_memory.write_transform_graph(function, schema, files, graph, Path(work), kept)

        outcome = _former(point, window) if point else ""
        if isinstance(outcome, str) or point is None:
            write(None)
            return outcome if isinstance(outcome, str) else ""
        former, scaling = outcome
        try:
            write(scaling.constants)
        except in_memory.NotKept as problem:
            write(None)
            return str(problem)
        columns = model_columns(schema, "TRAINING")
        present = TransformGraph(str(graph))
        if what := other_numbers(former.transform, present, columns, sampled(files)):
            # Constants of the same names, of something else: they are the version's, and not those of now.
            shutil.rmtree(graph)
            write(None)
            return point.unfit(what)
        return ""


def _former(point: StartingPoint, window: Path) -> tuple[Predecessor, Scaling] | str:
    """The version to start from and what it was scaled by; or why training begins cold, as a sentence."""
    if point.why_cold:
        return point.why_cold
    if span := point.learned_from_judged(read_json(window / "window.json")):
        return f"Version {point.version} learned from rows of span {span} that judge this candidate."
    former, why_cold = predecessor_of(point)
    if former is None:
        return why_cold
    return (former, former.scaling) if former.scaling else _NO_CONSTANTS.format(version=point.version)


def _preprocessing_fn(exec_properties: Mapping[str, Any]) -> Callable[..., Any]:
    module, _, name = exec_properties["preprocessing_fn"].rpartition(".")
    function = user_function(module, name)
    return checked(function, defined_at(function, module))
