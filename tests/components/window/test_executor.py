"""What the Window writes for spans on disk."""

import json
from pathlib import Path
from typing import Any

import pytest
import tensorflow as tf
from tfx.types import artifact_utils, standard_artifacts

from components.window.component import Window
from components.window.executor import Executor
from perennial.errors import NodeFailed
from perennial.files import folder_digest

ROWS = {"head": 8, "tail": 4, "anchor": 2}


def _row(value: str) -> bytes:
    feature = tf.train.Feature(bytes_list=tf.train.BytesList(value=[value.encode()]))
    return tf.train.Example(features=tf.train.Features(feature={"row": feature})).SerializeToString()


def _span(folder: Path, span: str, files: int = 1) -> Any:
    """Examples of a span; each row says where it came from."""
    splits = {}
    for split, rows in ROWS.items():
        (folder / f"Split-{split}").mkdir(parents=True)
        for number in range(files):
            file = folder / f"Split-{split}" / f"data_tfrecord-{number:05d}-of-{files:05d}.gz"
            with tf.io.TFRecordWriter(str(file), "GZIP") as writer:
                for row in range(number, rows, files):
                    writer.write(_row(f"{span} {split} {row}"))
        first, last = f"{span}-{1 if split == 'head' else 25:02d}", f"{span}-{24 if split == 'head' else 31}"
        days = 24 if split == "head" else 7
        splits[split] = {"rows": rows, "first_day": first, "last_day": last, "days": days}
        splits[split] |= {"label_sum": 1.0, "label_counts": [rows - 1, 1]}
    summary = {"span": span, "version": 2, "digest": f"digest-{span}", "rows": 14, "splits": splits}
    (folder / "summary.json").write_text(json.dumps(summary))
    artifact = standard_artifacts.Examples()
    artifact.uri = str(folder)
    artifact.set_string_custom_property("span", span)
    artifact.set_string_custom_property("payload_format", "FORMAT_TF_EXAMPLE")
    artifact.set_string_custom_property("file_format", "tfrecords_gzip")
    return artifact


def _do(folder: Path, examples: list[Any], spans: str, eval_min_rows: int = 4) -> Any:
    window = standard_artifacts.Examples()
    window.uri = str(folder / "window")
    properties = {"spans": spans, "eval_days": 7, "eval_min_rows": eval_min_rows, "source": ""}
    Executor().Do({"examples": examples}, {"window": [window]}, properties)
    return window


def _read(folder: Path, split: str) -> list[str]:
    files = sorted((folder / "window" / f"Split-{split}").iterdir())
    records = tf.data.TFRecordDataset([str(file) for file in files], "GZIP").as_numpy_iterator()
    examples = [tf.train.Example.FromString(record) for record in records]
    return [example.features.feature["row"].bytes_list.value[0].decode() for example in examples]


def test_train_is_all_that_is_older_and_eval_the_newest_tail(tmp_path: Path) -> None:
    examples = [_span(tmp_path / "b", "2013-02"), _span(tmp_path / "a", "2013-01", files=2)]
    window = _do(tmp_path, examples, "2013-01,2013-02")
    assert artifact_utils.decode_split_names(window.split_names) == ["train", "eval", "anchor"]
    train = _read(tmp_path, "train")
    origins = {" ".join(row.split()[:2]) for row in train}
    assert origins == {"2013-01 head", "2013-01 tail", "2013-02 head"}
    assert (len(train), len(set(train))) == (20, 20)
    assert _read(tmp_path, "eval") == [f"2013-02 tail {row}" for row in range(4)]
    assert sorted(_read(tmp_path, "anchor")) == [
        f"{span} anchor {row}" for span in ("2013-01", "2013-02") for row in range(2)
    ]


def test_files_are_linked_under_names_that_tfx_reads(tmp_path: Path) -> None:
    _do(tmp_path, [_span(tmp_path / "a", "2013-01", files=2)], "2013-01")
    folder = tmp_path / "window" / "Split-train"
    assert sorted(path.name for path in folder.iterdir()) == [
        "data_tfrecord-00000-of-00002.gz",
        "data_tfrecord-00001-of-00002.gz",
    ]
    source = tmp_path / "a" / "Split-head" / "data_tfrecord-00001-of-00002.gz"
    assert (folder / "data_tfrecord-00001-of-00002.gz").samefile(source)


def test_the_spans_are_left_as_they_are(tmp_path: Path) -> None:
    span = _span(tmp_path / "a", "2013-01")
    before = folder_digest(tmp_path / "a")
    _do(tmp_path, [span], "2013-01")
    assert folder_digest(tmp_path / "a") == before


def test_the_window_lists_what_is_in_it(tmp_path: Path) -> None:
    window = _do(tmp_path, [_span(tmp_path / "a", "2013-01")], "2013-01")
    assert json.loads((tmp_path / "window" / "window.json").read_text()) == {
        "format": 1,
        "spans": [
            {"span": "2013-01", "version": 2, "digest": "digest-2013-01", "rows": 14, "train_rows": 8,
             "train_splits": ["head"]}
        ],
        "files": {
            split: {"data_tfrecord-00000-of-00001.gz": "2013-01"} for split in ("train", "eval", "anchor")
        },
        "train": {
            "rows": 8, "first_day": "2013-01-01", "last_day": "2013-01-24", "days": 24,
            "label_counts": [7, 1], "label_sum": 1.0, "label_distribution": [7 / 8, 1 / 8],
        },
        "eval": {
            "rows": 4, "first_day": "2013-01-25", "last_day": "2013-01-31", "days": 7,
            "label_counts": [3, 1], "label_sum": 1.0, "label_distribution": [3 / 4, 1 / 4],
        },
        "anchor": {
            "rows": 2, "first_day": "2013-01-25", "last_day": "2013-01-31", "days": 7,
            "label_counts": [1, 1], "label_sum": 1.0, "label_distribution": [1 / 2, 1 / 2],
        },
        "eval_parts": [{"span": "2013-01", "digest": "digest-2013-01", "split": "tail", "rows": 4}],
        "left_out": [],
    }  # fmt: skip
    assert window.get_string_custom_property("payload_format") == "FORMAT_TF_EXAMPLE"
    assert window.get_string_custom_property("file_format") == "tfrecords_gzip"


def test_too_little_writes_nothing(tmp_path: Path) -> None:
    with pytest.raises(NodeFailed, match="too few to evaluate on 7 days and 5 rows"):
        _do(tmp_path, [_span(tmp_path / "a", "2013-01")], "2013-01", eval_min_rows=5)
    assert not (tmp_path / "window").exists()


def test_the_component_takes_what_the_chain_gives() -> None:
    from tfx.types import channel_utils

    examples = channel_utils.as_channel([standard_artifacts.Examples()])
    node = Window(examples=examples, spans=("1", "2"), eval_days=7, eval_min_rows=9, source="s")
    assert node.exec_properties["spans"] == "1,2"
    assert node.outputs["window"].type is standard_artifacts.Examples
