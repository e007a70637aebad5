"""The settings of `exports` that say how cells are written, in pandas' words, and what may not be set."""

import importlib.resources
import itertools
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated

from pydantic import BeforeValidator, Field

from perennial.errors import did_you_mean
from perennial.section import Number, Section, Whole, WrongSetting
from pipeline.span_names import EXAMPLES, SpanKind, order
from pipeline.span_periods import is_name
from serving.reading.date_formats import DateFormat, conflict
from serving.reading.numbers import numbers_of
from serving.reading.rules import ISO, OTHERS
from serving.reading.time_zones import zone


def _as_text(value: object) -> object:
    """A span that is a number, which YAML reads as one."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _as_items(value: object) -> object:
    """A format, or a list of formats, as a list of items."""
    if isinstance(value, str):
        value = [value]
    if isinstance(value, list | tuple):
        return [{"format": each} if isinstance(each, str) else each for each in value]
    return value


class DatedFormat(Section):
    """A format of dates.

    Attributes:
        format: Of `strptime`, or "ISO8601".
        since: The first span that is written so; None: all before the other formats' first.
    """

    format: str
    since: Annotated[str | None, BeforeValidator(_as_text), Field(alias="from", description="a span")] = None


DatedFormats = Annotated[
    tuple[DatedFormat, ...],
    BeforeValidator(_as_items),
    Field(min_length=1, description="a format, or a list of formats or of {format: F, from: SPAN}"),
]


def _as_words(value: object) -> object:
    """A text as a list of it alone."""
    return (value,) if isinstance(value, str) else value


Words = Annotated[tuple[str, ...], BeforeValidator(_as_words), Field(description="a text or a list of texts")]


def _as_markers(value: object) -> object:
    """A text or number as a list of it alone."""
    is_one = isinstance(value, str | int | float) and not isinstance(value, bool)
    return (value,) if is_one else value


Marker = Annotated[str | Whole | Number, Field(description="a text or a number")]
Markers = Annotated[
    tuple[Marker, ...],
    BeforeValidator(_as_markers),
    Field(description="a text, a number, or a list of these"),
]
MissingMarkers = Annotated[
    Markers | dict[str, Markers],
    Field(description="a text, a number, a list of these, or a mapping of columns to these"),
]


def by_first_span(formats: Sequence[DatedFormat], kind: SpanKind) -> dict[str | None, tuple[str, ...]]:
    """The span from which on each group of a column's formats is in force -> these, oldest first.

    Args:
        formats: All formats of the column.
        kind: How names of spans are read.

    Returns:
        None stands for all spans before the others: "ISO8601" alone, which is always read, where no format
        is without `from`.
    """
    groups: dict[str | None, list[str]] = {None: []}
    for each in sorted(formats, key=lambda each: (each.since is not None, order(each.since or "", kind))):
        groups.setdefault(each.since, []).append(each.format)
    return {first: tuple(group) or (ISO,) for first, group in groups.items()}


def first_in_force(firsts: Iterable[str | None], span: str | None, kind: SpanKind) -> str | None:
    """That of the first spans of groups of formats, oldest first, whose group is in force in a span.

    Args:
        firsts: The keys of `by_first_span`.
        span: The span; None: the newest of all.
        kind: How names of spans are read.
    """
    *_, newest = (
        first for first in firsts if span is None or first is None or order(first, kind) <= order(span, kind)
    )
    return newest


def in_force(formats: Sequence[DatedFormat], span: str | None, kind: SpanKind) -> tuple[str, ...]:
    """The formats of a column in a span (None: the newest): those that are set from the newest span on."""
    groups = by_first_span(formats, kind)
    return groups[first_in_force(groups, span, kind)]


def missing_words(value: Markers | Mapping[str, Markers], decimal: str) -> dict[str, Words]:
    """Column, or "*" for all others -> texts that are missing; numbers as the files write them."""
    by_column = value if isinstance(value, Mapping) else {OTHERS: value} if value else {}
    return {
        column: tuple(each if isinstance(each, str) else str(each).replace(".", decimal) for each in markers)
        for column, markers in by_column.items()
    }


def check_date_formats(formats: Mapping[str, Sequence[DatedFormat]], kind: SpanKind) -> None:
    """Refuses a format that leaves the day of a date open, and formats with which a text has two readings.

    Raises:
        WrongSetting: With the column, what was expected, and what is there.
    """
    for column, items in formats.items():
        for item in items:
            try:
                DateFormat(item.format)
            except ValueError as error:
                raise WrongSetting(str(error), column) from error
            if item.since is not None and not is_name(item.since, kind):
                raise WrongSetting(f"`from`: expected a span such as {EXAMPLES[kind]}", column)
        for one, other in itertools.combinations(items, 2):
            if one.since != other.since:
                continue
            if one.format == other.format:
                raise WrongSetting(f"the format {one.format} is there twice", column)
            if text := conflict(one.format, other.format):
                raise WrongSetting(
                    f"{one.format} and {other.format} read {text!r} as different times; if the source changed"
                    f" its format, set `from: SPAN` for the later one, such as {{format: {other.format!r},"
                    f" from: {EXAMPLES[kind]}}}",
                    column,
                )


def check_words(true: Words, false: Words, missing: Mapping[str, Words]) -> None:
    """Refuses a word with two meanings, and one that is another number: a number is read as itself.

    Raises:
        ValueError: With the two settings.
    """
    every = {"true_values": {*true}, "false_values": {*false}}
    lists = every | {"na_values": {word for words in missing.values() for word in words}}
    for (one, words), (other, more) in itertools.combinations(lists.items(), 2):
        if both := sorted(words & more):
            raise ValueError(f"`{one}` and `{other}` both have {both[0]!r}: it would have two meanings")
    plain = numbers_of(".", None).number
    for (name, words), own in zip(every.items(), ("1", "0"), strict=True):
        if numbers := sorted(word for word in words - {own} if plain.match(word)):
            raise ValueError(
                f"`{name}`: expected words, got {numbers[0]}. Numbers are read as they are; remove it"
            )


def check_time_zone(name: str) -> None:
    """Refuses a name that is no time zone's.

    Raises:
        ValueError: With what was expected, and the nearest name.
    """
    try:
        zone(name)
    except ValueError as error:
        known = importlib.resources.files("tzdata").joinpath("zones").read_text(encoding="utf-8").split()
        cities = [each for each in known if each.rpartition("/")[2].lower() == name.lower().replace(" ", "_")]
        near = f" (did you mean `{cities[0]}`?)" if cities else did_you_mean(name, known)
        raise ValueError(f"{error}{near}") from None
