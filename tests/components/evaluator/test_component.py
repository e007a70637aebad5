"""The Evaluator as TFX sees it."""

from tfx.dsl.components.base import base_beam_component, executor_spec
from tfx.types import channel_utils, standard_artifacts

from components.evaluator.component import Evaluator
from components.evaluator.executor import Executor
from perennial.task import Task


def make(**inputs: object) -> Evaluator:
    return Evaluator(
        examples=channel_utils.as_channel([standard_artifacts.Examples()]),
        model=channel_utils.as_channel([standard_artifacts.Model()]),
        schema=channel_utils.as_channel([standard_artifacts.Schema()]),
        task=Task("binary", "late").to_json(),
        settings="{}",
        engine="in_memory",
        code="[]",
        live_stale=0,
        source="abc",
        **inputs,  # type: ignore[arg-type]
    )


def test_it_takes_beam_arguments_and_its_source_is_part_of_the_cache_key() -> None:
    node = make()
    assert isinstance(node, base_beam_component.BaseBeamComponent)
    assert isinstance(node.executor_spec, executor_spec.BeamExecutorSpec)
    assert node.executor_spec.executor_class is Executor
    assert node.id == "Evaluator"
    assert node.exec_properties["source"] == "abc"


def test_the_champion_may_be_left_out() -> None:
    assert "baseline_model" not in make().inputs
    champion = channel_utils.as_channel([standard_artifacts.Model()])
    assert make(baseline_model=champion).inputs["baseline_model"].type is standard_artifacts.Model


def test_it_makes_an_evaluation_and_a_blessing() -> None:
    outputs = make().outputs
    assert outputs["evaluation"].type is standard_artifacts.ModelEvaluation
    assert outputs["blessing"].type is standard_artifacts.ModelBlessing
