"""Puts a candidate's checks, metrics and intervals together as what `judgement.json` holds."""

import dataclasses
import json
import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from components.evaluator import intervals, judge, live, sanity, worth
from components.evaluator.comparison import Comparison, compare
from components.evaluator.evidence import Evidence, LiveModel, Metrics, Rows
from components.evaluator.measures import Measures, relative
from components.evaluator.one_class import check_one_class
from components.evaluator.settings import FLOOR, METRICS, OVERALL, EvaluationSettings
from components.evaluator.slice_check import check_slices
from components.evaluator.too_good import note_too_good

FORMAT = 1


def without_useless_champion(evidence: Evidence) -> Evidence:
    """Returns the evidence without a champion that did not answer on every row, saying so."""
    measures = evidence.measures
    answers = [rows.champion for rows in (evidence.evaluated, evidence.anchors) if rows.champion is not None]
    every = np.concatenate([measures.answered(each) for each in answers]) if answers else np.ones(0, bool)
    if every.all():
        return evidence
    wrong = int(np.count_nonzero(~every))
    which = "its twin" if evidence.champion and evidence.champion.twin else "it"
    problem = f"{which} gives no {measures.answer_name} for {wrong:,} of {len(every):,} rows"
    return dataclasses.replace(
        evidence,
        evaluated=dataclasses.replace(evidence.evaluated, champion=None),
        anchors=dataclasses.replace(evidence.anchors, champion=None),
        champion=dataclasses.replace(evidence.champion or LiveModel(), problem=problem),
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
    of_live = without_useless_champion(evidence.of_live())
    # A live version that does not answer is absent, whatever its twin answers.
    absent = of_live.champion is not None and bool(of_live.champion.problem)
    evidence = of_live if absent else without_useless_champion(evidence)
    rows, measures = evidence.evaluated, evidence.measures
    if rows.champion is None:
        champion_metrics = None
    scores = judge.check_scores(evidence)
    answered = bool(scores.passed)
    comparison = compare(evidence, settings) if answered else Comparison("not_checked")
    reasons = [scores]
    if answered:
        reasons += _checks(evidence, of_live, settings, comparison, champion_metrics)
    judgement = {
        "format": FORMAT,
        "task": json.loads(evidence.task.to_json()),
        "blessed": all(reason.passed is not False for reason in reasons),
        "reasons": [dataclasses.asdict(reason) for reason in reasons],
        "comparison": dataclasses.asdict(comparison),
        "candidate": _model(measures, rows, rows.candidate, evidence.candidate, settings),
        "champion": _champion(evidence, champion_metrics, settings),
        "champion_problem": "" if evidence.champion is None else evidence.champion.problem,
        "baseline": _baseline(evidence, settings, answered=answered),
        "yardstick": _yardstick(evidence, settings, answered=answered),
        "failing_spans": live.failing_spans(of_live, settings) if answered else [],
        "anchors": _anchors(measures, evidence.anchors),
        "slices": _slices(measures, evidence.candidate, champion_metrics),
        "evaluated_on": _evaluated_on(rows),
    }
    return _plain(judgement)


def _checks(
    evidence: Evidence,
    of_live: Evidence,
    settings: EvaluationSettings,
    comparison: Comparison,
    champion_metrics: Metrics | None,
) -> list[judge.Reason]:
    """Returns the outcome of each check of a candidate that answers every row, in the order of reading.

    Whether the live version fails on fresh rows is about that version itself, never about its twin.
    """
    one_class = check_one_class(evidence)
    every = [
        worth.check_baseline(evidence, settings),
        worth.note_yardstick(evidence, settings),
        None if one_class else note_too_good(evidence, champion_metrics),
        # With one class a bound has no value for a cause that is named once.
        one_class or judge.check_bounds(evidence, settings),
        judge.check_anchors(evidence, settings),
        judge.check_champion(evidence, settings, comparison),
        check_slices(evidence, settings),
        sanity.check_calibration(evidence, settings),
        sanity.check_classes(evidence, settings),
        live.check_live(of_live, settings),
    ]
    return [reason for reason in every if reason is not None]


def _model(
    measures: Measures,
    rows: Rows,
    answers: npt.NDArray[np.floating[Any]],
    metrics: Metrics,
    settings: EvaluationSettings,
) -> dict[str, Any]:
    """Returns a model's metrics on all rows together, and day-wise intervals of two of them."""
    ends: dict[str, list[float] | None] = dict.fromkeys((measures.loss_metric, *measures.metrics))
    if rows.enough_groups(settings.min_days):
        losses = measures.row_losses(rows.labels, answers)
        made = measures.loss_interval(losses, rows.groups(), settings.champion.confidence)
        ends[measures.loss_metric] = _cut(made.ends(), least=0.0)
        for name, statistic in measures.metrics.items():
            # R² alone can be below 0.
            least = -math.inf if measures.kind == "regression" else 0.0
            ends[name] = _cut(_interval(statistic, rows, answers, settings), least, most=1.0)
    return {"metrics": _named(metrics.get(OVERALL, {}), METRICS[measures.kind]), "intervals": ends}


def _interval(
    statistic: Callable[..., float],
    rows: Rows,
    answers: npt.NDArray[np.floating[Any]],
    settings: EvaluationSettings,
) -> list[float] | None:
    return intervals.jackknife(
        lambda keep: statistic(rows.labels[keep], answers[keep]), rows.groups(), settings.champion.confidence
    ).ends()


def _cut(ends: list[float] | None, least: float, most: float = math.inf) -> list[float] | None:
    """Cuts an interval to where its metric can be."""
    return ends and [max(ends[0], least), min(ends[1], most)]


def _named(metrics: Mapping[str, float], names: tuple[str, ...]) -> dict[str, float]:
    """Returns the metrics of these names; a count is an integer."""
    values: dict[str, float] = {name: metrics.get(name, math.nan) for name in names}
    if "example_count" in names:
        values["example_count"] = int(metrics.get("example_count", 0))
    return values


def _champion(
    evidence: Evidence, metrics: Metrics | None, settings: EvaluationSettings
) -> dict[str, Any] | None:
    rows = evidence.evaluated
    if evidence.champion is None or rows.champion is None or metrics is None:
        return None
    summary = _model(evidence.measures, rows, rows.champion, metrics, settings)
    return {**summary, "version": evidence.champion.version, "twin": evidence.champion.twin}


def _baseline(evidence: Evidence, settings: EvaluationSettings, *, answered: bool) -> dict[str, Any]:
    """Returns what always answering the training rows' labels comes to, and the judged rows' own."""
    name = evidence.measures.loss_metric
    loss = evidence.baseline_loss(evidence.evaluated)
    ours = evidence.candidate.get(OVERALL, {}).get(name, math.nan)
    made = worth.from_baseline(evidence, settings) if answered else worth.Difference(math.nan, None)
    return {
        "distribution": evidence.distribution,
        name: loss,
        "relative": relative(ours, loss),
        **dataclasses.asdict(made),
        "own_rate": dataclasses.asdict(worth.from_own_rate(evidence, settings)) if answered else None,
    }


def _yardstick(evidence: Evidence, settings: EvaluationSettings, *, answered: bool) -> dict[str, Any] | None:
    """Returns scikit-learn's metrics, and by which share the candidate's loss is greater (`relative`).

    Of a yardstick that is no better than the baseline there is no share: nothing is to be below it.
    """
    if evidence.yardstick is None:
        return None
    name = evidence.measures.loss_metric
    theirs = evidence.yardstick["metrics"].get(name)
    ours = evidence.candidate.get(OVERALL, {}).get(name, math.nan)
    useless = worth.yardstick_is_useless(evidence)
    made = worth.from_yardstick(evidence, settings) if answered else None
    return {
        **evidence.yardstick,
        "relative": None if theirs is None or useless else relative(ours, theirs),
        "beats_baseline": None if theirs is None else not useless,
        "difference": made and made.difference,
        "interval": made and made.interval,
    }


def _anchors(measures: Measures, rows: Rows) -> dict[str, Any]:
    champion = None if rows.champion is None else measures.loss(rows.labels, rows.champion)
    return {
        "rows": len(rows.labels),
        f"candidate_{measures.loss_metric}": measures.loss(rows.labels, rows.candidate),
        f"champion_{measures.loss_metric}": champion,
    }


def _slices(measures: Measures, candidate: Metrics, champion: Metrics | None) -> list[dict[str, Any]]:
    """Returns every slice but that of all rows, in order of name and value."""
    names = (measures.loss_metric, FLOOR[measures.kind])
    return [
        {
            "slice": key[0],
            "value": key[1],
            "rows": int(candidate[key]["example_count"]),
            "candidate": _named(candidate[key], names),
            "champion": None if champion is None else _named(champion.get(key, {}), names),
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
