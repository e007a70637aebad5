"""How a column's dates are written, and whether the day or the month comes first, by all of its cells."""

import re
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from commands.new.sniffing.evidence import MISSING, MOSTLY, Values
from commands.new.sniffing.placeholders import placeholders_of
from perennial.reading.dates import read_dates
from perennial.reading.known_formats import candidates, share_of
from serving.reading.date_formats import DateFormat, conflict
from serving.reading.rules import ISO

_MONTH = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
_GATE = (
    r"(?i)\A(?:[0-9]{1,4}[-/. 年]{1,2}[0-9A-Za-z]|[0-9]{8}(?:\z|[ T][0-9])|[0-9]{14}\z"
    rf"|(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*[-,. ]|(?:{_MONTH})[a-z]*[-,. ]|[0-9]{{1,2}}(?:{_MONTH}))"
)
_DIGITS = r"[0-9]{2}.*[0-9]{2}"
_NUMBER = r"\A[0-9]+(?:[.,][0-9]*)?\z|\A[0-9]+(?: [0-9]{3})+\z"
_SAMPLE = 64
_ISO = ("%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S")
_MOST_FORMATS = 3
_FIRST_YEAR, _LAST_YEAR = b"1850", b"2150"


@dataclass(frozen=True)
class Dates:
    """How a column's dates are written.

    Attributes:
        written: The format that most cells have.
        rival: The one with day and month the other way round, where it has as many; "" else.
        formats: Those of the setting `date_format`: ISO8601 where it reads all that fit, else `written`, and
            others beside it that are in use.
        fitting: How many cells fit one of `formats`, of `cells`.
        evidence: A value that only `written` can be, not its rival; None where there is none.
        odd: Values that do not fit.
        sorted_by: The one of `written` and `rival` in whose reading the rows are in order; "" where it is
            both or none.
        placeholders: Dates that stand for none, which are not among `cells`.
        open_to: Of several formats in use, one with which a text would be two dates; "" where there is none.
    """

    written: str
    rival: str
    formats: tuple[str, ...]
    fitting: int
    cells: int
    evidence: bytes | None
    odd: pa.Array
    sorted_by: str = ""
    placeholders: tuple[str, ...] = ()
    open_to: str = ""

    @property
    def is_iso(self) -> bool:
        """Whether the reader takes them without a setting."""
        return self.formats == (ISO,)


def dates_of(column: pa.ChunkedArray, values: Values) -> Dates | None:
    """How nearly all cells of a column are written as dates; None where they are not."""
    placeholders = tuple(placeholders_of(values.without(MISSING)))
    plain = values.without((*MISSING, *placeholders))
    sample = plain.texts.slice(0, _SAMPLE)
    if not len(sample) or share_of(sample, _GATE) < MOSTLY:
        return None
    fits = {written: _fitting(plain, written) for written in candidates(sample)}
    if not fits:
        return None
    order = list(fits)
    counts = {written: int(plain.counts[mask].sum()) for written, mask in fits.items()}
    written = max(order, key=lambda one: (counts[one], one in _ISO, -len(one), -order.index(one)))
    iso = _fitting(plain, ISO)
    ways = _ways(plain, written, {**fits, ISO: iso})
    fitting = np.logical_or.reduce([iso if way == ISO else fits[way] for way in ways])
    if int(plain.counts[fitting].sum()) < MOSTLY * plain.cells:
        return None
    open_to = _open_to(ways, written, fits)
    if open_to and counts[written] >= MOSTLY * plain.cells:
        ways, fitting, open_to = (written,), fits[written], ""
    rival = _swapped(written)
    evidence = None
    if rival:
        only = fits[written] & ~fits.get(rival, np.zeros(len(plain.texts), bool))
        evidence = plain.texts[int(np.flatnonzero(only)[0])].as_py() if only.any() else None
    tied = bool(rival) and counts.get(rival, -1) == counts[written]
    return Dates(
        written,
        rival if tied else "",
        ways,
        int(plain.counts[fitting].sum()),
        plain.cells,
        evidence,
        plain.texts.filter(pa.array(~fits[written])),
        _sorted_by(column, written, rival) if tied else "",
        placeholders,
        open_to,
    )


