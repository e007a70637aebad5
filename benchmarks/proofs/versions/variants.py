"""Versions of one exported model whose scores differ, whole ones and broken ones."""

import shutil
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import tensorflow as tf

from serving.model.folder import GRAPH_FILES, SCHEMA_FILE

GRAPH_FILE: Final = GRAPH_FILES[0]
VARIABLES: Final = "variables/variables"
_DATA: Final = "variables/variables.data-00000-of-00001"


def make_variant(source: Path, target: Path, shift: float) -> None:
    """Copies a SavedModel and adds to the bias of its answer, so that each row scores otherwise.

    Args:
        source: A SavedModel with a variable of one value whose name ends in "/bias".
        target: The new folder.
        shift: What is added, in logits; NaN makes every score NaN.
    """
    shutil.copytree(source, target)
    shutil.rmtree(target / "variables")
    (target / "variables").mkdir()
    with tf.compat.v1.Session(graph=tf.Graph()) as session:
        meta = tf.compat.v1.saved_model.load(session, ["serve"], str(source))
        bias = _bias(session.graph)
        with session.graph.as_default():
            value = tf.raw_ops.ReadVariableOp(resource=bias, dtype=tf.float32)
            session.run(tf.raw_ops.AssignVariableOp(resource=bias, value=value + np.float32(shift)))
        saver = meta.saver_def
        session.run(saver.save_tensor_name, {saver.filename_tensor_name: str(target / VARIABLES)})


def publish(whole: Path, models: Path, number: int) -> float:
    """Copies a version aside and renames it into its place; gives the moment (`time.monotonic`)."""
    aside = models / f".stage-{number}"
    shutil.copytree(whole, aside)
    aside.rename(models / str(number))
    return time.monotonic()


def without_variables(whole: Path, target: Path) -> None:
    """A version whose values are missing."""
    shutil.copytree(whole, target, ignore=shutil.ignore_patterns(Path(_DATA).name))


def with_half_a_graph(whole: Path, target: Path) -> None:
    """A version whose graph ends in the middle."""
    shutil.copytree(whole, target)
    graph = target / GRAPH_FILE
    graph.write_bytes(graph.read_bytes()[: graph.stat().st_size // 2])


def with_another_signature(whole: Path, target: Path) -> None:
    """A version that loads, has a schema of raw rows, and no signature that takes them."""

    class Other(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec([None], tf.float32, name="x")])
        def double(self, x: Any) -> Any:
            return {"y": 2.0 * x}

    other = Other()
    tf.saved_model.save(other, str(target), signatures={"serving_default": other.double})
    shutil.copytree((whole / SCHEMA_FILE).parent, (target / SCHEMA_FILE).parent, dirs_exist_ok=True)


def with_nan_scores(whole: Path, target: Path) -> None:
    """A version that answers every row with NaN."""
    make_variant(whole, target, float("nan"))


BROKEN: Final[Mapping[str, Callable[[Path, Path], None]]] = {
    "its variables' file is missing": without_variables,
    "its graph ends in the middle": with_half_a_graph,
    "its signatures are not those of its schema": with_another_signature,
    "it scores NaN": with_nan_scores,
}


def copy_slowly(whole: Path, target: Path, pause: float) -> None:
    """Copies a version in place, file after file with a pause after each, the graph first."""
    files = sorted(path.relative_to(whole) for path in whole.rglob("*") if path.is_file())
    files.sort(key=lambda path: path.name != GRAPH_FILE)
    for file in files:
        (target / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(whole / file, target / file)
        time.sleep(pause)


def _bias(graph: Any) -> Any:
    for operation in graph.get_operations():
        if operation.type == "VarHandleOp" and operation.name.endswith("/bias"):
            shape = tf.TensorShape(operation.get_attr("shape")).as_list()
            if shape == [1]:
                return operation.outputs[0]
    raise ValueError("Expected a variable of one value whose name ends in /bias.")
