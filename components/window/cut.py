"""Which parts of the accepted spans a model learns from, and which it is judged by; plain data, no TFX."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from perennial.errors import NodeFailed

Split = Literal["head", "tail", "anchor", "early", "late"]


class WindowCut(NamedTuple):
    """Parts to train on, to judge by, and those left out as their days are not before the judged ones."""

    train: list["SpanSplit"]
    judged: list["SpanSplit"]
    left_out: list["SpanSplit"]


@dataclass(frozen=True)
class SpanSplit:
    """One split of one span: the smallest piece that goes to train or eval as a whole.

    Attributes:
        span: The span's name.
        split: `head`, its older usual days, `tail`, the last of them, `early` or `late`, rows before or after
            them.
        rows: Rows in it.
        first_day: Its first day, ISO; None without a time column.
        last_day: Its last day.
        days: Different days in it; 0 without a time column.
        label_sum: Sum of the label over its rows; None where it is no number.
        label_counts: Rows of each class, in order; empty of a regression.
    """

    span: str
    split: Split
    rows: int
    first_day: str | None
    last_day: str | None
    days: int
    label_sum: float | None
    label_counts: tuple[int, ...] = ()


def parts_of(summary: Mapping[str, Any], splits: Sequence[Split]) -> list[SpanSplit]:
    """The parts of one span that hold rows, from the `summary.json` of its Examples artifact.

    Examples that an older release wrote have no split `early` or `late`.
    """
    parts = []
    for split in splits:
        facts = summary["splits"].get(split)
        if facts and facts["rows"]:
            days = facts.get("days") or 0
            first, last = facts.get("first_day"), facts.get("last_day")
            labels = facts["label_sum"], tuple(facts["label_counts"])
            parts.append(SpanSplit(summary["span"], split, facts["rows"], first, last, days, *labels))
    return parts


def cut(
    parts: Sequence[SpanSplit], eval_days: int, eval_min_rows: int, apart: Sequence[SpanSplit] = ()
) -> WindowCut:
    """Divides parts, oldest first, into those to train on and those to judge by.

    `eval` is the shortest run of newest parts that holds at least `eval_days` days (where rows have a time)
    and `eval_min_rows` rows, and all parts that are of its first day alone, as the hours of that day are;
    `train` is all that is older, and has no day on or after eval's first.

    Args:
        parts: The parts `head` and `tail` of all spans, oldest span first.
        eval_days: Days to judge by, at least.
        eval_min_rows: Rows to judge by, at least.
        apart: The parts `early` and `late`, which are never judged by.

    Returns:
        The parts, each list oldest first.

    Raises:
        NodeFailed: Nothing is left to train on.
    """
    rows, days = 0, _Days()
    has_days = any(part.days for part in parts)
    for start in range(len(parts) - 1, 0, -1):
        rows += parts[start].rows
        days.add(parts[start])
        if _is_of_day(parts[start - 1], parts[start].first_day):
            continue
        if rows >= eval_min_rows and (days.count >= eval_days or not has_days):
            return _by_days([*apart, *parts[:start]], list(parts[start:]))
    all_rows, all_days = sum(part.rows for part in parts), _days_in(parts)
    held, wanted, keys = f"{all_rows:,} rows", f"{eval_min_rows:,} rows", "window.eval_min_rows"
    if all_days:
        held, wanted = f"{held} of {all_days} days", f"{eval_days} days and {wanted}"
        keys = f"window.eval_days or {keys}"
    raise NodeFailed(
        f"The accepted spans have {held}: too few to evaluate on {wanted} and to train on older ones.",
        f"Wait for more exports or lower {keys}.",
    )


class _Days:
    """Counts the different days of parts; those of one day alone, such as hours, share it."""

    def __init__(self) -> None:
        self._several = 0
        self._alone: set[str | None] = set()

    def add(self, part: SpanSplit) -> None:
        """Counts the days of a part; no day of a part of several is one of another part's."""
        if part.days == 1:
            self._alone.add(part.first_day)
        else:
            self._several += part.days

    @property
    def count(self) -> int:
        """How many days they have."""
        return self._several + len(self._alone)


def _days_in(parts: Sequence[SpanSplit]) -> int:
    days = _Days()
    for part in parts:
        days.add(part)
    return days.count


def _is_of_day(part: SpanSplit, day: str | None) -> bool:
    """Whether a part has rows of this day and of no other."""
    return part.days == 1 and part.first_day == day


def _by_days(older: list[SpanSplit], judged: list[SpanSplit]) -> WindowCut:
    """Leaves out the parts whose days are not all before the judged ones: a span's name may be wrong."""
    first = min((part.first_day for part in judged if part.first_day), default=None)
    left_out = [part for part in older if first and part.last_day and part.last_day >= first]
    train = [part for part in older if part not in left_out]
    if not train:
        rows = sum(part.rows for part in left_out)
        raise NodeFailed(
            f"Nothing is left to train on: all {rows:,} rows that are not evaluated on have days on or after"
            f" {first}, the first day evaluated on.",
            "Check the time column and the names of the spans' folders.",
        )
    return WindowCut(train, judged, left_out)


def left_out_of(parts: Sequence[SpanSplit]) -> list[dict[str, Any]]:
    """What `window.json` says of the parts left out, by span: rows, first and last day."""
    spans = dict.fromkeys(part.span for part in parts)
    by_span = {span: [part for part in parts if part.span == span] for span in spans}
    return [
        {
            "span": span,
            "rows": sum(part.rows for part in members),
            "first_day": min(part.first_day or "" for part in members),
            "last_day": max(part.last_day or "" for part in members),
        }
        for span, members in by_span.items()
    ]


def facts_of(parts: Sequence[SpanSplit]) -> dict[str, Any]:
    """What `window.json` says of a split: rows, first and last day, days, and of the labels.

    Returns:
        Of the labels: `label_counts`, rows by class (empty of a regression); `label_sum` (None where they are
        no numbers); `label_distribution`, each class's share in order, or the mean, None without rows.
    """
    rows = sum(part.rows for part in parts)
    counts = [sum(each) for each in zip(*(part.label_counts for part in parts), strict=True)]
    sums = [part.label_sum for part in parts if part.label_sum is not None]
    total = sum(sums) if len(sums) == len(parts) else None
    mean = total / rows if rows and total is not None else None
    return {
        "rows": rows,
        "first_day": min((part.first_day for part in parts if part.first_day), default=None),
        "last_day": max((part.last_day for part in parts if part.last_day), default=None),
        "days": _days_in(parts),
        "label_counts": counts,
        "label_sum": total,
        "label_distribution": [count / rows for count in counts] if counts else mean,
    }
