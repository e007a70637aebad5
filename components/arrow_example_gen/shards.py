"""Writes the TFRecord shards of an Examples artifact, each under another name until it is whole."""

from collections.abc import Iterable
from pathlib import Path

import tensorflow as tf

from perennial.files import written_aside


def shard_path(root: Path, split: str, index: int, total: int) -> Path:
    """Where a split's shard lies in an Examples artifact; shards are numbered by input file."""
    return root / f"Split-{split}" / f"data_tfrecord-{index:05d}-of-{total:05d}.gz"


def write_shard(path: Path, records: Iterable[bytes], aside_in: Path) -> None:
    """Writes records as a gzip TFRecord in the folder `aside_in`; moves it to its path when it is whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # Level 1: on 100,000 flights a third of the default's time (0.26 against 0.87 s), for a third more bytes.
    options = tf.io.TFRecordOptions(compression_type="GZIP", compression_level=1)
    # Not beside it: TensorFlow's "Split-x/*" matches hidden files too, and a killed worker leaves one.
    with written_aside(path, folder=aside_in) as aside, tf.io.TFRecordWriter(str(aside), options) as writer:
        for record in records:
            writer.write(record)
