"""The chain that TFX's own template writes, for flights: what the benchmark holds ours against.

Usage: python -m benchmarks.speed.chain.template_chain --data DIR --home DIR --steps N --eval-share 0.2

It is the template of `tfx template copy` (penguin and taxi) with every step of its list of things to do
taken, and its defaults. Where there was a choice it is the cheaper one: one process and no attempt to
download Beam's Prism runner, one analyzer for all numbers, `steps_per_execution`, no MirroredStrategy. The
network and its compilation are those of ours.
"""

import argparse
import json
from pathlib import Path
from typing import Any, Final

import tensorflow_model_analysis as tfma
from tfx import v1 as tfx

from benchmarks.speed.chain.template.features import HOUR_BAND, LABEL

NAME: Final = "flights"
BEAM_ARGS: Final = (
    "--runner=apache_beam.runners.portability.fn_api_runner.FnApiRunner",
    "--direct_num_workers=1",
)
# The template's.
EVAL_STEPS: Final = 150
# CsvExampleGen splits by the hash of a row into so many buckets.
BUCKETS: Final = 1000
THRESHOLD: Final = 0.5
AUC_FLOOR: Final = 0.6


def create_pipeline(
    data: Path, home: Path, steps: int, eval_share: float, training: dict[str, Any]
) -> tfx.dsl.Pipeline:
    """The template's pipeline.

    Args:
        data: Folder of CSV files.
        home: Folder for all that it writes.
        steps: Training steps.
        eval_share: Share of the rows to evaluate.
        training: `seed` and `hyperparameters`, as the use case has them.
    """
    example_gen = _example_gen(data, eval_share)
    statistics_gen = tfx.components.StatisticsGen(examples=example_gen.outputs["examples"])
    schema_gen = tfx.components.SchemaGen(
        statistics=statistics_gen.outputs["statistics"], infer_feature_shape=False
    )
    example_validator = tfx.components.ExampleValidator(
        statistics=statistics_gen.outputs["statistics"], schema=schema_gen.outputs["schema"]
    )
    transform = tfx.components.Transform(
        examples=example_gen.outputs["examples"],
        schema=schema_gen.outputs["schema"],
        preprocessing_fn="benchmarks.speed.chain.template.features.preprocessing_fn",
    )
    trainer = tfx.components.Trainer(
        run_fn="benchmarks.speed.chain.template.training.run_fn",
        examples=transform.outputs["transformed_examples"],
        transform_graph=transform.outputs["transform_graph"],
        schema=schema_gen.outputs["schema"],
        train_args=tfx.proto.TrainArgs(num_steps=steps),
        eval_args=tfx.proto.EvalArgs(num_steps=EVAL_STEPS),
        custom_config=training,
    )
    resolver = tfx.dsl.Resolver(
        strategy_class=tfx.dsl.experimental.LatestBlessedModelStrategy,
        model=tfx.dsl.Channel(type=tfx.types.standard_artifacts.Model),
        model_blessing=tfx.dsl.Channel(type=tfx.types.standard_artifacts.ModelBlessing),
    ).with_id("latest_blessed_model_resolver")
    evaluator = tfx.components.Evaluator(
        examples=example_gen.outputs["examples"],
        model=trainer.outputs["model"],
        baseline_model=resolver.outputs["model"],
        eval_config=_eval_config(),
    )
    pusher = tfx.components.Pusher(
        model=trainer.outputs["model"],
        model_blessing=evaluator.outputs["blessing"],
        push_destination=tfx.proto.PushDestination(
            filesystem=tfx.proto.PushDestination.Filesystem(base_directory=str(home / "serving_model"))
        ),
    )
    return _pipeline(
        home,
        [
            example_gen,
            statistics_gen,
            schema_gen,
            example_validator,
            transform,
            trainer,
            resolver,
            evaluator,
            pusher,
        ],
    )


def create_example_gen(data: Path, home: Path, eval_share: float) -> tfx.dsl.Pipeline:
    """The template's first node alone."""
    return _pipeline(home, [_example_gen(data, eval_share)])


def _example_gen(data: Path, eval_share: float) -> Any:
    judged = round(BUCKETS * eval_share)
    splits = [
        tfx.proto.SplitConfig.Split(name="train", hash_buckets=BUCKETS - judged),
        tfx.proto.SplitConfig.Split(name="eval", hash_buckets=judged),
    ]
    return tfx.components.CsvExampleGen(
        input_base=str(data),
        output_config=tfx.proto.Output(split_config=tfx.proto.SplitConfig(splits=splits)),
    )


def _pipeline(home: Path, components: list[Any]) -> tfx.dsl.Pipeline:
    return tfx.dsl.Pipeline(
        pipeline_name=NAME,
        pipeline_root=str(home / "artifacts"),
        components=components,
        metadata_connection_config=tfx.orchestration.metadata.sqlite_metadata_connection_config(
            str(home / "metadata.db")
        ),
        beam_pipeline_args=list(BEAM_ARGS),
    )


def _eval_config() -> tfma.EvalConfig:
    """Our seven metrics and three ways to slice, by what TFMA has of its own; the template's thresholds.

    Hour bands are no feature of the raw examples, so they are sliced by the transformed one.
    """
    auc = tfma.MetricThreshold(
        value_threshold=tfma.GenericValueThreshold(lower_bound={"value": AUC_FLOOR}),
        change_threshold=tfma.GenericChangeThreshold(
            direction=tfma.MetricDirection.HIGHER_IS_BETTER, absolute={"value": -1e-10}
        ),
    )
    # A plain threshold would hold for every slice, the carrier with five flights among them.
    overall = tfma.PerSliceMetricThreshold(slicing_specs=[tfma.SlicingSpec()], threshold=auc)
    at_threshold = json.dumps({"thresholds": THRESHOLD})
    return tfma.EvalConfig(
        model_specs=[
            tfma.ModelSpec(
                signature_name="serving_default",
                label_key=LABEL,
                preprocessing_function_names=["transform_features"],
            )
        ],
        slicing_specs=[
            tfma.SlicingSpec(),
            *(tfma.SlicingSpec(feature_keys=[name]) for name in ("carrier", "origin", HOUR_BAND)),
        ],
        metrics_specs=[
            tfma.MetricsSpec(
                metrics=[
                    tfma.MetricConfig(class_name="BinaryCrossEntropy"),
                    tfma.MetricConfig(class_name="AUC", per_slice_thresholds=[overall]),
                    tfma.MetricConfig(class_name="AUCPrecisionRecall"),
                    tfma.MetricConfig(class_name="Precision", config=at_threshold),
                    tfma.MetricConfig(class_name="Recall", config=at_threshold),
                    tfma.MetricConfig(class_name="Calibration"),
                    tfma.MetricConfig(class_name="ExampleCount"),
                ]
            )
        ],
    )


def main() -> None:
    """Runs the chain once."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of CSV files")
    parser.add_argument("--home", type=Path, required=True, help="folder for all that it writes")
    parser.add_argument("--steps", type=int, required=True, help="training steps")
    parser.add_argument("--eval-share", type=float, required=True, help="share of the rows to evaluate")
    parser.add_argument("--training", required=True, help="JSON: seed and hyperparameters of the use case")
    options = parser.parse_args()
    tfx.orchestration.LocalDagRunner().run(
        create_pipeline(
            options.data, options.home, options.steps, options.eval_share, json.loads(options.training)
        )
    )


if __name__ == "__main__":
    main()
