"""What a span comes to, from its files' reports: whether it is refused, its last day, its summary.json."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from components.arrow_example_gen.convert import SPLITS
from perennial.errors import SpanRefused
from perennial.reading.cells import DATE_EXPECTED
from perennial.reading.reading import FOOTER, Read

FORMAT = 1
LISTED_ROWS = 100


@dataclass(frozen=True)
class FileReport:
    """What reading one file came to.

    Attributes:
        file: Its name.
        rows: How many good rows.
        quarantined: How many bad ones.
        footer: How many lines of a footer, which stand in the quarantine and are no rows.
        last_day: Its last day (`YYYY-MM-DD`); "" without a time column or a good row.
        ignored_columns: Columns that the schema does not have.
        absent_columns: Optional columns of the schema that the file does not have.
        listed: The first 100 bad rows: line, column, reason.
        faults: How many rows for each (column, reason).
    """

    file: str
    rows: int
    quarantined: int
    footer: int
    last_day: str
    ignored_columns: list[str]
    absent_columns: list[str]
    listed: list[tuple[int, str, str]]
    faults: list[tuple[str, str, int]]


@dataclass(frozen=True)
class SplitReport:
    """What one file gave to one split.

    Attributes:
        rows: How many.
        days: Different ones, `YYYY-MM-DD`.
        label_sum: Of the label; None where it is no number.
        label_counts: How many rows there are of each class, in order; empty without classes.
    """

    rows: int = 0
    days: list[str] = field(default_factory=list)
    label_sum: float | None = 0.0
    label_counts: list[int] = field(default_factory=list)


def report_of(file: str, read: Read, last_day: str) -> FileReport:
    """The report of a file that was read."""
    faults = Counter((row.column, row.reason) for row in read.bad)
    footer = faults.pop(("", FOOTER), 0)
    return FileReport(
        file=file,
        rows=read.table.num_rows,
        quarantined=len(read.bad) - footer,
        footer=footer,
        last_day=last_day,
        ignored_columns=list(read.ignored_columns),
        absent_columns=list(read.absent_columns),
        listed=[(row.line, row.column, row.reason) for row in read.bad[:LISTED_ROWS]],
        faults=[(column, reason, count) for (column, reason), count in faults.most_common(LISTED_ROWS)],
    )


def refuse_if_bad(reports: Sequence[FileReport], max_bad_share: float) -> None:
    """Refuses a span without rows, or with too many bad ones.

    Args:
        reports: Of all its files.
        max_bad_share: The share of quarantined rows, of all rows, that is still let through.

    Raises:
        SpanRefused: with the counts, and the commonest fault.
    """
    good = sum(report.rows for report in reports)
    bad = sum(report.quarantined for report in reports)
    if good + bad == 0:
        raise SpanRefused(
            "The span's files have no rows.",
            "Check why the export is empty, then export it again.",
        )
    if bad and (bad / (good + bad) > max_bad_share or not good):
        column, reason, count = _commonest(reports)
        raise SpanRefused(
            f"{bad:,} of {good + bad:,} rows ({bad / (good + bad):.2%}) are unreadable (limit"
            f" {max_bad_share * 100:g}%). Most often {_described(column, reason, count, reports)}.",
            f"Fix the export; if the change is permanent, edit {_setting_of(column, reason)}.",
        )


def last_day_of(reports: Iterable[FileReport]) -> str:
    """The span's last day; "" without a time column."""
    return max((report.last_day for report in reports), default="")


def summary_of(
    identity: Mapping[str, str | int],
    reports: Sequence[FileReport],
    split_reports: Sequence[Mapping[str, SplitReport]],
) -> dict[str, Any]:
    """The span's summary: counts, days and reasons, and no data values.

    Args:
        identity: span, version and digest.
        reports: Of all files, in their order.
        split_reports: By split, for each of the files.
    """
    listed = [
        {"file": report.file, "line": line, "column": column, "reason": reason}
        for report in reports
        for line, column, reason in report.listed
    ]
    return {
        "format": FORMAT,
        **identity,
        "rows": sum(report.rows for report in reports),
        "quarantined": sum(report.quarantined for report in reports),
        "footer": sum(report.footer for report in reports),
        "ignored_columns": _union(report.ignored_columns for report in reports),
        "absent_columns": _union(report.absent_columns for report in reports),
        "splits": {
            name: _merged([splits[name] for splits in split_reports if name in splits]) for name in SPLITS
        },
        "files": [
            {"file": report.file, "rows": report.rows, "quarantined": report.quarantined}
            for report in reports
        ],
        "quarantine": listed[:LISTED_ROWS],
    }


def _merged(parts: Sequence[SplitReport]) -> dict[str, Any]:
    days = sorted({day for part in parts for day in part.days})
    sums = [part.label_sum for part in parts]
    return {
        "rows": sum(part.rows for part in parts),
        "first_day": days[0] if days else None,
        "last_day": days[-1] if days else None,
        "days": len(days),
        "label_sum": None if None in sums else sum(value or 0.0 for value in sums),
        "label_counts": [sum(counts) for counts in zip(*(part.label_counts for part in parts), strict=True)],
    }


def _commonest(reports: Sequence[FileReport]) -> tuple[str, str, int]:
    """Column and reason of the most frequent fault, and how many rows have it."""
    counts: Counter[tuple[str, str]] = Counter()
    for report in reports:
        for column, reason, count in report.faults:
            counts[column, reason] += count
    (column, reason), count = counts.most_common(1)[0]
    return column, reason, count


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


def _setting_of(column: str, reason: str) -> str:
    """What to edit where such cells are right from now on."""
    if reason.startswith(DATE_EXPECTED):
        return f"`exports.date_format` of `{column}`"
    return "the schema or `exports.max_bad_share`"


def _union(lists: Iterable[Iterable[str]]) -> list[str]:
    return list(dict.fromkeys(name for names in lists for name in names))
