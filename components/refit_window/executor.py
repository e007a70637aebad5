"""Writes the window of a refit by hard links: its `train` holds all rows but the anchors."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from tfx import types
from tfx.dsl.components.base import base_executor
from tfx.types import artifact_utils

from components.refit_window.whole import whole_window
from perennial.files import link_or_copy, read_json, write_json

# The window's splits, and those of the judged window that each is made of.
SPLITS: Final[Mapping[str, tuple[str, ...]]] = {"train": ("train", "eval"), "eval": (), "anchor": ("anchor",)}
_FORMAT_PROPERTIES: Final = ("payload_format", "file_format")


class Executor(base_executor.BaseExecutor):
    """Executor of the RefitWindow component."""

    def Do(
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Links the files of the judged window, and writes `window.json`."""
        judged = artifact_utils.get_single_instance(input_dict["judged"])
        window = artifact_utils.get_single_instance(output_dict["window"])
        window.split_names = artifact_utils.encode_split_names(list(SPLITS))
        for name in _FORMAT_PROPERTIES:
            window.set_string_custom_property(name, judged.get_string_custom_property(name))
        content = read_json(Path(judged.uri) / "window.json")
        files = {
            split: _link(
                [
                    (content["files"][source][file.name], file)
                    for source in sources
                    for file in sorted((Path(judged.uri) / f"Split-{source}").glob("*.gz"))
                ],
                Path(artifact_utils.get_split_uri([window], split)),
            )
            for split, sources in SPLITS.items()
        }
        write_json(Path(window.uri) / "window.json", whole_window(content, files))


def _link(files: list[tuple[str, Path]], target: Path) -> dict[str, str]:
    """Links files, each with its span, under names that TFX's readers take, in this order.

    Returns:
        The span of each file, by the file's new name.
    """
    target.mkdir(parents=True, exist_ok=True)
    spans = {}
    for number, (span, file) in enumerate(files):
        name = f"data_tfrecord-{number:05d}-of-{len(files):05d}.gz"
        link_or_copy(file, target / name)
        spans[name] = span
    return spans
