"""Scores candidate and champion on the newest days and on the anchors, and blesses the candidate or not."""

import dataclasses
import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import apache_beam as beam
import numpy as np
import tensorflow_model_analysis as tfma
from tfx.components.evaluator import constants
from tfx.dsl.components.base import base_beam_executor
from tfx.dsl.io import fileio
from tfx.types import Artifact, artifact_utils
from tfx.utils import io_utils, path_utils

from components.artifacts import schema_of
from components.evaluator import in_memory, scoring
from components.evaluator.compared import compared_with
from components.evaluator.eval_config import CANDIDATE, CHAMPION, eval_config
from components.evaluator.evidence import Evidence, Rows
from components.evaluator.judgement import make_judgement
from components.evaluator.measures import Distribution
from components.evaluator.seen import parts_of_rows
from components.evaluator.settings import EVALUATIONS, EvaluationSettings
from perennial.errors import NodeFailed
from perennial.files import write_text
from perennial.saved_models import ModelFault, OtherTask, load_model, output_name
from perennial.task import Task

JUDGEMENT = "judgement.json"
YARDSTICK = "yardstick.json"
YARDSTICK_ANSWERS = "answers.npy"
_ROWS = ".rows"
# TFMA's evaluator runs after the extractor of this name.
_SLICE_KEYS_STAGE = "ExtractSliceKeys"


