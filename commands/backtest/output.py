"""The text of a backtest for a person: a table, the recommendation, where the page is."""

from collections.abc import Mapping
from typing import Any, Final

from perennial.text import plural, wrapped
from pipeline.backtest.comparison import PolicyComparison, PolicyFigures
from pipeline.backtest.dry_run import DryRun
from pipeline.backtest.estimate import Estimate
from pipeline.backtest.order import BacktestResult
from pipeline.backtest.page import ordered, retrain_text, windows_text
from pipeline.backtest.sentences import left_out_texts, named, recommendation

_MEBI: Final = 1 << 20


def text_of(content: Mapping[str, Any], result: BacktestResult) -> str:
    """A table of the policies, the recommendation, and what else a person should know."""
    comparison, judged = result.comparison, result.plan.judged
    head = (
        f"Judged on {plural(len(judged), 'span')} ({judged[0]} to {judged[-1]}), {comparison.rows:,} rows of"
        f" {plural(comparison.groups, comparison.unit)}."
    )
    there = len(result.plan.trainings) - result.trained
    lines = [head, "", *_table(comparison), "", wrapped(recommendation(comparison), ""), ""]
    if there:
        lines.append(f"Results of {plural(there, 'training')} were there from before.")
    cold = [each for each in result.results.values() if each.why_cold]
    if cold:
        lines.append(f"{plural(len(cold), 'warm training')} began cold: {cold[0].why_cold}")
    lines += _notes(result.others, result.left_out)
    return "\n".join([*lines, f"Report: {content['report']}"])


def _table(comparison: PolicyComparison) -> list[str]:
    interval = f"{comparison.confidence:.0%} interval"
    head = [
        "",
        "retrain",
        "window",
        comparison.measures.loss_name,
        interval,
        "beats never",
        "trainings",
        "CPU s",
    ]
    rows = [head, *(_row(comparison, figures) for figures in ordered(comparison))]
    widths = [max(len(row[place]) for row in rows) for place in range(len(head))]
    left = {0, 1, 2, 4}
    lines = [
        "  ".join(
            cell.ljust(width) if place in left else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
    return [*lines, "", "* smallest loss   > recommended"]


def _row(comparison: PolicyComparison, figures: PolicyFigures) -> list[str]:
    mark = ("*" if figures is comparison.best else "") + (">" if figures is comparison.recommended else "")
    figure = comparison.measures.figure
    interval = (
        " to ".join(map(figure, figures.interval)) if figures.interval else f"too few {comparison.unit}s"
    )
    beats = "" if figures.beats_never is None else f"{figures.beats_never} of {len(figures.by_span)}"
    return [
        mark,
        retrain_text(figures.planned),
        windows_text(figures.planned),
        figure(figures.loss),
        interval,
        beats,
        str(len(figures.planned.trainings)),
        f"{figures.cpu_seconds:,.0f}",
    ]


def dry_run_text(use_case: str, planned: DryRun) -> str:
    """What would be read and trained, how long it takes and how much disk; nothing was done."""
    plan, estimate = planned.plan, planned.estimate
    to_do = len(plan.trainings) - len(planned.there)
    policies, judged = plural(len(plan.policies), "policy", "policies"), plural(len(plan.judged), "span")
    trainings = plural(len(plan.trainings), "training")
    lines = [
        f"{use_case}, {planned.order.first} to {planned.order.last}: {policies}, judged on {judged}.",
        f"  {trainings}: {len(planned.there)} there, {to_do} to do.",
    ]
    if planned.unread:
        lines.append(f"  {plural(len(planned.unread), 'span')} to read first: {named(planned.unread)}.")
    lines += [f"  Time: {_time(estimate)}.", f"  Disk: {_disk(estimate)}."]
    notes = [f"  {note}" for note in _notes(planned.others, planned.left_out)]
    return "\n".join([*lines, *notes, "Nothing was done: this is a dry run."])


def _notes(others: int, left_out: Mapping[str, str]) -> list[str]:
    notes = []
    if others:
        are = "is" if others == 1 else "are"
        notes.append(
            f"{plural(others, 'earlier result')} {are} of other code, settings or content, and not used."
        )
    if left_out:
        notes.append(f"Left out: {'; '.join(left_out_texts(left_out))}.")
    return notes


def _time(estimate: Estimate) -> str:
    if not estimate.trainings and not estimate.spans:
        return "seconds, as all results are there"
    unknown = []
    if estimate.spans and estimate.span_seconds is None:
        unknown.append("no run has read a span yet")
    if estimate.trainings and estimate.training_seconds is None:
        unknown.append("no model was trained yet")
    if unknown:
        return f"not known, as {' and '.join(unknown)}"
    each = []
    if estimate.trainings:
        each.append(f"{estimate.training_seconds:.0f} s a training, as in past {estimate.trained_from}")
    if estimate.spans:
        each.append(f"{estimate.span_seconds:.0f} s a span to read")
    return f"about {_length(estimate.seconds or 0.0)} ({'; '.join(each)})"


def _length(seconds: float) -> str:
    minutes = seconds / 60
    if minutes < 1.5:
        return f"{seconds:.0f} s"
    return f"{minutes:.0f} min" if minutes < 90 else f"{minutes / 60:.1f} h"


def _disk(estimate: Estimate) -> str:
    parts = []
    if estimate.spans:
        size = "an unknown size" if estimate.span_bytes is None else f"about {_size(estimate.span_bytes)}"
        parts.append(f"{size} for the spans to read")
    if estimate.trainings:
        known = estimate.training_bytes
        size = "an unknown size" if known is None else f"about {_size(known)}"
        parts.append(f"{size} while a training goes on")
    return ", ".join(parts) or "none"


def _size(size: int) -> str:
    return f"{max(size / _MEBI, 0.1):,.1f} MiB"
