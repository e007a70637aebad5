"""TFMA's results with our metrics equal scikit-learn's, however the rows come in bundles."""

from typing import Any

import apache_beam as beam
import numpy as np
import pytest
import tensorflow_model_analysis as tfma
from apache_beam.runners.portability.fn_api_runner import FnApiRunner
from sklearn import metrics as sk

from components.evaluator import metrics, scoring
from components.evaluator.eval_config import eval_config
from components.evaluator.settings import METRICS, OVERALL, BinaryEvaluation
from perennial.task import Task

TASK = Task("binary", "late")

SETTINGS = BinaryEvaluation.model_validate(
    {"threshold": 0.4, "bounds": {"auc": {"min": 0.6}}, "slices": ["carrier", "origin"]}
)
MODELS = ("candidate", "champion")


def make_batch(rows: int) -> dict[str, Any]:
    """Returns a scored batch."""
    random = np.random.default_rng(4)
    truth = random.random(rows).astype(np.float32)
    return {
        "labels": (random.random(rows) < truth).astype(np.int8),
        "candidate": truth,
        "champion": np.clip(truth + random.normal(0, 0.2, rows), 0.01, 0.99).astype(np.float32),
        "slice:carrier": np.array(["AA", "DL", "UA", "WN"])[random.integers(0, 4, rows)],
        "slice:origin": np.array(["EWR", "JFK"])[random.integers(0, 2, rows)],
    }


def run_tfma(batches: list[dict[str, Any]], output: str) -> None:
    """Evaluates the batches as the executor does."""
    group = tfma.extractors.Extractor(
        "ExtractSliceKeys", beam.ParDo(scoring.GroupBySlice(MODELS, SETTINGS.cuts))
    )
    with beam.Pipeline(runner=FnApiRunner()) as pipeline:
        inputs = [{"batch": batch, tfma.INPUT_KEY: b""} for batch in batches]
        (
            pipeline
            | beam.Create(inputs)
            | beam.Reshuffle()
            | tfma.ExtractEvaluateAndWriteResults(
                eval_config=eval_config(SETTINGS, TASK, has_champion=True),
                extractors=[group],
                output_path=output,
            )
        )


def sklearn_metrics(labels: Any, answers: Any) -> list[float]:
    """Returns the metrics in the order of the binary `METRICS`."""
    answers = answers.astype(np.float64)
    return [
        sk.log_loss(labels, answers),
        sk.roc_auc_score(labels, answers),
        sk.average_precision_score(labels, answers),
        sk.precision_score(labels, answers >= 0.4),
        sk.recall_score(labels, answers >= 0.4),
        answers.sum() / labels.sum(),
        len(labels),
    ]


@pytest.fixture(scope="module")
def evaluated(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], str]:
    """Returns a batch of 3,000 rows, and where TFMA evaluated it in seven parts."""
    batch, output = make_batch(3000), str(tmp_path_factory.mktemp("evaluation"))
    batch["slice:origin"][np.flatnonzero(batch["labels"])[:50]] = "LGA"
    run_tfma([{name: values[part::7] for name, values in batch.items()} for part in range(7)], output)
    return batch, output


def test_the_order_in_which_bundles_merge_does_not_change_a_bit() -> None:
    batch = make_batch(3000)
    parts = [
        {tfma.LABELS_KEY: batch["labels"][part::7], tfma.PREDICTIONS_KEY: batch["candidate"][part::7]}
        for part in range(7)
    ]
    losses = set()
    for order in (parts, parts[::-1]):
        computation, derived = metrics.BinaryLogLoss().computations()
        chunks = [
            computation.combiner.add_input(computation.combiner.create_accumulator(), part) for part in order
        ]
        rows = computation.combiner.extract_output(computation.combiner.merge_accumulators(chunks))
        losses |= set(derived.result(rows).values())
    assert len(losses) == 1


@pytest.mark.parametrize("model", MODELS)
def test_metrics_of_every_slice_equal_scikit_learns(evaluated: tuple[Any, str], model: str) -> None:
    batch, output = evaluated
    metrics = scoring.metrics_by_slice(output, model)
    assert len(metrics) == 1 + 4 + 3
    for (name, value), values in metrics.items():
        if value == "LGA":
            continue
        rows = slice(None) if (name, value) == OVERALL else batch[f"slice:{name}"] == value
        expected = sklearn_metrics(batch["labels"][rows], batch[model][rows])
        np.testing.assert_allclose([values[each] for each in METRICS["binary"]], expected, atol=1e-7)


def test_a_slice_of_one_class_has_a_loss_but_no_auc(evaluated: tuple[Any, str]) -> None:
    metrics = scoring.metrics_by_slice(evaluated[1], "candidate")["origin", "LGA"]
    assert np.isnan(metrics["auc"])
    assert metrics["log_loss"] > 0
    assert metrics["example_count"] == 50


def test_tfma_also_writes_the_differences(evaluated: tuple[Any, str]) -> None:
    differences = {
        each.key.name: each.value.double_value.value
        for record in tfma.load_metrics(evaluated[1])
        for each in record.metric_keys_and_values
        if each.key.is_diff and not record.slice_key.single_slice_keys
    }
    models = [scoring.metrics_by_slice(evaluated[1], model)[OVERALL] for model in MODELS]
    assert differences["log_loss"] == pytest.approx(models[0]["log_loss"] - models[1]["log_loss"])
