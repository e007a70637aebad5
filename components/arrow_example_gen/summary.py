"""What a span comes to, from its files' reports: its last day, its summary.json."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from components.arrow_example_gen.convert import SPLITS
from components.arrow_example_gen.usual_days import UsualDays, usual_days
from perennial.periods import Period, period_of
from perennial.reading.reading import FOOTER, ExportFormat, Read
from perennial.reading.remedies import remedy_of
from perennial.reading.zones import ZoneCount, merged_counts

FORMAT = 1
LISTED_ROWS = 100
# The remedy of so many of the commonest faults of a file is worked out.
EXPLAINED = 5
# Files of fewer rows may be equal by chance, as those are that hold nothing.
LEAST_REPEATED = 10


@dataclass(frozen=True)
class FileReport:
    """What reading one file came to.

    Attributes:
        file: Its name.
        rows: How many good rows.
        quarantined: How many bad ones.
        footer: How many lines of a footer, which stand in the quarantine and are no rows.
        unlabelled: How many rows lack nothing but the label.
        hours: Good rows by hour (`YYYY-MM-DD HH`; of a date without a time the date); empty without a time
            column.
        unlabelled_days: Rows without a label by day.
        content: Number of good rows, and the sum of their hashes: equal for equal rows in any order.
        ignored_columns: Columns that the schema does not have.
        absent_columns: Optional columns of the schema that the file does not have.
        listed: The first 100 bad rows: line, column, reason.
        faults: How many rows for each (column, reason), and what helps.
        zones: Column of dates -> how many of its times had a zone.
    """

    file: str
    rows: int
    quarantined: int
    footer: int
    unlabelled: int
    hours: dict[str, int]
    unlabelled_days: dict[str, int]
    content: tuple[int, int]
    ignored_columns: list[str]
    absent_columns: list[str]
    listed: list[tuple[int, str, str]]
    faults: list[tuple[str, str, int, str]]
    zones: dict[str, ZoneCount]

    @property
    def days(self) -> dict[str, int]:
        """Good rows by day (`YYYY-MM-DD`); empty without a time column."""
        return _by_day(self.hours)


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


@dataclass(frozen=True)
class SpanFacts:
    """What is known of a span once all its files are read.

    Attributes:
        period: What its name stands for; None where it stands for none, or rows have no time.
        hours: Good rows by hour, of the files that are used, in order; empty without a time column.
        repeated: For the number of each file that has the rows of an earlier one, the number of that one.
    """

    period: Period | None
    hours: dict[str, int]
    repeated: dict[int, int]

    @property
    def days(self) -> dict[str, int]:
        """Good rows by day, in order."""
        return _by_day(self.hours)

    @property
    def before(self) -> int:
        """How many rows are before its period; of an hour also those of its day."""
        first = (self.period.hour or self.period.first) if self.period else ""
        return sum(rows for hour, rows in self.hours.items() if hour < first)

    @property
    def after(self) -> int:
        """How many rows are after its period; of an hour also those of its day."""
        if self.period is None:
            return 0
        last = self.period.hour or self.period.last
        return sum(rows for hour, rows in self.hours.items() if hour[: len(last)] > last)

    @property
    def in_period(self) -> int:
        """How many rows are neither."""
        return sum(self.days.values()) - self.before - self.after

    @property
    def bounding_period(self) -> Period | None:
        """Its period; None also where no row is of it, since its name then says nothing of its rows."""
        return self.period if self.in_period else None

    @property
    def usual(self) -> UsualDays | None:
        """The days of most rows, those outside of its period left out; None where rows have no time."""
        period = self.bounding_period
        return usual_days(
            {day: rows for day, rows in self.days.items() if not period or period.first <= day <= period.last}
        )


def facts_of(span: str, reports: Sequence[FileReport]) -> SpanFacts:
    """What is known of a span from the reports of all its files, in their order."""
    first_with: dict[tuple[int, int], int] = {}
    repeated: dict[int, int] = {}
    hours: Counter[str] = Counter()
    for number, file_report in enumerate(reports):
        content = (file_report.content[0], file_report.content[1])
        first = first_with.setdefault(content, number)
        if first != number and content[0] >= LEAST_REPEATED:
            repeated[number] = first
        else:
            hours.update(file_report.hours)
    return SpanFacts(period_of(span) if hours else None, dict(sorted(hours.items())), repeated)


def _by_day(hours: Mapping[str, int]) -> dict[str, int]:
    days: Counter[str] = Counter()
    for hour, rows in hours.items():
        days[hour[:10]] += rows
    return dict(days)


def report_of(
    file: str,
    read: Read,
    export: ExportFormat,
    content: tuple[int, int],
    hours: dict[str, int],
    unlabelled_hours: dict[str, int],
) -> FileReport:
    """The report of a file that was read; the other arguments are good and unlabelled rows by hour."""
    faults = Counter((row.column, row.reason) for row in read.bad)
    footer = faults.pop(("", FOOTER), 0)
    return FileReport(
        file=file,
        rows=read.table.num_rows,
        quarantined=len(read.bad) - footer,
        footer=footer,
        unlabelled=read.unlabelled.num_rows,
        hours=hours,
        unlabelled_days=_by_day(unlabelled_hours),
        content=content,
        ignored_columns=list(read.ignored_columns),
        absent_columns=list(read.absent_columns),
        listed=[(row.line, row.column, row.reason) for row in read.bad[:LISTED_ROWS]],
        faults=[
            (column, reason, rows, remedy_of(read, export, column, reason) if place < EXPLAINED else "")
            for place, ((column, reason), rows) in enumerate(faults.most_common(LISTED_ROWS))
        ],
        zones=read.zones,
    )


def summary_of(
    identity: Mapping[str, str | int],
    reports: Sequence[FileReport],
    split_reports: Sequence[Mapping[str, SplitReport]],
    facts: SpanFacts,
) -> dict[str, Any]:
    """The span's summary: counts, days and reasons, and no data values.

    Args:
        identity: span, version and digest.
        reports: Of all files, in their order.
        split_reports: By split, for each of the files that are used.
        facts: What is known of the span over all its files.
    """
    listed = [
        {"file": report.file, "line": line, "column": column, "reason": reason}
        for report in reports
        for line, column, reason in report.listed
    ]
    return {
        "format": FORMAT,
        **identity,
        "rows": sum(splits[name].rows for splits in split_reports for name in splits),
        "quarantined": sum(report.quarantined for report in reports),
        "footer": sum(report.footer for report in reports),
        **_unlabelled(reports),
        "outside_period": _outside(facts),
        "stray_days": _stray(facts),
        "repeated_files": [
            [reports[again].file, reports[first].file] for again, first in facts.repeated.items()
        ],
        "ignored_columns": _union(report.ignored_columns for report in reports),
        "absent_columns": _union(report.absent_columns for report in reports),
        "zones": {name: asdict(count) for name, count in merged_counts(r.zones for r in reports).items()},
        "splits": {
            name: _merged([splits[name] for splits in split_reports if name in splits]) for name in SPLITS
        },
        "files": [
            {
                "file": report.file,
                "rows": report.rows,
                "quarantined": report.quarantined,
                "unlabelled": report.unlabelled,
            }
            for report in reports
        ],
        "quarantine": listed[:LISTED_ROWS],
    }


def _unlabelled(reports: Sequence[FileReport]) -> dict[str, Any]:
    """How many rows have no label, how many of them are late, and their first and last day.

    Late are those from a day on from which at least half of all rows have none: labels that are not there
    yet are missing at the end of a span, those that were lost anywhere.
    """
    missing: Counter[str] = Counter()
    there: Counter[str] = Counter()
    for report in reports:
        missing.update(report.unlabelled_days)
        there.update(report.days)
    late = without = every = 0
    for day in sorted({*missing, *there}, reverse=True):
        without += missing[day]
        every += missing[day] + there[day]
        late = without if 2 * without >= every else late
    return {
        "unlabelled": sum(report.unlabelled for report in reports),
        "unlabelled_late": late,
        "unlabelled_days": [min(missing), max(missing)] if missing else None,
    }


def _outside(facts: SpanFacts) -> dict[str, Any] | None:
    """The first and last day (or hour) of the period by the span's name, and how many rows are outside of it;
    None where it has none.
    """
    if facts.period is None:
        return None
    first, last, hour = facts.period
    ends = {"first": facts.period.text, "last": facts.period.text} if hour else {"first": first, "last": last}
    return {**ends, "before": facts.before, "after": facts.after}


def _stray(facts: SpanFacts) -> dict[str, Any] | None:
    """The days that are believed of a span without a period, and how many rows are before and after them."""
    usual = facts.usual
    if usual is None or facts.bounding_period:
        return None
    before = sum(rows for day, rows in facts.days.items() if day < usual.earliest)
    after = sum(rows for day, rows in facts.days.items() if day > usual.latest)
    return {"first": usual.first, "last": usual.last, "before": before, "after": after}


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


def _union(lists: Iterable[Iterable[str]]) -> list[str]:
    return list(dict.fromkeys(name for names in lists for name in names))
