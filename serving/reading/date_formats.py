"""What a date format means: a pattern that is strict, in no locale, and names each part."""

import datetime
import functools
import re
from collections.abc import Iterator, Mapping, Sequence

from serving.reading.rules import ISO

MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
SHORT = 3
# POSIX, and Python with it: years of two digits from 69 on are of the last century.
PIVOT = 69
# The end of a day, as ISO 8601 writes it.
_MIDNIGHT = 24
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
# Each with the pattern for where a digit may stand beside it: there, two digits are two digits.
_DIGITS = {
    "Y": ("[0-9]{4}", "[0-9]{4}"),
    "y": ("[0-9]{2}", "[0-9]{2}"),
    "m": ("0?[1-9]|1[0-2]", "0[1-9]|1[0-2]"),
    "d": ("0?[1-9]|[12][0-9]|3[01]", "0[1-9]|[12][0-9]|3[01]"),
    "H": ("[01]?[0-9]|2[0-4]", "[01][0-9]|2[0-4]"),
    "I": ("0?[1-9]|1[0-2]", "0[1-9]|1[0-2]"),
    "M": ("[0-5]?[0-9]", "[0-5][0-9]"),
    "S": ("[0-5]?[0-9]|60", "[0-5][0-9]|60"),
    "f": ("[0-9]{1,9}", "[0-9]{1,9}"),
}
_OFFSET = "[+-](?:[01][0-9]|2[0-3])(?::?[0-5][0-9])?"
_WORDS = {
    # Java and ICU write Sept in British English.
    "b": "(?i:" + "|".join(name[:SHORT] for name in MONTHS) + "|sept)",
    "B": "(?i:" + "|".join(MONTHS) + ")",
    "a": "(?i:" + "|".join(name[:SHORT] for name in _DAYS) + ")",
    "A": "(?i:" + "|".join(_DAYS) + ")",
    "p": r"(?i:am|pm|a\.m\.|p\.m\.)",
    "z": f"[Zz]|{_OFFSET}|(?:UTC|GMT)(?:{_OFFSET}|[+-][0-9](?::[0-5][0-9])?)?",
}
# Of UTC, where a format has them after its time.
_UTC = ("Z", "UTC", "GMT")
# What Java, and JavaScript, write after an offset: `[Europe/Paris]`, `(Central European Time)`.
_NAME_OF_ZONE = r"(?:\[[A-Za-z0-9_+/-]+\]| ?\([^()]+\))?"
_TOKEN = re.compile(r"%(.?)|(\s+)|([^%\s]+)", re.DOTALL)
_TWO = "[0-5][0-9]"
# The extended format of a calendar date, alone or with a time of day, as RFC 3339 and pandas write it.
_ISO_PATTERN = (
    r"(?P<Y>[0-9]{4})-(?P<m>0[1-9]|1[0-2])-(?P<d>0[1-9]|[12][0-9]|3[01])"
    rf"(?:[ Tt](?P<H>[01][0-9]|2[0-4]):(?P<M>{_TWO})(?::(?P<S>{_TWO}|60)(?:[.,](?P<f>[0-9]{{1,9}}))?)?"
    rf"(?: ?(?P<z>{_WORDS['z']}){_NAME_OF_ZONE})?)?"
)
# Texts of these, written in one format and read in another, show whether the two differ.
_PROBES = (
    datetime.datetime(2013, 2, 1, 3, 4, 5),
    datetime.datetime(2012, 12, 11, 10, 9, 8),
    datetime.datetime(2031, 7, 30, 23, 59, 58),
    datetime.datetime(1999, 5, 13),
)


class DateFormat:
    """A format of `strptime`, or ISO 8601.

    The directives are %Y %y %m %b %B %d %a %A %H %I %p %M %S %f %z %%.

    Names are English whatever the locale. A day, month or hour may be of one digit where no other digit is
    beside it; a space stands for one or more; a fraction has up to nine digits. The day of the week is
    ignored. Where the format has no day (or no month), it is the first. %z is `Z`, `+hh`, `+hhmm`, `+hh:mm`,
    `UTC`, `GMT`, or `GMT+h`; a zone's name in brackets after it is ignored. `Z`, `UTC` or `GMT` in the format
    after its time is the offset 0. 24:00 is the next midnight, and a leap second (:60) the next minute, as in
    ISO 8601 and PostgreSQL.

    Attributes:
        written: The format.
        parts: The letters of its directives.
        pattern: For RE2 on bytes, with anchors; each part is a group of its letter's name.
    """

    def __init__(self, written: str) -> None:
        """Compiles the format.

        Args:
            written: The format; "ISO8601" is `YYYY-MM-DD`, or `YYYY-MM-DD HH:MM[:SS[.f]][offset]`.

        Raises:
            ValueError: It has an unknown directive, one twice, or does not say which day is meant.
        """
        self.written = written
        if written == ISO:
            self.parts = list("YmdHMSfz")
            inner = _ISO_PATTERN
        else:
            tokens = list(_tokens(written))
            self.parts = ["z" if kind == "zone" else text for kind, text in tokens if kind != "text"]
            _refuse_open(self.parts)
            inner = "".join(_patterns(tokens))
        self.pattern = rf"\A(?:{inner})\z"
        self._compiled = re.compile(rf"\A(?:{inner})\Z", re.ASCII)

    @property
    def has_time(self) -> bool:
        """Whether all of its texts have a time of the day; those of ISO 8601 may."""
        return self.written != ISO and ("H" in self.parts or "I" in self.parts)

    def parts_of(self, text: str) -> Mapping[str, str | None] | None:
        """The parts of a text by their letters; None where it is not written so."""
        match = self._compiled.match(text)
        return match.groupdict() if match else None


