"""Puts a candidate's checks, metrics and intervals together as what `judgement.json` holds."""

import dataclasses
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from components.evaluator import intervals, judge, scores
from components.evaluator.judge import Champion, Evidence, Metrics, Rows
from components.evaluator.settings import METRICS, OVERALL, EvaluationSettings

FORMAT = 1


def without_useless_champion(evidence: Evidence) -> Evidence:
    """Returns the evidence without a champion that did not answer a probability on every row, saying so."""
    answers = [rows.champion for rows in (evidence.evaluated, evidence.anchors) if rows.champion is not None]
    if all(judge.scores_are_probabilities(each) for each in answers):
        return evidence
    every = np.concatenate(answers)
    wrong = int(np.count_nonzero(~((every >= 0) & (every <= 1))))
    problem = f"it answered no probability on {wrong:,} of {len(every):,} rows"
    return dataclasses.replace(
        evidence,
        evaluated=dataclasses.replace(evidence.evaluated, champion=None),
        anchors=dataclasses.replace(evidence.anchors, champion=None),
        champion=dataclasses.replace(evidence.champion or Champion(), problem=problem),
    )


def make_judgement(
    evidence: Evidence, settings: EvaluationSettings, champion_metrics: Metrics | None = None
) -> dict[str, Any]:
    """Judges a candidate.

    Args:
        evidence: What was scored, and TFMA's metrics of the candidate.
        settings: How to judge.
        champion_metrics: TFMA's metrics of the champion on the same rows, by slice; None without a champion.

    Returns:
        What `judgement.json` holds, None for a number that does not exist. `blessed`: no check failed.
    """
    evidence = without_useless_champion(evidence)
    comparison = judge.Comparison("not_checked")
    first = judge.check_scores(evidence)
    reasons = [first]
    if first.passed:
        comparison = judge.compare(evidence, settings)
        reasons += [
            judge.check_baseline_rate(evidence),
            judge.check_bounds(evidence, settings),
            judge.check_anchors(evidence, settings),
            judge.check_champion(evidence, settings, comparison),
            judge.check_slices(evidence, settings),
        ]
    rows = evidence.evaluated
    if rows.champion is None:
        champion_metrics = None
    judgement = {
        "format": FORMAT,
        "blessed": all(reason.passed is not False for reason in reasons),
        "reasons": [dataclasses.asdict(reason) for reason in reasons],
        "comparison": dataclasses.asdict(comparison),
        "candidate": _model(rows, rows.candidate, evidence.candidate, settings),
        "champion": _champion(evidence, champion_metrics, settings),
        "champion_problem": "" if evidence.champion is None else evidence.champion.problem,
        "baseline_rate": {
            "rate": evidence.training_rate,
            "log_loss": judge.rate_log_loss(rows, evidence.training_rate),
        },
        "anchors": _anchors(evidence.anchors),
        "slices": _slices(evidence.candidate, champion_metrics),
        "evaluated_on": _evaluated_on(rows),
    }
    return _plain(judgement)


def _model(
    rows: Rows, answers: npt.NDArray[np.floating[Any]], metrics: Metrics, settings: EvaluationSettings
) -> dict[str, Any]:
    """Returns a model's metrics on all rows together, and day-wise intervals of two of them."""
    return {
        "metrics": _named(metrics.get(OVERALL, {}), METRICS),
        "intervals": {
            "log_loss": _log_loss_interval(rows, answers, settings),
            "auc": _auc_interval(rows, answers, settings),
        },
    }


def _named(metrics: Mapping[str, float], names: tuple[str, ...]) -> dict[str, float]:
    """Returns the metrics of these names; a count is a whole number."""
    values: dict[str, float] = {name: metrics.get(name, math.nan) for name in names}
    if "example_count" in names:
        values["example_count"] = int(metrics.get("example_count", 0))
    return values


def _enough_days(rows: Rows, settings: EvaluationSettings) -> bool:
    """Says whether there are days (or rows, where there are no days) to resample."""
    return bool(len(rows.labels)) and (rows.days is None or len(rows.known_days()) >= settings.min_days)


def _log_loss_interval(
    rows: Rows, answers: npt.NDArray[np.floating[Any]], settings: EvaluationSettings
) -> list[float] | None:
    if not _enough_days(rows, settings):
        return None
    return intervals.mean_interval(
        scores.row_losses(rows.labels, answers), rows.groups(), settings.confidence
    ).ends()


def _auc_interval(
    rows: Rows, answers: npt.NDArray[np.floating[Any]], settings: EvaluationSettings
) -> list[float] | None:
    """Returns the interval of the AUC, cut to where an AUC can be."""
    if not _enough_days(rows, settings):
        return None
    ends = intervals.jackknife(
        lambda keep: scores.auc(rows.labels[keep], answers[keep]), rows.groups(), settings.confidence
    ).ends()
    return ends and [max(ends[0], 0.0), min(ends[1], 1.0)]


def _champion(
    evidence: Evidence, metrics: Metrics | None, settings: EvaluationSettings
) -> dict[str, Any] | None:
    rows = evidence.evaluated
    if evidence.champion is None or rows.champion is None or metrics is None:
        return None
    return {**_model(rows, rows.champion, metrics, settings), "version": evidence.champion.version}


def _anchors(rows: Rows) -> dict[str, Any]:
    return {
        "rows": len(rows.labels),
        "candidate_log_loss": scores.log_loss(rows.labels, rows.candidate),
        "champion_log_loss": None if rows.champion is None else scores.log_loss(rows.labels, rows.champion),
    }


def _slices(candidate: Metrics, champion: Metrics | None) -> list[dict[str, Any]]:
    """Returns every slice but that of all rows, in order of name and value."""
    return [
        {
            "slice": key[0],
            "value": key[1],
            "rows": int(candidate[key]["example_count"]),
            "candidate": _named(candidate[key], ("log_loss", "auc")),
            "champion": None if champion is None else _named(champion.get(key, {}), ("log_loss", "auc")),
        }
        for key in sorted(candidate)
        if key != OVERALL
    ]


def _evaluated_on(rows: Rows) -> dict[str, Any]:
    days = rows.known_days()
    return {
        "first_day": days[0] if days else None,
        "last_day": days[-1] if days else None,
        "days": len(days) if days else None,
        "rows": len(rows.labels),
    }


def _plain(value: Any) -> Any:
    """Returns the value as JSON knows it: no NaN, no infinity, no numpy."""
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, float | np.floating):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, np.integer):
        return int(value)
    return value
