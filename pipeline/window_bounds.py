"""Which spans a window can hold: the newest so many, or all, and none before a first one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from perennial.section import WrongSetting
from pipeline.span_names import EXAMPLES, SpanKind, order
from pipeline.span_periods import is_name


@dataclass(frozen=True)
class WindowBounds:
    """The bounds of a window.

    Attributes:
        most: How many spans it holds at most; None: any number.
        first: The first span that it can hold; "": any.
        kind: How spans are named.
    """

    most: int | None
    first: str
    kind: SpanKind

    def reaches(self, span: str) -> bool:
        """Whether a span is not before the first one."""
        return not self.first or order(span, self.kind) >= order(self.first, self.kind)

    def newest(self, oldest_first: Sequence[str]) -> list[str]:
        """Those of these spans that a window could hold, oldest first."""
        reached = [span for span in oldest_first if self.reaches(span)]
        return reached if self.most is None else reached[-self.most :]

    def why_without(self, span: str) -> str:
        """The setting that keeps an older span out, such as "`window.spans` is 12"."""
        return f"`window.spans` is {self.most}" if self.reaches(span) else f"`window.since` is {self.first}"


def span_at(text: str, kind: SpanKind, *, is_last: bool = False) -> str:
    """The span that is named, or in which a date lies; of hours the first of that date, or the last.

    Args:
        text: A span's name, or a date such as 2013-01-15 (not of numbers).
        kind: How spans are named.
        is_last: Whether it is the end of a range, so that all of the date belongs to it.

    Raises:
        WrongSetting: It is neither.
    """
    if is_name(text, kind):
        return text
    if kind == "number" or not is_name(text, "day"):
        a_date = "" if kind in ("number", "day") else f", or a date such as {EXAMPLES['day']}"
        raise WrongSetting(f"expected a span such as {EXAMPLES[kind]}{a_date}, as `exports.span` is {kind}")
    if kind == "week":
        year, week, _ = date.fromisoformat(text).isocalendar()
        return f"{year:04}-W{week:02}"
    return text[:7] if kind == "month" else f"{text}T{'23' if is_last else '00'}"