def formats_of(written: Sequence[str]) -> tuple[DateFormat, ...]:
    """The formats of a column, in the order in which they are tried: what is written, and ISO 8601.

    ISO 8601 is left out where one of the others reads a text in it as another day.
    """
    return _formats_of(tuple(written))


@functools.cache
def _formats_of(written: tuple[str, ...]) -> tuple[DateFormat, ...]:
    formats = [DateFormat(each) for each in written]
    if ISO not in written and not any(conflict(each, ISO) for each in written):
        formats.append(DateFormat(ISO))
    return tuple(formats)


def conflict(one: str, other: str) -> str:
    """A text that two formats read as different times; "" where there is none.

    Args:
        one: A format.
        other: Another one.
    """
    for writer, reader in ((one, other), (other, one)):
        for probe in _PROBES:
            text = probe.strftime("%Y-%m-%d %H:%M:%S" if writer == ISO else writer)
            for each in (text, text[:10]) if writer == ISO else (text,):
                ways = [_moment(each, DateFormat(way)) for way in (writer, reader)]
                if None not in ways and ways[0] != ways[1]:
                    return each
    return ""


def _moment(text: str, way: DateFormat) -> datetime.datetime | None:
    parts = way.parts_of(text)
    return moment_of(parts) if parts is not None else None


def moment_of(parts: Mapping[str, str | None]) -> datetime.datetime | None:
    """The wall clock of a text's parts, in whole seconds; None where there is no such day."""
    text = {letter: value for letter, value in parts.items() if value is not None}
    year = int(text["Y"]) if "Y" in text else int(text["y"]) + (1900 if int(text["y"]) >= PIVOT else 2000)
    month = int(text.get("m", "1"))
    if named := text.get("b") or text.get("B"):
        month = [name[:SHORT] for name in MONTHS].index(named[:SHORT].lower()) + 1
    hour, minute, second = (int(text.get(letter, "0")) for letter in "HMS")
    if "I" in text:
        hour = int(text["I"]) % 12 + 12 * (text["p"][0] in "pP")
    if hour == _MIDNIGHT and (minute or second or text.get("f", "").strip("0")):
        return None
    try:
        clock = datetime.timedelta(hours=hour, minutes=minute, seconds=second)
        return datetime.datetime(year, month, int(text.get("d", "1"))) + clock
    except (ValueError, OverflowError):
        return None


def _patterns(tokens: list[tuple[str, str]]) -> Iterator[str]:
    """The pattern of each token."""
    for index, (kind, text) in enumerate(tokens):
        if kind == "text":
            yield text
        elif kind == "zone":
            yield f"(?P<z>{text})"
        elif text in _DIGITS:
            beside = [*tokens[max(index - 1, 0) : index], *tokens[index + 1 : index + 2]]
            crowded = any(kind == "directive" and one in _DIGITS for kind, one in beside)
            yield f"(?P<{text}>{_DIGITS[text][crowded]})"
        else:
            yield f"(?P<{text}>{_WORDS[text]})" + _NAME_OF_ZONE * (text == "z")


def _tokens(written: str) -> Iterator[tuple[str, str]]:
    """The directives by their letter, the text between them as a pattern, and UTC's names after a time."""
    clock, zoned = False, "%z" in written
    for match in _TOKEN.finditer(written):
        directive, space, text = match.groups()
        if directive == "%":
            yield "text", "%"
        elif directive is not None:
            if directive not in _DIGITS and directive not in _WORDS:
                known = " ".join(f"%{letter}" for letter in "YymbBdaAHIpMSfz")
                raise ValueError(f"expected a format of {known}, or {ISO}; %{directive} is not one of them")
            yield "directive", directive
            clock |= directive in "HI"
        elif space:
            yield "text", "[ \\t]+"
        elif text in _UTC and clock and not zoned:
            zoned = True
            yield "zone", text
        else:
            yield "text", re.escape(text)


def _refuse_open(directives: list[str]) -> None:
    twice = next((letter for letter in directives if directives.count(letter) > 1), None)
    if twice:
        raise ValueError(f"expected each directive once; %{twice} is used twice")
    have = set(directives)
    month, clock = have & set("mbB"), have & set("HI")
    if len(have & set("Yy")) != 1:
        raise ValueError("expected a format with a year, %Y or %y")
    if len(month) > 1 or ("d" in have and not month):
        raise ValueError("expected one month (%m, %b or %B) together with a day")
    if len(clock) > 1 or ("I" in have) != ("p" in have):
        raise ValueError("expected an hour as %H, or as %I with %p")
    if (clock and "d" not in have) or ("M" in have and not clock) or ("S" in have and "M" not in have):
        raise ValueError("expected a time only with a day, as hour, minute, second")
    if "f" in have and "S" not in have:
        raise ValueError("expected a fraction (%f) only with seconds (%S)")
    if "z" in have and not clock:
        raise ValueError("expected an offset (%z) only with a time")
