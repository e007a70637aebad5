"""How people and programs write dates, beside ISO 8601: the formats that are tried where none is set."""

import pyarrow as pa
import pyarrow.compute as pc

from serving.reading.date_formats import DateFormat

_NUMERIC = tuple(
    f"%{a}{mark}%{b}{mark}%{c}"
    for mark in "/-."
    for a, b, c in (
        ("d", "m", "Y"),
        ("m", "d", "Y"),
        ("Y", "m", "d"),
        ("d", "m", "y"),
        ("m", "d", "y"),
        ("Y", "d", "m"),
    )
)
_NAMED = (
    *(
        "%d %b %Y",
        "%d %B %Y",
        "%d-%b-%Y",
        "%d-%B-%Y",
        "%d-%b-%y",
        "%d %b %y",
        "%d/%b/%Y",
        "%d.%b.%Y",
        "%d%b%Y",
        "%d%b%y",
    ),
    *(
        "%b %d, %Y",
        "%B %d, %Y",
        "%b %d %Y",
        "%B %d %Y",
        "%a, %d %b %Y",
        "%A, %d %B %Y",
        "%a %d %b %Y",
        "%Y-%b-%d",
    ),
    *("%A, %B %d, %Y", "%a, %b %d, %Y", "%a %b %d %Y", "%Y %b %d"),
)
_DAYS = ("%Y-%m-%d", *_NUMERIC, *_NAMED, "%Y年%m月%d日", "%Y%m%d")
_MONTHS = ("%Y-%m", "%Y/%m", "%m/%Y", "%m-%Y", "%b-%y", "%b %Y", "%B %Y", "%b-%Y", "%Y-%b", "%b %y")
_CLOCKS = (
    *("%H:%M", "%H:%M:%S", "%H:%M:%S.%f", "%I:%M %p", "%I:%M:%S %p", "%I:%M%p", "%I:%M:%S%p"),
    *("%H:%M:%S%z", "%H:%M:%S.%f%z", "%H:%M%z", "%H:%M:%S %z", "%H:%M:%S.%f %z", "%H:%M %z", "%H:%M:%S,%f"),
    *("%H.%M", "%H.%M.%S", "%I.%M.%S %p", "%I.%M.%S.%f %p", "%I.%M.%S.%f %p %z"),
)
_GLUES = (" ", "T", ", ")
# Of ISO 8601's basic format, SAS, `date`, Twitter, Apache's log and DB2.
_WHOLE = (
    *("%Y%m%d%H%M%S", "%Y%m%dT%H%M%S", "%Y%m%dT%H%M%S%z", "%Y%m%dT%H%M%S.%f%z", "%a %b %d %H:%M:%S %Y"),
    *(
        "%d%b%Y:%H:%M:%S",
        "%d%b%Y:%H:%M:%S.%f",
        "%a %b %d %H:%M:%S %z %Y",
        "%d/%b/%Y:%H:%M:%S %z",
        "%Y-%m-%d-%H.%M.%S",
        "%Y-%m-%d-%H.%M.%S.%f",
    ),
)


def candidates(sample: pa.Array) -> list[str]:
    """The formats that at least one of a few texts has.

    Args:
        sample: Binary, none missing.
    """
    days = [day for day in _DAYS if share_of(sample, DateFormat(day).pattern.removesuffix(r"\z")) > 0]
    clocks = [f"{day}{glue}{clock}" for day in days for glue in _GLUES for clock in _CLOCKS]
    tried = dict.fromkeys([*days, *_MONTHS, *clocks, *_WHOLE])
    return [written for written in tried if share_of(sample, DateFormat(written).pattern) > 0]


def share_of(sample: pa.Array, pattern: str) -> float:
    """The share of texts that match a pattern of RE2; 0 where there is no text."""
    return float(pc.mean(pc.match_substring_regex(sample, pattern=pattern).cast(pa.int8())).as_py() or 0.0)
