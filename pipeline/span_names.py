"""The names of spans: what they look like, and their order."""

from typing import Literal

SpanKind = Literal["month", "day", "number"]
PATTERNS = {
    "month": r"[0-9]{4}-(0[1-9]|1[0-2])",
    "day": r"[0-9]{4}-[0-9]{2}-[0-9]{2}",
    "number": r"[0-9]{1,18}",
}
EXAMPLES = {"month": "2013-01", "day": "2013-01-15", "number": "7"}


def order(span: str, kind: SpanKind) -> tuple[int, str]:
    """Sort key of a span: numbers sort as numbers, dates as dates; a date among numbers is oldest."""
    return (int(span), span) if kind == "number" and span.isdecimal() else (-1, span)