def _ways(plain: Values, written: str, fits: dict[str, npt.NDArray[np.bool_]]) -> tuple[str, ...]:
    """The formats that are in use: the commonest, and others for what it cannot read."""
    first = ISO if (fits[ISO] | ~fits[written]).all() else written
    ways, rest = [first], ~fits[first]
    while rest.any() and len(ways) < _MOST_FORMATS:
        gains = {way: int(plain.counts[mask & rest].sum()) for way, mask in fits.items()}
        best = max(gains, key=lambda way: (gains[way], way == ISO))
        if not gains[best]:
            break
        ways.append(best)
        rest &= ~fits[best]
    return tuple(ways)


def _open_to(ways: tuple[str, ...], written: str, fits: dict[str, npt.NDArray[np.bool_]]) -> str:
    """A format with which a text of the others would be another date."""
    for at, way in enumerate(ways):
        rival = _swapped(way)
        if way != written and rival in fits and not (fits[way] & ~fits[rival]).any():
            return rival
        for other in ways[at + 1 :]:
            if conflict(way, other):
                return other
    return ""


def looks_like_dates(values: Values) -> npt.NDArray[np.bool_]:
    """Which values begin as a date does and have the digits of one."""
    return values.matching(_GATE) & values.matching(_DIGITS) & ~values.matching(_NUMBER)


def _fitting(plain: Values, written: str) -> npt.NDArray[np.bool_]:
    iso, unfit, *_ = read_dates(pa.chunked_array([plain.texts]), [DateFormat(written)], "UTC")
    in_time = pc.and_(pc.greater_equal(iso, _FIRST_YEAR), pc.less(iso, _LAST_YEAR))
    return np.asarray(pc.fill_null(pc.and_(pc.invert(unfit), in_time), False).to_numpy(), dtype=bool)


def _swapped(written: str) -> str:
    """The format with day and month the other way round; "" where none is."""
    if written.startswith("%Y") or not re.search(r"%d.%m|%m.%d", written):
        return ""
    return written.translate(str.maketrans("dm", "md"))


def _sorted_by(column: pa.ChunkedArray, written: str, rival: str) -> str:
    """The one reading in which the rows are in order."""
    ordered = []
    for one in (written, rival):
        iso = read_dates(column, [DateFormat(one)], "UTC").values
        times = iso.drop_null().combine_chunks().cast(pa.string())
        if len(times) > 2 and len(pc.unique(times)) > 2:
            before, after = times.slice(0, len(times) - 1), times.slice(1)
            if (
                pc.all(pc.less_equal(before, after)).as_py()
                or pc.all(pc.greater_equal(before, after)).as_py()
            ):
                ordered.append(one)
    return ordered[0] if len(ordered) == 1 else ""


def is_certain(dates: Dates) -> bool:
    """Whether integers can only be dates: all are days of the calendar, and there are several."""
    return dates.written == "%Y%m%d" and dates.fitting == dates.cells and dates.cells > 2


def day_first(written: str) -> bool:
    """Whether a format with numbers for both has the day before the month."""
    return written.index("%d") < written.index("%m")


def in_words(written: str) -> str:
    """A format in words: `day/month/year hour:minute`."""
    names = {
        **{
            "Y": "year",
            "y": "two-digit year (69 is 1969, 68 is 2068)",
            "m": "month",
            "d": "day",
            "b": "month name",
            "B": "month name",
        },
        **{"H": "hour", "I": "hour (1-12)", "M": "minute", "S": "second", "f": "fraction", "p": "am/pm"},
        **{"z": "UTC offset", "a": "weekday", "A": "weekday"},
    }
    spaced = re.sub(r"T(?=%[HI])", " T ", written).replace("%z", " %z")
    return re.sub(r"%(.)", lambda match: names.get(match[1], match[1]), spaced)
