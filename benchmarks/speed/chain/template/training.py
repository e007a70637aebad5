"""Trains the network of flights as TFX's template does: on transformed examples, by the data accessor."""

from typing import Any, Final

import keras
import tensorflow as tf
import tensorflow_transform as tft
from tfx_bsl.public import tfxio

from benchmarks.speed.chain.template.features import LABEL
from models.flights import VOCABULARIES, build_model
from perennial.task import Task
from perennial.training.fitting import compiled
from perennial.training.head import Head
from perennial.training.settings import Hyperparameters

# The template's own: so many batches of so many rows are validated after the fit.
EVAL_BATCH_SIZE: Final = 40


def run_fn(fn_args: Any) -> None:
    """Trains for `fn_args.train_steps` steps and exports two signatures; TFX's Trainer calls it.

    Args:
        fn_args: TFX's `FnArgs`; `custom_config` has `seed` and `hyperparameters`, as the use case has them.
    """
    settings = Hyperparameters.model_validate(fn_args.custom_config["hyperparameters"])
    keras.utils.set_random_seed(fn_args.custom_config["seed"])
    output = tft.TFTransformOutput(fn_args.transform_output)
    sizes = {name: output.vocabulary_size_by_name(name.removesuffix("_id")) + 1 for name in VOCABULARIES}
    head = Head(Task("binary", LABEL))
    model = compiled(build_model(fn_args.custom_config["hyperparameters"], sizes), settings, head)
    accessor, names = fn_args.data_accessor, [tensor.name for tensor in model.inputs]
    model.fit(
        _batches(fn_args.train_files, accessor, output, names, settings.batch_size),
        steps_per_epoch=fn_args.train_steps,
        validation_data=_batches(fn_args.eval_files, accessor, output, names, EVAL_BATCH_SIZE),
        validation_steps=fn_args.eval_steps,
        callbacks=[keras.callbacks.TensorBoard(log_dir=fn_args.model_run_dir, update_freq="epoch")],
        verbose=0,
    )
    _export(model, output, fn_args.serving_model_dir)


def _batches(
    files: list[str], accessor: Any, output: tft.TFTransformOutput, names: list[str], batch_size: int
) -> Any:
    batches = accessor.tf_dataset_factory(
        files,
        tfxio.TensorFlowDatasetOptions(batch_size=batch_size, label_key=LABEL),
        output.transformed_metadata.schema,
    ).repeat()
    # Keras 3 takes a dictionary by its order: one feature more, and each is another's.
    return batches.map(lambda features, label: ({name: features[name] for name in names}, label))


def _export(model: keras.Model, output: tft.TFTransformOutput, folder: str) -> None:
    """Writes the model with the template's signatures: raw examples to scores, and to features."""
    model.tft_layer = output.transform_features_layer()
    examples = tf.TensorSpec([None], tf.string, "examples")

    @tf.function(input_signature=[examples])
    def serve(serialized: Any) -> dict[str, Any]:
        spec = output.raw_feature_spec()
        spec.pop(LABEL)
        features = model.tft_layer(tf.io.parse_example(serialized, spec))
        wanted = {tensor.name: features[tensor.name] for tensor in model.inputs}
        return {"outputs": tf.sigmoid(model(wanted))}

    @tf.function(input_signature=[examples])
    def transform_features(serialized: Any) -> Any:
        return model.tft_layer(tf.io.parse_example(serialized, output.raw_feature_spec()))

    signatures = {"serving_default": serve, "transform_features": transform_features}
    tf.saved_model.save(model, folder, signatures=signatures)
