"""Computes TFMA's metrics in memory and writes them as TFMA does; alone calls functions of its modules.

The computations, validations and file formats are TFMA's. What is left out is the Beam pipeline of some 200
steps around them, which takes longer than scoring does (docs/decisions/evaluation.md).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import tensorflow as tf
import tensorflow_model_analysis as tfma
from google.protobuf import json_format
from tensorflow_model_analysis.evaluators.metrics_validator import validate_metrics
from tensorflow_model_analysis.metrics.metric_specs import to_computations
from tensorflow_model_analysis.proto import config_pb2
from tensorflow_model_analysis.writers import metrics_plots_and_validations_writer as tfma_writer

from components.evaluator.scoring import EVAL, Batch, GroupBySlice

SliceKey = tuple[tuple[str, str], ...]
METRICS_FILE: Final = "metrics-00000-of-00001.tfrecord"


def write_metrics(
    batches: Iterable[Batch], group: GroupBySlice, config: tfma.EvalConfig, output: str
) -> list[Batch]:
    """Writes metrics, validations and config of scored rows, as `tfma.load_eval_result` opens them.

    Args:
        batches: Scored batches of both splits, as `scoring.ScoreFile` gives them.
        group: Cuts a batch into slices.
        config: What TFMA computes and validates.
        output: The evaluation's folder, which exists.

    Returns:
        The batches.
    """
    complete = tfma.utils.update_eval_config_with_defaults(config, has_baseline=None)
    computations = to_computations(list(complete.metrics_specs), eval_config=complete)
    kept = [each for each in computations if isinstance(each, tfma.metrics.MetricComputation)]
    derived = [each for each in computations if isinstance(each, tfma.metrics.DerivedMetricComputation)]
    accumulators: dict[SliceKey, list[Any]] = defaultdict(
        lambda: [each.combiner.create_accumulator() for each in kept]
    )
    seen = []
    for batch in batches:
        seen.append(batch)
        for extract in group.process({"batch": batch}) if batch["split"] == EVAL else ():
            (slice_key,) = extract[tfma.SLICE_KEY_TYPES_KEY]
            values = accumulators[slice_key]
            for index, each in enumerate(kept):
                values[index] = each.combiner.add_input(values[index], extract)
    baselines = [model.name for model in complete.model_specs if model.is_baseline]
    sliced = {key: _metrics(kept, derived, values, baselines) for key, values in accumulators.items()}
    _write(sliced, complete, output)
    eval_run = config_pb2.EvalRun(eval_config=config, version=tfma.VERSION_STRING)
    with tf.io.gfile.GFile(f"{output}/eval_config.json", "w") as file:
        file.write(json_format.MessageToJson(eval_run))
    return seen


def _metrics(
    kept: Sequence[Any], derived: Sequence[Any], values: Sequence[Any], baselines: Sequence[str]
) -> dict[Any, float]:
    """All metrics of one slice, and what each differs by from the baseline's, where there is one."""
    metrics: dict[Any, Any] = {}
    for each, value in zip(kept, values, strict=True):
        metrics |= each.combiner.extract_output(value)
    for each in derived:
        metrics |= each.result(metrics)
    public = {key: value for key, value in metrics.items() if not key.name.startswith("_")}
    differences = {
        key.make_diff_key(): value - public[key.make_baseline_key(baseline)]
        for baseline in baselines
        for key, value in public.items()
        if key.model_name != baseline
    }
    return public | differences


def _write(sliced: Mapping[SliceKey, Mapping[Any, float]], config: tfma.EvalConfig, output: str) -> None:
    combine = tfma_writer.CombineValidations(config)
    validation = combine.create_accumulator()
    with tf.io.TFRecordWriter(f"{output}/{METRICS_FILE}") as writer:
        for pair in sliced.items():
            proto = tfma_writer.convert_slice_metrics_to_proto(pair, add_metrics_callbacks=[])
            writer.write(proto.SerializeToString())
            validation = combine.add_input(validation, validate_metrics(pair, config))
    with tf.io.TFRecordWriter(f"{output}/{tfma.VALIDATIONS_KEY}.tfrecord") as writer:
        writer.write(combine.extract_output(validation).SerializeToString())
