"""Judgements of other tasks than flights': the Evaluator's own, of real models on scikit-learn's tables."""

from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn import datasets, linear_model, metrics

from components.evaluator.evidence import Evidence, Rows
from components.evaluator.judgement import make_judgement
from components.evaluator.settings import EVALUATIONS, OVERALL
from components.yardstick.fit import YardstickResult
from perennial.task import Task
from pipeline.report.model import page_of_summary
from tests.pipeline.report.pages import USE_CASE, summary


def wine() -> dict[str, Any]:
    """Three kinds of wine, by a logistic regression."""
    inputs, labels = datasets.load_wine(return_X_y=True)
    inputs = (inputs - inputs.mean(0)) / inputs.std(0)
    fitted = linear_model.LogisticRegression().fit(inputs[::2], labels[::2])
    answers, labels = fitted.predict_proba(inputs[1::2]), labels[1::2]
    chosen = answers.argmax(1)
    figures = {
        "log_loss": metrics.log_loss(labels, answers),
        "accuracy": metrics.accuracy_score(labels, chosen),
        "auc": metrics.roc_auc_score(labels, answers, multi_class="ovr"),
        "f1_macro": metrics.f1_score(labels, chosen, average="macro"),
    }
    boosting = "HistGradientBoostingClassifier", "default gradient boosting"
    yardstick = YardstickResult(
        *boosting, metrics={"log_loss": 0.2}, train_rows=100, rows=78, columns=13
    ).to_json(0.4)
    task = Task("multiclass", "good", (0, 1, 2))
    rows = Rows(labels.astype(np.int8), answers)
    return _judgement(task, rows, {OVERALL: figures}, [0.33, 0.4, 0.27], yardstick, "auc")


def diabetes() -> dict[str, Any]:
    """How a disease went on after a year, a number, by a linear model; by sex."""
    inputs, labels = datasets.load_diabetes(return_X_y=True)
    fitted = linear_model.LinearRegression().fit(inputs[::2], labels[::2])
    answers, labels, sex = fitted.predict(inputs[1::2]), labels[1::2], np.sign(inputs[1::2, 1])
    slices = np.where(sex > 0, "one", "other")
    cuts = {
        OVERALL: np.ones(len(labels), bool),
        **{("sex", each): slices == each for each in ("one", "other")},
    }
    figures = {key: _regression(labels[keep], answers[keep]) for key, keep in cuts.items()}
    yardstick = YardstickResult(
        "Ridge", "ridge regression", metrics={"rmse": 61.5}, train_rows=100, rows=78, columns=13
    ).to_json(0.4)
    rows = Rows(labels, answers, slices={"sex": slices})
    return _judgement(Task("regression", "good"), rows, figures, float(labels.mean()), yardstick, "r2")


def _regression(labels: npt.NDArray[Any], answers: npt.NDArray[Any]) -> dict[str, float]:
    return {
        "rmse": float(np.sqrt(metrics.mean_squared_error(labels, answers))),
        "mae": float(metrics.mean_absolute_error(labels, answers)),
        "r2": float(metrics.r2_score(labels, answers)),
        "bias": float((answers - labels).mean()),
    }


def _judgement(
    task: Task, rows: Rows, figures: dict[Any, Any], distribution: Any, yardstick: dict[str, Any], floor: str
) -> dict[str, Any]:
    counted = {key: {**each, "example_count": len(rows.labels)} for key, each in figures.items()}
    evidence = Evidence(task, rows, rows, counted, distribution, yardstick=yardstick)
    settings = EVALUATIONS[task.kind].model_validate(
        {"bounds": {floor: {"min": 0.1}}, "slices": list(rows.slices)}
    )
    return make_judgement(evidence, settings)


def page_of_judgement(judgement: dict[str, Any], classes: list[Any] | None = None) -> dict[str, Any]:
    """The page of a run that came to this judgement, as the runner tells of it."""
    keys = ("task", "baseline", "yardstick", "comparison", "champion", "evaluated_on", "reasons")
    run_summary = summary(
        candidate={"version": 3, **judgement["candidate"]}, **{key: judgement[key] for key in keys}
    )
    use_case = {**USE_CASE, "task": judgement["task"]["task"], "classes": classes or []}
    return {**page_of_summary(run_summary, use_case), "judgement": judgement}
