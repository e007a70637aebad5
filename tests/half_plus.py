"""Models like TensorFlow Serving's test data: half plus two and half plus three, of TF 1 and TF 2."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

v1 = tf.compat.v1
_SIGNATURES = v1.saved_model.signature_def_utils


def save_tf1(folder: Path, plus: float) -> None:
    """Writes x / 2 + `plus` by TF 1's builder, with signatures to predict, to regress and to classify."""
    with tf.Graph().as_default(), v1.Session() as session:
        examples = v1.placeholder(tf.string, [None], name="tf_example")
        columns = {name: tf.io.FixedLenFeature([1], tf.float32, [0.0]) for name in ("x", "x2")}
        parsed = tf.io.parse_example(examples, columns)
        half = v1.get_variable("a", initializer=0.5, use_resource=False)
        more = v1.get_variable("b", initializer=plus, use_resource=False)
        x = v1.placeholder(tf.float32, name="x")
        from_x = tf.add(tf.multiply(half, parsed["x"]), more)
        from_x2 = tf.add(tf.multiply(half, parsed["x2"]), 3.0)
        signatures = {
            "serving_default": _SIGNATURES.predict_signature_def({"x": x}, {"y": half * x + more}),
            "regress_x_to_y": _regression(examples, from_x),
            "regress_x2_to_y3": _regression(examples, from_x2),
            "classify_x_to_y": _classification(examples, from_x),
            "classify_x2_to_y3": _classification(examples, from_x2),
        }
        session.run(v1.global_variables_initializer())
        builder = v1.saved_model.Builder(str(folder))
        builder.add_meta_graph_and_variables(session, ["serve"], signature_def_map=signatures)
        builder.save()


def save_tf2(folder: Path) -> None:
    """Writes x / 2 + 2 as a TF 2 module, with the same signatures."""
    module = tf.Module()
    module.half = tf.Variable(0.5)
    columns = {"x": tf.io.FixedLenFeature([1], tf.float32, [0.0])}

    def of_examples(output: str) -> Callable[[Any], dict[str, Any]]:
        return lambda inputs: {output: module.half * tf.io.parse_example(inputs, columns)["x"] + 2.0}

    examples = tf.TensorSpec([None], tf.string, "inputs")
    signatures = {
        "serving_default": _function(
            lambda x: {"y": module.half * x + 2.0}, tf.TensorSpec(None, tf.float32, "x")
        ),
        "regress_x_to_y": _function(of_examples("outputs"), examples),
        "classify_x_to_y": _function(of_examples("scores"), examples),
    }
    tf.saved_model.save(module, str(folder), signatures)


def save_functions(folder: Path, functions: dict[str, Callable[[Any], dict[str, Any]]]) -> None:
    """Writes functions of one float `x` as the signatures of a module."""
    spec = tf.TensorSpec(None, tf.float32, "x")
    tf.saved_model.save(
        tf.Module(), str(folder), {name: _function(each, spec) for name, each in functions.items()}
    )


def save_keras(folder: Path) -> None:
    """Writes a Keras model that gives its one input back."""
    x = keras.layers.Input(dtype="float32", shape=(1,), name="x")
    keras.Model(x, keras.layers.Identity(name="y")(x)).export(str(folder), verbose=False)


def save_types(folder: Path) -> None:
    """Writes a model that gives back a text, a float, an int and a truth, and the text as bytes."""
    specs = [
        tf.TensorSpec([None], dtype, name)
        for name, dtype in (
            ("text", tf.string),
            ("number", tf.float32),
            ("count", tf.int64),
            ("truth", tf.bool),
        )
    ]
    function = tf.function(
        lambda text, number, count, truth: {
            "text_out": tf.identity(text),
            "text_bytes": tf.identity(text),
            "number_out": tf.identity(number),
            "count_out": tf.identity(count),
            "truth_out": tf.identity(truth),
        },
        input_signature=specs,
        autograph=False,
    )
    tf.saved_model.save(tf.Module(), str(folder), {"serving_default": function})


def _function(function: Callable[[Any], dict[str, Any]], spec: Any) -> Any:
    return tf.function(function, input_signature=[spec], autograph=False)


def _regression(examples: Any, outputs: Any) -> Any:
    return _SIGNATURES.build_signature_def(
        {"inputs": v1.saved_model.build_tensor_info(examples)},
        {"outputs": v1.saved_model.build_tensor_info(outputs)},
        "tensorflow/serving/regress",
    )


def _classification(examples: Any, scores: Any) -> Any:
    return _SIGNATURES.build_signature_def(
        {"inputs": v1.saved_model.build_tensor_info(examples)},
        {"scores": v1.saved_model.build_tensor_info(scores)},
        "tensorflow/serving/classify",
    )
