"""A backtest as plain values: `backtest.json`, and what `--json` prints."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from pipeline.backtest.comparison import LossDifference, PolicyComparison, PolicyFigures
from pipeline.backtest.dry_run import DryRun
from pipeline.backtest.order import BacktestOrder, BacktestResult
from pipeline.backtest.policies import Training
from pipeline.backtest.results import TrainingResult
from pipeline.backtest.sentences import recommendation

FORMAT: Final = 1


def content_of(use_case: str, result: BacktestResult, folder: Path) -> dict[str, Any]:
    """The content of `backtest.json`.

    Args:
        use_case: Its name.
        result: The backtest.
        folder: Where its files are.
    """
    comparison, spans = result.comparison, result.plan.judged
    return {
        "format": FORMAT,
        "use_case": use_case,
        **_range(result.order),
        "metric": comparison.measures.loss_metric,
        "confidence": comparison.confidence,
        "rows": comparison.rows,
        "days": comparison.groups if comparison.unit == "day" else None,
        "recommendation": {
            "sentence": recommendation(comparison),
            "policy": comparison.recommended.planned.policy.as_json() if comparison.recommended else None,
            "best": comparison.best.planned.policy.as_json(),
        },
        "policies": [_policy(each) for each in comparison.policies],
        "spans": [_span(comparison, span) for span in spans],
        "trainings": [_training(each, result.results[each]) for each in result.plan.trainings],
        "left_out": dict(result.left_out),
        "report": str(folder / "report.html"),
        "picture": str(folder / "loss.svg"),
    }


def dry_run_content(use_case: str, planned: DryRun) -> dict[str, Any]:
    """What a backtest would do, as plain values; what is not known is null."""
    estimate = planned.estimate
    return {
        "use_case": use_case,
        **_range(planned.order),
        "dry_run": True,
        "policies": [each.policy.as_json() for each in planned.plan.policies],
        "judged": list(planned.plan.judged),
        "trainings": [
            {**_training_named(each), "there": each in planned.there} for each in planned.plan.trainings
        ],
        "unread": list(planned.unread),
        "left_out": dict(planned.left_out),
        "results_of_other_code": planned.others,
        "estimate": {
            "seconds": estimate.seconds,
            "seconds_a_training": estimate.training_seconds,
            "seconds_a_span": estimate.span_seconds,
            "bytes_of_spans": estimate.span_bytes,
            "bytes_of_a_training": estimate.training_bytes,
        },
    }


def _range(order: BacktestOrder) -> dict[str, str]:
    return {"from": order.first, "to": order.last}


def _policy(figures: PolicyFigures) -> dict[str, Any]:
    return {
        **figures.planned.policy.as_json(),
        "same_as": [policy.as_json() for policy in figures.planned.same_as],
        "loss": figures.loss,
        "interval": figures.interval,
        "to_best": _difference(figures.to_best),
        "to_recommended": _difference(figures.to_recommended),
        "to_never": _difference(figures.to_never),
        "spans_better_than_never": figures.beats_never,
        "trainings": len(figures.planned.trainings),
        "cpu_seconds": round(figures.cpu_seconds, 2),
    }


def _difference(difference: LossDifference | None) -> dict[str, Any] | None:
    if difference is None:
        return None
    return {"difference": difference.estimate, "interval": difference.interval}


def _span(comparison: PolicyComparison, span: str) -> dict[str, Any]:
    by_policy = [figures.by_span[span] for figures in comparison.policies]
    return {
        "span": span,
        "rows": by_policy[0].rows,
        "losses": [each.loss for each in by_policy],
        "intervals": [each.interval for each in by_policy],
    }


def _training_named(training: Training) -> dict[str, Any]:
    return {
        "as_of": training.as_of,
        "window": len(training.spans),
        "first": training.spans[0],
        "refit": training.refit,
        "start": "warm" if training.continues else "cold",
    }


def _training(training: Training, result: TrainingResult) -> Mapping[str, Any]:
    return {
        **_training_named(training),
        "rows": result.rows,
        "epochs": result.epochs,
        "cpu_seconds": result.cpu_seconds,
        "seconds": result.seconds,
        "judged": list(result.judged),
        "agrees": result.agrees,
        "why_cold": result.why_cold,
    }
