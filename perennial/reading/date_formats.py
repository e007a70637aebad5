"""What a date format of `strptime` means: a pattern that is strict, in no locale, and names each part."""

import re
from collections.abc import Iterator

MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
SHORT = 3
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
# Each with the pattern for where a digit may stand beside it: there, two digits are two digits.
_DIGITS = {
    "Y": ("[0-9]{4}", "[0-9]{4}"),
    "y": ("[0-9]{2}", "[0-9]{2}"),
    "m": ("0?[1-9]|1[0-2]", "0[1-9]|1[0-2]"),
    "d": ("0?[1-9]|[12][0-9]|3[01]", "0[1-9]|[12][0-9]|3[01]"),
    "H": ("[01]?[0-9]|2[0-3]", "[01][0-9]|2[0-3]"),
    "I": ("0?[1-9]|1[0-2]", "0[1-9]|1[0-2]"),
    "M": ("[0-5]?[0-9]", "[0-5][0-9]"),
    "S": ("[0-5]?[0-9]", "[0-5][0-9]"),
    "f": ("[0-9]{1,9}", "[0-9]{1,9}"),
}
_WORDS = {
    "b": "(?i:" + "|".join(name[:SHORT] for name in MONTHS) + ")",
    "B": "(?i:" + "|".join(MONTHS) + ")",
    "a": "(?i:" + "|".join(name[:SHORT] for name in _DAYS) + ")",
    "A": "(?i:" + "|".join(_DAYS) + ")",
    "p": "(?i:am|pm)",
    "z": "Z|[+-][0-9]{2}:?[0-9]{2}",
}
_TOKEN = re.compile(r"%(.?)|(\s+)|([^%\s]+)", re.DOTALL)


class DateFormat:
    """A format of `strptime`, with these directives: %Y %y %m %b %B %d %a %A %H %I %p %M %S %f %z %%.

    Names are English whatever the locale. A day, month or hour may be of one digit where no other digit is
    beside it; a space stands for one or more; a fraction has up to nine digits. The day of the week and the
    offset are ignored: what remains is the wall clock. Where the format has no day (or no month), it is the
    first.
    """

    def __init__(self, written: str) -> None:
        """Compiles the format.

        Raises:
            ValueError: It has an unknown directive, one twice, or does not say which day is meant.
        """
        self.written = written
        tokens = list(_tokens(written))
        self.parts = [text for kind, text in tokens if kind == "directive"]
        _refuse_open(self.parts)
        pattern = ""
        for index, (kind, text) in enumerate(tokens):
            if kind != "directive":
                pattern += text
            elif text in _DIGITS:
                beside = [*tokens[max(index - 1, 0) : index], *tokens[index + 1 : index + 2]]
                crowded = any(kind == "directive" and one in _DIGITS for kind, one in beside)
                pattern += f"(?P<{text}>{_DIGITS[text][crowded]})"
            else:
                pattern += f"(?P<{text}>{_WORDS[text]})"
        self.pattern = rf"\A{pattern}\z"

    @property
    def has_time(self) -> bool:
        """Whether it has a time of the day."""
        return "H" in self.parts or "I" in self.parts


def _tokens(written: str) -> Iterator[tuple[str, str]]:
    """The directives by their letter, and the text between them as a pattern."""
    for match in _TOKEN.finditer(written):
        directive, space, text = match.groups()
        if directive == "%":
            yield "text", "%"
        elif directive is not None:
            if directive not in _DIGITS and directive not in _WORDS:
                known = " ".join(f"%{letter}" for letter in "YymbBdaAHIpMSfz")
                raise ValueError(f"expected a format of {known}; %{directive} is not one of them")
            yield "directive", directive
        elif space:
            yield "text", "[ \\t]+"
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
