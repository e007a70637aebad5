"""Whether a span is refused for its rows, and what helps."""

import re
from collections import Counter
from collections.abc import Sequence

from components.arrow_example_gen.summary import FileReport
from perennial.errors import LabelsMissing, SpanRefused
from perennial.reading.remedies import SPAN

# `check` of a file that is named otherwise does not know its span.
_IS_SPAN = re.compile("[0-9-]+")


def refuse_if_bad(
    reports: Sequence[FileReport], max_bad_share: float, max_unlabelled_share: float, span: str
) -> None:
    """Refuses a span without rows, with too many bad ones, or with too few that have a label.

    Args:
        reports: Of all its files.
        max_bad_share: The share of quarantined rows, of all rows, that is still let through.
        max_unlabelled_share: The share of rows without a label, of all rows, that is still let through.
        span: From which on a setting that helps is to hold.

    Raises:
        SpanRefused: with the counts, and the commonest fault.
        LabelsMissing: with the counts; it waits for an export that has the labels.
    """
    unlabelled = sum(report.unlabelled for report in reports)
    good = sum(report.rows for report in reports) + unlabelled
    bad = sum(report.quarantined for report in reports)
    if good + bad == 0:
        raise SpanRefused(
            "The span's files have no rows.",
            "Check why the export is empty, then export it again.",
        )
    if bad and (bad / (good + bad) > max_bad_share or not good):
        column, reason, count, remedy = _commonest(reports)
        raise SpanRefused(
            f"{bad:,} of {good + bad:,} rows ({bad / (good + bad):.2%}) are unreadable (limit"
            f" {max_bad_share * 100:g}%). Most often {_described(column, reason, count, reports)}.",
            remedy.replace(SPAN, span if _IS_SPAN.fullmatch(span) else "SPAN"),
        )
    if unlabelled > max_unlabelled_share * (good + bad) or unlabelled == good:
        raise LabelsMissing(
            f"{unlabelled:,} of {good + bad:,} rows have no label yet (limit"
            f" {max_unlabelled_share * 100:g}%: `exports.max_unlabelled_share`).",
            "Export it again when it has the labels.",
        )


def _commonest(reports: Sequence[FileReport]) -> tuple[str, str, int, str]:
    """Column and reason of the most frequent fault, how many rows have it, and what helps."""
    counts: Counter[tuple[str, str]] = Counter()
    remedies: dict[tuple[str, str], str] = {}
    for report in reports:
        for column, reason, count, remedy in report.faults:
            counts[column, reason] += count
            remedies[column, reason] = remedies.get((column, reason)) or remedy
    (column, reason), count = counts.most_common(1)[0]
    return column, reason, count, remedies[column, reason]


def _described(column: str, reason: str, count: int, reports: Sequence[FileReport]) -> str:
    places = (
        f", for example {r.file}, line {line}"
        for r in reports
        for line, *fault in r.listed
        if fault == [column, reason]
    )
    where = f"`{column}`: " if column else ""
    # Only a file's first bad rows are listed, so that the place may not be known.
    return f"{where}{reason} ({count:,} rows{next(places, '')})"
