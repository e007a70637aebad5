"""Small SavedModels that are made in code: y = x + a number, and one that takes its time."""

import shutil
from pathlib import Path
from typing import Any

import tensorflow as tf


class Plus(tf.Module):
    """Adds a number; `slowly` does so after as many steps as it is told."""

    def __init__(self, number: float) -> None:
        super().__init__()
        self.number = tf.Variable(number, dtype=tf.float32)

    @tf.function(input_signature=[tf.TensorSpec([None], tf.float32, name="x")])
    def plus(self, x: Any) -> Any:
        return {"y": x + self.number}

    @tf.function(input_signature=[tf.TensorSpec([None], tf.float32, name="x")], autograph=False)
    def slowly(self, x: Any) -> Any:
        steps = tf.while_loop(
            lambda step, _: step < tf.cast(tf.reduce_max(x), tf.int32),
            lambda step, matrix: (step + 1, tf.linalg.matmul(matrix, matrix) * 0.01),
            (tf.constant(0), tf.ones([256, 256])),
        )
        return {"y": x + self.number + 0.0 * steps[1][0, 0]}


def export(number: float, folder: Path) -> Path:
    """Writes the SavedModel that adds a number; gives its folder."""
    model = Plus(number)
    tf.saved_model.save(
        model, str(folder), signatures={"serving_default": model.plus, "slowly": model.slowly}
    )
    return folder


def publish(whole: Path, models: Path, number: int) -> None:
    """Copies a SavedModel aside and renames it to its number."""
    aside = models / f".stage-{number}"
    shutil.copytree(whole, aside)
    aside.rename(models / str(number))
