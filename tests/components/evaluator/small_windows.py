"""Small windows, a linear model, and one run of the Evaluator on them."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from tfx.dsl.components.base import base_beam_executor
from tfx.types import standard_artifacts

from components.evaluator.executor import Executor

CARRIERS = np.array(["AA", "DL", "UA"])
# The second stops TFX from packing itself up at the start of each pipeline (1 s).
RUNNER = [
    "--runner=apache_beam.runners.portability.fn_api_runner.FnApiRunner",
    "--sdk_container_image=unused",
]
SETTINGS: dict[str, Any] = {
    "slices": ["carrier", {"hour_band": {"column": "when", "hours": [0, 6, 12, 18, 24]}}],
    "bounds": {"auc": {"min": 0.6}, "log_loss": {"max": 0.8}},
    "slice_bounds": {"min_rows": 100, "max_increase": 0.2},
}
SCHEMA = """
feature { name: "when" type: BYTES } feature { name: "carrier" type: BYTES }
feature { name: "x" type: FLOAT } feature { name: "late" type: INT }
"""


def feature(value: Any) -> tf.train.Feature:
    """Returns one value, or a list of numbers, as a tf.Example holds it; None is absent."""
    if value is None:
        return tf.train.Feature()
    if isinstance(value, str):
        return tf.train.Feature(bytes_list=tf.train.BytesList(value=[value.encode()]))
    if isinstance(value, int):
        return tf.train.Feature(int64_list=tf.train.Int64List(value=[value]))
    values = value if isinstance(value, list) else [value]
    return tf.train.Feature(float_list=tf.train.FloatList(value=values))


def make_rows(count: int, days: int, seed: int = 1) -> list[dict[str, Any]]:
    """Returns rows whose label is 1 with the probability sigmoid(2x - 1)."""
    random = np.random.default_rng(seed)
    x = random.normal(size=count).astype(np.float32)
    late = random.random(count) < 1 / (1 + np.exp(1 - 2 * x))
    hours, carriers = random.integers(0, 24, count), CARRIERS[random.integers(0, len(CARRIERS), count)]
    return [
        {
            "when": f"2013-03-{25 + row % days:02d} {hours[row]:02d}:15:00",
            "carrier": None if row % 50 == 0 else str(carriers[row]),
            "x": float(x[row]),
            "late": int(late[row]),
        }
        for row in range(count)
    ]


def write_split(folder: Path, rows: Sequence[dict[str, Any]], files: int) -> None:
    """Writes rows as gzipped TFRecord files."""
    folder.mkdir(parents=True)
    for number in range(files):
        path = folder / f"data_tfrecord-{number:05d}-of-{files:05d}.gz"
        with tf.io.TFRecordWriter(str(path), "GZIP") as writer:
            for row in rows[number::files]:
                features = tf.train.Features(feature={name: feature(value) for name, value in row.items()})
                writer.write(tf.train.Example(features=features).SerializeToString())


class Logistic(tf.Module):
    """A model of the one feature x: sigmoid(slope * x + offset), NaN where asked for."""

    def __init__(self, slope: float, offset: float, broken: bool) -> None:
        super().__init__()
        self.slope, self.offset = tf.Variable(slope), tf.Variable(offset)
        self.broken = broken

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="examples")], autograph=False)
    def serve(self, examples: Any) -> dict[str, Any]:
        parsed = tf.io.parse_example(examples, {"x": tf.io.FixedLenFeature([], tf.float32, 0.0)})
        answer = tf.sigmoid(self.slope * parsed["x"] + self.offset)
        return {"probability": answer / 0.0 * 0.0 if self.broken else answer}


class Evaluated:
    """What one run of the executor left."""

    def __init__(self, folder: Path, blessing: Any) -> None:
        self.folder, self.blessing = folder, blessing
        self.judgement = json.loads((folder / "evaluation" / "judgement.json").read_text())

    def reason(self, check: str) -> dict[str, Any]:
        """Returns one check's reason."""
        return next(each for each in self.judgement["reasons"] if each["check"] == check)


def execute(folder: Path, inputs: Any, properties: dict[str, Any]) -> Evaluated:
    """Runs the executor, with outputs in a folder."""
    evaluation, blessing = standard_artifacts.ModelEvaluation(), standard_artifacts.ModelBlessing()
    evaluation.uri, blessing.uri = str(folder / "evaluation"), str(folder / "blessing")
    context = base_beam_executor.BaseBeamExecutor.Context(
        beam_pipeline_args=RUNNER, tmp_dir=str(folder / "tmp"), unique_id="1"
    )
    Executor(context).Do(inputs, {"evaluation": [evaluation], "blessing": [blessing]}, properties)
    return Evaluated(folder, blessing)