class Executor(base_beam_executor.BaseBeamExecutor):
    """Runs one evaluation, on a cluster as a Beam pipeline, then judges."""

    def Do(
        self,
        input_dict: dict[str, list[Artifact]],
        output_dict: dict[str, list[Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Evaluates; see `component.Evaluator` for what goes in and out.

        Raises:
            SchemaError: A column they name is not in the schema.
            NodeFailed: The candidate does not load, a label is missing, or the window has no train rows.
        """
        self._log_startup(input_dict, output_dict, exec_properties)
        task = Task.from_json(exec_properties["task"])
        settings = EVALUATIONS[task.kind].model_validate_json(exec_properties["settings"])
        window_uri = artifact_utils.get_single_uri(input_dict["examples"])
        output = artifact_utils.get_single_uri(output_dict["evaluation"])
        window = _read_json(f"{window_uri}/window.json")
        candidate = _candidate_path(input_dict["model"], task)
        compared = compared_with(
            input_dict.get("baseline_model") or [],
            input_dict.get("live_twin") or [],
            task,
            stale=bool(exec_properties["live_stale"]),
        )
        models = {CANDIDATE: candidate, **compared.folders}
        scorer = scoring.ScoreFile(
            models,
            schema_of(artifact_utils.get_single_instance(input_dict["schema"])),
            task,
            exec_properties.get("time_column") or "",
            settings.cuts,
            sum(window[split]["rows"] for split in (scoring.EVAL, scoring.ANCHOR)),
        )
        files = [
            (split, path)
            for split in (scoring.EVAL, scoring.ANCHOR)
            for path in sorted(fileio.glob(f"{window_uri}/Split-{split}/*"))
        ]
        judged = tuple(name for name in models if name != scoring.LIVE)
        group = scoring.GroupBySlice(judged, settings.cuts)
        config = eval_config(settings, task, CHAMPION in models)
        fileio.makedirs(output)
        if exec_properties["engine"] == "beam":
            batches = self._through_beam(files, output, scorer, group, config)
        else:
            scored = (batch for file in files for batch in scorer.process(file))
            batches = in_memory.write_metrics(scored, group, config, output)
        load_model.cache_clear()
        yardstick, their_answers = _yardstick(input_dict.get("yardstick") or [])
        rows = {
            split: _labelled(
                scoring.rows_of(batches, split, task, settings.cuts, window["files"][split]), task
            )
            for split in (scoring.EVAL, scoring.ANCHOR)
        }
        evidence = Evidence(
            task,
            evaluated=dataclasses.replace(
                rows[scoring.EVAL], yardstick=their_answers, parts=parts_of_rows(window)
            ),
            anchors=rows[scoring.ANCHOR],
            candidate=scoring.metrics_by_slice(output, CANDIDATE),
            distribution=_distribution(window),
            champion=compared.champion,
            live=compared.live,
            yardstick=yardstick,
            faults=scoring.faults_of(batches, CANDIDATE),
            code=tuple(json.loads(exec_properties["code"])),
        )
        judgement = _judge(evidence, output, settings, CHAMPION in models)
        _bless(output_dict["blessing"], judgement["blessed"], input_dict)

    def _through_beam(
        self,
        files: list[tuple[str, str]],
        output: str,
        scorer: scoring.ScoreFile,
        group: scoring.GroupBySlice,
        config: tfma.EvalConfig,
    ) -> list[scoring.Batch]:
        """Scores the rows, lets TFMA compute and validate the metrics, and gives the batches."""
        rows = f"{output}/{_ROWS}"
        fileio.makedirs(rows)
        extractor = tfma.extractors.Extractor(stage_name=_SLICE_KEYS_STAGE, ptransform=beam.ParDo(group))
        with self._make_beam_pipeline() as pipeline:
            batches = (
                pipeline
                | "Files" >> beam.Create(files)
                | "SpreadFiles" >> beam.Reshuffle()
                | "Score" >> beam.ParDo(scorer)
            )
            batches | "KeepRows" >> beam.Map(scoring.write_batch, rows)
            (
                batches
                | "EvalRows" >> beam.Filter(lambda batch: batch["split"] == scoring.EVAL)
                # TFMA counts the bytes of its input and warns where it finds none.
                | "AsExtracts" >> beam.Map(lambda batch: {"batch": batch, tfma.INPUT_KEY: b""})
                | "Evaluate"
                >> tfma.ExtractEvaluateAndWriteResults(
                    eval_config=config,
                    extractors=[extractor],
                    writers=_writers(config, output),
                    output_path=output,
                )
            )
        scored = scoring.read_batches(rows)
        fileio.rmtree(rows)
        return scored


def _writers(config: tfma.EvalConfig, output: str) -> list[tfma.writers.Writer]:
    """Returns TFMA's own writers, without those of plots and attributions, of which there are none."""
    kinds = (tfma.METRICS_KEY, tfma.VALIDATIONS_KEY)
    return [
        tfma.writers.EvalConfigWriter(output, eval_config=config),
        tfma.writers.MetricsPlotsAndValidationsWriter(
            {kind: f"{output}/{kind}" for kind in kinds}, eval_config=config
        ),
    ]


def _candidate_path(artifacts: list[Artifact], task: Task) -> str:
    """Returns the candidate's SavedModel folder, once it has been loaded."""
    path = str(path_utils.serving_model_path(artifact_utils.get_single_uri(artifacts)))
    try:
        load_model(path, task)
    except (OtherTask, ModelFault) as error:
        raise NodeFailed(
            f"The candidate must be a SavedModel of a {task.kind} task, with `serving_default` and its"
            f" output `{output_name(task)}`; it cannot be loaded ({str(error) or 'another task'}).",
            "Check the export in the training code.",
        ) from error
    return path


def _read_json(path: str) -> Any:
    with fileio.open(path) as file:
        return json.loads(file.read())


def _yardstick(artifacts: list[Artifact]) -> tuple[dict[str, Any] | None, Any]:
    """Returns what the Yardstick node measured and its model's answers; None each where it has none."""
    if not artifacts:
        return None, None
    folder = artifact_utils.get_single_uri(artifacts)
    content = dict(_read_json(f"{folder}/{YARDSTICK}"))
    if content["why"]:
        return content, None
    with fileio.open(f"{folder}/{YARDSTICK_ANSWERS}", "rb") as file:
        return content, np.load(io.BytesIO(file.read()), allow_pickle=False)


def _judge(evidence: Evidence, output: str, settings: EvaluationSettings, scored: bool) -> dict[str, Any]:
    """Judges from the scored rows and TFMA's metrics, and writes the judgement."""
    judgement = make_judgement(
        evidence, settings, scoring.metrics_by_slice(output, CHAMPION) if scored else None
    )
    write_text(Path(output) / JUDGEMENT, json.dumps(judgement, indent=1, allow_nan=False))
    return judgement


def _labelled(rows: Rows, task: Task) -> Rows:
    """Returns the rows, if each has a label."""
    if np.any(scoring.is_missing(task, rows.labels)):
        wanted = "a number" if task.kind == "regression" else "one of the classes"
        raise NodeFailed(
            f"The label must be {wanted} in every evaluated row; in some it is not.",
            "Require the label's presence in the schema and list all its classes in the use case.",
        )
    return rows


def _distribution(window: Mapping[str, Any]) -> Distribution:
    """Returns what the labels trained on are on the whole."""
    distribution: Distribution | None = window["train"].get("label_distribution")
    if distribution is None:
        raise NodeFailed(
            "The window has no distribution of labels for its split `train`.",
            "Widen the window: the split may have no rows.",
        )
    return distribution


def _bless(artifacts: list[Artifact], blessed: bool, inputs: Mapping[str, list[Artifact]]) -> None:
    """Marks the blessing as TFX's own Evaluator does."""
    blessing = artifact_utils.get_single_instance(artifacts)
    name = constants.BLESSED_FILE_NAME if blessed else constants.NOT_BLESSED_FILE_NAME
    io_utils.write_string_file(f"{blessing.uri}/{name}", "")
    blessing.set_int_custom_property(
        constants.ARTIFACT_PROPERTY_BLESSED_KEY,
        constants.BLESSED_VALUE if blessed else constants.NOT_BLESSED_VALUE,
    )
    keys = (
        (
            "model",
            constants.ARTIFACT_PROPERTY_CURRENT_MODEL_URI_KEY,
            constants.ARTIFACT_PROPERTY_CURRENT_MODEL_ID_KEY,
        ),
        (
            "baseline_model",
            constants.ARTIFACT_PROPERTY_BASELINE_MODEL_URI_KEY,
            constants.ARTIFACT_PROPERTY_BASELINE_MODEL_ID_KEY,
        ),
    )
    for key, uri, identity in keys:
        for artifact in inputs.get(key) or []:
            blessing.set_string_custom_property(uri, artifact.uri)
            blessing.set_int_custom_property(identity, artifact.id)
