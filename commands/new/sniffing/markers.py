"""Which words mean a missing cell in which columns: the setting `na_values`."""

import statistics
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from commands.new.sniffing import evidence
from commands.new.sniffing.file_profile import FileProfile, TextColumn, count
from commands.new.sniffing.truth import is_truth
from perennial.reading.missing_words import AMONG_NUMBERS, EVERYWHERE
from serving.reading.rules import OTHERS

# Of these, a column of text may mean something: North America, Namibia, "not applicable".
_MAY_BE_VALUES: Final = frozenset({"NA", "N/A", "n/a", "n.a.", "N.A."})
_CODE: Final = r"\A[A-Z]{2,4}\z"
_MOST_CATEGORIES: Final = 50
# A word that is more frequent than this many times the commonest value is no value beside it.
_TIMES_MOST: Final = 3
# One that is rarer than the usual value by more than this is missing: values of equal chances differ by less.
_TIMES_LESS: Final = 2


def find_missing(
    columns: Sequence[TextColumn], profile: FileProfile, placeholders: Mapping[str, Sequence[str]]
) -> None:
    """Adds the words that mean missing to the profile, by column where they do not in all.

    Args:
        columns: As text.
        profile: Knows which of them are numbers and dates.
        placeholders: Column of dates -> dates that stand for none.
    """
    by_column: dict[str, list[str]] = {}
    in_text = [
        profile.kinds[column.name] == "string" and column.name not in profile.dates for column in columns
    ]
    others = [column for column, is_text in zip(columns, in_text, strict=True) if not is_text]
    written = {word for column in others for word in _among_numbers(column)}
    for column, is_text in zip(columns, in_text, strict=True):
        own = _in_text(column, profile, written) if is_text else _among_numbers(column)
        by_column[column.name] = [*own, *placeholders.get(column.name, ())]
    words = dict.fromkeys(word for each in by_column.values() for word in each)
    dates = {word for each in placeholders.values() for word in each}
    for word in words:
        cells = sum(_count(column, word) for column in columns if word in by_column[column.name])
        why = ", as it stands for no date" if word in dates else ""
        profile.notes.append(f"`{word}` ({count(cells, 'cell')}) counts as missing{why}.")
    if words:
        profile.exports["na_values"] = _setting(columns, by_column, list(words))


def _count(column: TextColumn, word: str) -> int:
    return column.trimmed.count_of(word)


def _among_numbers(column: TextColumn) -> list[str]:
    return [word for word in (*EVERYWHERE, *AMONG_NUMBERS) if _count(column, word)]


def _in_text(column: TextColumn, profile: FileProfile, written: Collection[str]) -> list[str]:
    """The words that mean missing in a column of text; `written` are those of the columns of numbers."""
    words = []
    for word in EVERYWHERE:
        if not (cells := column.values.count_of(word)):
            continue
        why = _why_value(word, column, word in written) if word in _MAY_BE_VALUES else ""
        if not why:
            words.append(word)
            continue
        profile.notes.append(
            f"`{word}` ({count(cells, 'cell')}) is a value in column `{column.name}`, as {why}. If it means"
            f" missing there, add it to `na_values` of `{column.name}`."
        )
    return words


def _why_value(word: str, column: TextColumn, is_written: bool) -> str:
    """Why a word is a value of a column of text; "" where it means missing.

    Args:
        word: Which.
        column: Of text.
        is_written: Whether the file writes it for missing numbers: then its frequency shows nothing.
    """
    others = column.values.without((*EVERYWHERE, ""))
    texts = [text.decode() for text in others.texts.slice(0, _MOST_CATEGORIES + 1).to_pylist()]
    if not texts or is_truth(texts) or len(texts) > _MOST_CATEGORIES * 20:
        return ""
    if len(texts) > 1 and word == "NA" and others.matching(_CODE).mean() >= evidence.MOSTLY:
        return "the other values are such codes, too"
    cells, usual = column.values.count_of(word), statistics.median(others.counts.tolist())
    most = _TIMES_MOST * int(others.counts.max())
    if not is_written and len(texts) <= _MOST_CATEGORIES and usual <= _TIMES_LESS * cells and cells <= most:
        return "it is about as frequent as most other values"
    return ""


def _setting(
    columns: Sequence[TextColumn], by_column: Mapping[str, list[str]], words: list[str]
) -> list[str] | dict[str, Any]:
    """One list where it means the same in each column; else by column."""
    present = {column.name: [word for word in words if _count(column, word)] for column in columns}
    if all(set(present[name]) == set(by_column[name]) for name in present):
        return words
    general = [word for word in words if word in EVERYWHERE]
    setting: dict[str, Any] = {OTHERS: general} if general else {}
    for name, own in by_column.items():
        if set(own) != {word for word in present[name] if word in general}:
            absent = [word for word in general if word not in present[name]]
            setting[name] = [*own, *absent]
    return setting
