"""Writes the window: one Examples artifact with splits train, eval and anchor, by hard links."""

from pathlib import Path
from typing import Any

from tfx import types
from tfx.dsl.components.base import base_executor
from tfx.types import artifact_utils

from components.window.cut import SpanSplit, WindowCut, cut, facts_of, left_out_of, parts_of
from perennial.files import link_or_copy, read_json, write_json

SPLITS = ("train", "eval", "anchor")
FORMAT = 1
# What the window's files are, for whoever reads the artifact through TFXIO: as its spans' files are.
_FORMAT_PROPERTIES = ("payload_format", "file_format")


class Executor(base_executor.BaseExecutor):
    """Executor of the Window component."""

    def Do(
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Links the files of each span's splits into the window's, and writes `window.json`.

        Raises:
            NodeFailed: The spans hold too little to train on and judge by.
        """
        spans = {artifact.get_string_custom_property("span"): artifact for artifact in input_dict["examples"]}
        folders = {span: Path(spans[span].uri) for span in exec_properties["spans"].split(",")}
        summaries = [read_json(folder / "summary.json") for folder in folders.values()]
        parts = [part for summary in summaries for part in parts_of(summary, ("head", "tail"))]
        anchors = [part for summary in summaries for part in parts_of(summary, ("anchor",))]
        apart = [part for summary in summaries for part in parts_of(summary, ("early", "late"))]
        window_cut = cut(parts, exec_properties["eval_days"], exec_properties["eval_min_rows"], apart)
        chosen = dict(zip(SPLITS, (window_cut.train, window_cut.judged, anchors), strict=True))

        window = artifact_utils.get_single_instance(output_dict["window"])
        window.split_names = artifact_utils.encode_split_names(list(SPLITS))
        for name in _FORMAT_PROPERTIES:
            value = next(iter(spans.values())).get_string_custom_property(name)
            window.set_string_custom_property(name, value)
        files = {
            split: _link(members, folders, Path(artifact_utils.get_split_uri([window], split)))
            for split, members in chosen.items()
        }
        facts = {split: facts_of(members) for split, members in chosen.items()}
        spans_content, eval_parts = _spans_of(summaries, window_cut), _eval_parts_of(summaries, window_cut)
        content = {
            **{"format": FORMAT, "spans": spans_content, "files": files},
            **facts,
            **{"eval_parts": eval_parts, "left_out": left_out_of(window_cut.left_out)},
        }
        write_json(Path(window.uri) / "window.json", content)


def _link(parts: list[SpanSplit], folders: dict[str, Path], target: Path) -> dict[str, str]:
    """Links the files of `parts` under names that TFX's readers take, in the order of the parts.

    Returns:
        The span of each file, by the file's name.
    """
    files = [
        (part.span, file)
        for part in parts
        for file in sorted((folders[part.span] / f"Split-{part.split}").glob("*.gz"))
    ]
    target.mkdir(parents=True, exist_ok=True)
    spans = {}
    for number, (span, file) in enumerate(files):
        name = f"data_tfrecord-{number:05d}-of-{len(files):05d}.gz"
        link_or_copy(file, target / name)
        spans[name] = span
    return spans


def _spans_of(summaries: list[dict[str, Any]], window_cut: WindowCut) -> list[dict[str, Any]]:
    """Each span with the rows and splits of it that are trained on."""
    return [
        {key: summary[key] for key in ("span", "version", "digest", "rows")}
        | {"train_rows": sum(part.rows for part in window_cut.train if part.span == summary["span"])}
        | {"train_splits": [part.split for part in window_cut.train if part.span == summary["span"]]}
        for summary in summaries
    ]


def _eval_parts_of(summaries: list[dict[str, Any]], window_cut: WindowCut) -> list[dict[str, Any]]:
    """Each part that is judged by, with the digest of its span's content."""
    digests = {summary["span"]: summary["digest"] for summary in summaries}
    return [
        {"span": part.span, "digest": digests[part.span], "split": part.split, "rows": part.rows}
        for part in window_cut.judged
    ]
