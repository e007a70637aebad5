"""The Evaluator on real tables of each task: its figures are scikit-learn's, and it says what they mean."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow_model_analysis as tfma
from sklearn import metrics as sk

from components.evaluator.settings import METRICS
from perennial.task import Task
from tests.components.evaluator import tables
from tests.components.evaluator.small_windows import execute

Run = Callable[..., Any]


@pytest.fixture(scope="module")
def tables_by_kind(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tables.ScoredTable]:
    """Each task's table, scored."""
    return {kind: tables.scored(tmp_path_factory.mktemp(kind), kind) for kind in tables.KINDS}


@pytest.fixture(scope="module")
def run(tables_by_kind: dict[str, tables.ScoredTable], tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Runs the executor on a table, once for the same inputs."""
    done: dict[str, Any] = {}

    def judged(kind: str, engine: str = "in_memory", inputs: Any = None, **settings: Any) -> Any:
        table = tables_by_kind[kind]
        properties = {
            "task": table.task.to_json(),
            "time_column": "",
            "settings": json.dumps({"bounds": tables.BOUNDS[kind], "slices": ["half"]} | settings),
            "engine": engine,
            "code": '["transforms/tiny.py", "models/tiny.py"]',
            "live_stale": 0,
            "source": "",
        }
        given = table.inputs | (inputs or {})
        key = json.dumps([properties, {name: each[0].uri for name, each in given.items()}])
        if key not in done:
            done[key] = execute(tmp_path_factory.mktemp("evaluated"), given, properties)
        return done[key]

    return judged


def by_scikit_learn(table: tables.ScoredTable) -> dict[str, float]:
    """The task's metrics as scikit-learn computes them."""
    labels, answers = table.labels, np.asarray(table.answers, np.float64)
    if table.task.kind == "regression":
        return {
            "rmse": sk.root_mean_squared_error(labels, answers),
            "mae": sk.mean_absolute_error(labels, answers),
            "r2": sk.r2_score(labels, answers),
            "bias": float(np.mean(answers) - np.mean(labels)),
            "example_count": len(labels),
        }
    if table.task.kind == "multiclass":
        answers /= answers.sum(axis=1, keepdims=True)
        chosen = answers.argmax(axis=1)
        return {
            "log_loss": sk.log_loss(labels, answers),
            "accuracy": sk.accuracy_score(labels, chosen),
            "auc": sk.roc_auc_score(labels, answers, multi_class="ovr", average="macro"),
            "f1_macro": sk.f1_score(labels, chosen, average="macro"),
            "example_count": len(labels),
        }
    return {
        "log_loss": sk.log_loss(labels, answers),
        "auc": sk.roc_auc_score(labels, answers),
        "auc_pr": sk.average_precision_score(labels, answers),
        "precision": sk.precision_score(labels, answers >= 0.5),
        "recall": sk.recall_score(labels, answers >= 0.5),
        "calibration": answers.sum() / labels.sum(),
        "example_count": len(labels),
    }


@pytest.mark.parametrize("kind", tables.KINDS)
def test_the_metrics_of_every_task_are_scikit_learns_and_tfma_opens_them(
    kind: str, run: Run, tables_by_kind: dict[str, tables.ScoredTable]
) -> None:
    result = run(kind)
    metrics = result.judgement["candidate"]["metrics"]
    expected = by_scikit_learn(tables_by_kind[kind])
    assert list(metrics) == list(METRICS[kind])  # type: ignore[index]
    assert metrics == pytest.approx(expected, rel=1e-5)
    opened = tfma.load_eval_result(str(result.folder / "evaluation"))
    by_slice = {key: values[""][""] for key, values in opened.slicing_metrics}
    assert {name: each["doubleValue"] for name, each in by_slice[()].items()} == metrics
    halves = [by_slice[(("half", half),)]["example_count"]["doubleValue"] for half in "ab"]
    assert halves == [30, 30]


@pytest.mark.parametrize("kind", tables.KINDS)
def test_a_good_model_of_every_task_is_blessed_with_its_loss_beside_that_of_a_constant(
    kind: str, run: Run, tables_by_kind: dict[str, tables.ScoredTable]
) -> None:
    result, table = run(kind), tables_by_kind[kind]
    assert result.judgement["blessed"]
    assert result.judgement["task"] == json.loads(table.task.to_json())
    baseline = result.judgement["baseline"]
    name = "rmse" if kind == "regression" else "log_loss"
    always = {
        "binary": lambda: sk.log_loss(table.labels, np.full(60, table.distribution[1])),
        "multiclass": lambda: sk.log_loss(table.labels, np.tile(table.distribution, (60, 1))),
        "regression": lambda: sk.root_mean_squared_error(table.labels, np.full(60, table.distribution)),
    }[kind]()
    assert baseline["distribution"] == table.distribution
    assert baseline[name] == pytest.approx(always)
    ours = result.judgement["candidate"]["metrics"][name]
    assert baseline["relative"] == pytest.approx(ours / always - 1)
    low, high = result.judgement["candidate"]["intervals"][name]
    assert low < ours < high
    sentence = result.reason("baseline")["sentence"]
    what = {
        "binary": "the training rate of benign 0.",
        "multiclass": "class frequencies).",
        "regression": "mean 15",
    }
    assert f"% below the baseline {always:.4g}"[:22] in sentence
    assert what[kind] in sentence


@pytest.mark.parametrize("kind", ["multiclass", "regression"])
def test_both_engines_judge_alike(kind: str, run: Run) -> None:
    assert run(kind).judgement == run(kind, engine="beam").judgement


def test_a_bound_in_the_labels_unit_is_shown_in_it(run: Run) -> None:
    result = run("regression", bounds={"r2": {"min": 0.1}, "mae": {"max": 30}})
    assert not result.judgement["blessed"]
    sentence = result.reason("bounds")["sentence"]
    mae = result.judgement["candidate"]["metrics"]["mae"]
    assert sentence == f"Outside its bound: mae {mae:.4g} (must be at most 30)."


def test_labels_that_were_shuffled_are_not_blessed(run: Run, tmp_path: Path) -> None:
    task, numbers, _ = tables.table_of("multiclass")
    wrong = tables.save(
        tmp_path, task, np.random.default_rng(1).normal(size=(numbers.shape[1], 3)), np.zeros(3)
    )
    result = run("multiclass", inputs={"model": [wrong]})
    assert not result.judgement["blessed"]
    assert "% above the baseline 1.0" in result.reason("baseline")["sentence"]
    assert not tfma.load_validation_result(str(result.folder / "evaluation")).validation_ok


@pytest.mark.parametrize("kind", tables.KINDS)
def test_a_worse_champion_is_beaten_in_every_task(
    kind: str, run: Run, tables_by_kind: dict[str, tables.ScoredTable], tmp_path: Path
) -> None:
    table = tables_by_kind[kind]
    width = tables.table_of(kind)[1].shape[1]
    flat = np.zeros((width, table.task.outputs))
    middle = table.distribution if kind == "regression" else 0.0
    champion = tables.save(tmp_path, table.task, flat, np.full(table.task.outputs, middle))
    result = run(kind, inputs={"baseline_model": [champion]})
    comparison, candidate = result.judgement["comparison"], result.judgement["candidate"]["metrics"]
    name = "rmse" if kind == "regression" else "log_loss"
    theirs = result.judgement["champion"]["metrics"][name]
    assert comparison["outcome"] == "better"
    assert comparison["difference"] == pytest.approx(candidate[name] - theirs, rel=1e-5)
    assert comparison["interval"][1] < 0
    title = "RMSE" if kind == "regression" else "log loss"
    assert result.reason("champion")["sentence"].startswith(
        f"Better: {title} differs from the champion's by -"
    )
    assert "none configured" not in result.reason("slices")["sentence"]
    assert result.reason("anchors")["state"] == "passed"
    assert "the champion's" in result.reason("anchors")["sentence"]


@pytest.mark.parametrize(
    "other",
    [
        Task("multiclass", "y", ("class_1", "class_0", "class_2")),
        Task("multiclass", "y", ("class_0", "class_1", "class_2", "class_3")),
        Task("multiclass", "another", ("class_0", "class_1", "class_2")),
        Task("regression", "y"),
    ],
)
def test_a_champion_that_answers_something_else_counts_as_absent_and_that_is_reported(
    other: Task, run: Run, tmp_path: Path
) -> None:
    width = tables.table_of("multiclass")[1].shape[1]
    champion = tables.save(tmp_path, other, np.zeros((width, other.outputs)), np.zeros(other.outputs))
    result = run("multiclass", inputs={"baseline_model": [champion]})
    assert result.judgement["blessed"]
    assert result.judgement["champion"] is None
    assert result.judgement["comparison"]["outcome"] == "no_champion"
    assert (
        "absent: it has another task, another label or other classes"
        in (result.reason("champion")["sentence"])
    )


@pytest.mark.parametrize("engine", ["in_memory", "beam"])
def test_scikit_learns_answers_are_paired_with_the_candidates(
    engine: str, run: Run, tmp_path: Path, tables_by_kind: dict[str, tables.ScoredTable]
) -> None:
    table = tables_by_kind["multiclass"]
    ours = sk.log_loss(table.labels, table.answers)
    answers = 0.9 * table.answers + 0.1 / 3
    theirs = sk.log_loss(table.labels, answers)
    content = {"name": "logistic regression", "metrics": {"log_loss": theirs}, "rows": 60}
    content |= {"train_rows": 118, "why": ""}
    in_files = [*range(0, 60, 2), *range(1, 60, 2)]  # as `write_split` spreads the rows over two
    artifact = tables.yardstick(tmp_path / "y", answers[in_files].astype(np.float32), **content)
    result = run("multiclass", engine=engine, inputs={"yardstick": [artifact]})
    yardstick = result.judgement["yardstick"]
    assert result.judgement["blessed"]
    assert {name: yardstick[name] for name in content} == content
    assert yardstick["beats_baseline"] is True
    assert yardstick["relative"] == pytest.approx(ours / theirs - 1, rel=1e-4)
    assert yardstick["difference"] == pytest.approx(ours - theirs, rel=1e-4)
    low, high = yardstick["interval"]
    assert low < ours - theirs < high
    reason = result.reason("yardstick")
    assert (reason["passed"], reason["state"]) == (None, "noted")
    assert "% below that of scikit-learn's logistic regression (" in reason["sentence"]
    assert f"on the same 60 rows: {ours - theirs:+.4f} (95% interval " in reason["sentence"]


def test_why_there_is_no_yardstick_is_reported(run: Run, tmp_path: Path) -> None:
    content = {"metrics": {}, "rows": 0, "train_rows": 0, "why": "The training rows have only one class."}
    result = run("regression", inputs={"yardstick": [tables.yardstick(tmp_path / "y", **content)]})
    reason = result.reason("yardstick")
    assert reason["state"] == "not_checked"
    assert reason["sentence"].endswith("with scikit-learn: The training rows have only one class.")
    assert result.judgement["yardstick"]["relative"] is None


@pytest.mark.parametrize("kind", tables.KINDS)
def test_thirty_rows_end_in_a_verdict_with_what_was_not_checked(kind: str, run: Run, tmp_path: Path) -> None:
    few = tables.scored(tmp_path, kind, judged=30)
    (Path(few.inputs["examples"][0].uri) / "Split-anchor" / "data_tfrecord-00000-of-00001.gz").unlink()
    result = run(kind, inputs=few.inputs)
    assert result.judgement["blessed"]
    assert result.reason("anchors")["sentence"] == "Anchors were not checked: there are no anchor rows."
    assert result.reason("slices")["sentence"] == "Slices were not checked: no slice has 200 rows."
    assert all(result.judgement["candidate"]["intervals"].values())
