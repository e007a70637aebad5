"""The names of spans: what they look like, and their order."""

from typing import Final, Literal

SpanKind = Literal["month", "week", "day", "hour", "number"]
PATTERNS: Final = {
    "month": r"[0-9]{4}-(0[1-9]|1[0-2])",
    "week": r"[0-9]{4}-W(0[1-9]|[1-4][0-9]|5[0-3])",
    "day": r"[0-9]{4}-[0-9]{2}-[0-9]{2}",
    "hour": r"[0-9]{4}-[0-9]{2}-[0-9]{2}T([01][0-9]|2[0-3])",
    "number": r"[0-9]{1,18}",
}
EXAMPLES: Final = {
    "month": "2013-01",
    "week": "2013-W05",
    "day": "2013-01-15",
    "hour": "2013-01-15T06",
    "number": "7",
}


def order(span: str, kind: SpanKind) -> tuple[int, str]:
    """Sort key of a span: numbers sort as numbers, dates as dates; a date among numbers is oldest."""
    return (int(span), span) if kind == "number" and span.isdecimal() else (-1, span)
