"""Runs the probe on the artifacts of a run and publishes its verdict as an infra blessing."""

from pathlib import Path
from typing import Any

from tfx import types
from tfx.dsl.components.base import base_executor
from tfx.types import artifact_utils
from tfx.utils import path_utils

from components.artifacts import schema_of
from components.serving_probe.candidate import Candidate, probe_candidate
from components.serving_probe.verdict import Verdict

# As TFX's InfraValidator publishes it, so that whatever reads an InfraBlessing can read this one.
BLESSED = "blessed"
BLESSED_FILE = {1: "INFRA_BLESSED", 0: "INFRA_NOT_BLESSED"}
# The rows the candidate was judged by come first.
SPLITS = ("eval", "anchor", "train")


class Executor(base_executor.BaseExecutor):
    """Executor of ServingProbe."""

    def Do(
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Probes the candidate; UNSERVABLE is a success of this node."""
        self._log_startup(input_dict, output_dict, exec_properties)
        publish(
            _probe(input_dict, exec_properties), artifact_utils.get_single_instance(output_dict["blessing"])
        )


def publish(verdict: Verdict, blessing: types.Artifact) -> None:
    """Writes `probe.json` and TFX's own mark, and sets the artifact's `blessed`."""
    blessed = int(verdict.verdict == "SERVABLE")
    verdict.write(Path(blessing.uri))
    (Path(blessing.uri) / BLESSED_FILE[blessed]).touch()
    blessing.set_int_custom_property(BLESSED, blessed)


def _probe(input_dict: dict[str, list[types.Artifact]], exec_properties: dict[str, Any]) -> Verdict:
    model = artifact_utils.get_single_instance(input_dict["model"])
    candidate = Candidate(
        model=Path(path_utils.serving_model_path(model.uri)),
        model_run=Path(artifact_utils.get_single_uri(input_dict["model_run"])),
        transform_graph=Path(artifact_utils.get_single_uri(input_dict["transform_graph"])),
        schema=schema_of(artifact_utils.get_single_instance(input_dict["schema"])),
    )
    return probe_candidate(
        candidate,
        split_files(Path(artifact_utils.get_single_uri(input_dict["examples"]))),
        exec_properties["rows"],
        exec_properties["python"],
        exec_properties["timeout_seconds"],
    )


def split_files(examples: Path) -> list[str]:
    """The files of the window's splits, those of `eval` first; a split may have none."""
    return [str(file) for split in SPLITS for file in sorted((examples / f"Split-{split}").glob("*.gz"))]
