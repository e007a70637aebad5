"""Columns of truth values: which of a column's texts are 1 and 0."""

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from commands.new.sniffing.evidence import MISSING, Values
from commands.new.sniffing.file_profile import FileProfile, TextColumn

# Of the reader, in any case, and as numbers.
_READ: Final = frozenset({"true", "false", "0", "1", "0.0", "1.0"})
# A column of more different texts is none of truth values.
_FEW: Final = 20
_PAIRS: Final = (
    *(("yes", "no"), ("y", "n"), ("t", "f"), ("ja", "nein"), ("j", "n"), ("oui", "non"), ("vrai", "faux")),
    *(("si", "no"), ("sí", "no"), ("wahr", "falsch"), ("sim", "não"), ("on", "off"), ("ja", "nej")),
)


class TruthWords(NamedTuple):
    """The texts of a column that are 1 and 0, beside those that every column of numbers reads so."""

    true: tuple[str, ...] = ()
    false: tuple[str, ...] = ()


def is_truth(texts: Iterable[str]) -> bool:
    """Whether all texts are of one pair of truth values, in whatever case."""
    lower = {text.strip().lower() for text in texts}
    return bool(lower) and any(lower <= set(pair) for pair in (*_PAIRS, ("true", "false")))


def words_of_truth(values: Values) -> npt.NDArray[np.bool_]:
    """Which values are truth values of the commonest language among them."""
    lower = (
        [text.decode().strip().lower() for text in values.texts.to_pylist()]
        if len(values.texts) < _FEW
        else []
    )
    masks = [np.array([text in pair for text in lower], bool) for pair in (*_PAIRS, ("true", "false"))]
    if not lower:
        return np.zeros(len(values.texts), bool)
    return max(masks, key=lambda mask: int(values.counts[mask].sum()))


def truth_words(column: TextColumn) -> TruthWords | None:
    """The words of a column of truth values; None where it is none, or each word has one spelling.

    A column of `yes` and `no` is a category of two values, and needs no setting. With a third spelling
    (`Yes`) it would be one of three.
    """
    plain = column.trimmed.without(MISSING)
    if not 0 < len(plain.texts) <= 2 * len(_READ):
        return None
    texts = [text.decode() for text in plain.texts.to_pylist()]
    lower = {text.lower() for text in texts}
    if lower <= _READ and lower & {"true", "false"}:
        return TruthWords()
    for true, false in _PAIRS:
        others = lower - _READ
        if others and others <= {true, false} and (len(texts) > len(lower) or lower & _READ):
            return TruthWords(
                tuple(text for text in texts if text.lower() == true),
                tuple(text for text in texts if text.lower() == false),
            )
    return None


def find_truth(columns: Sequence[TextColumn], profile: FileProfile, label: str) -> None:
    """Makes columns of truth values 0 and 1, and adds the words to the profile.

    The label's spellings are left as they are: `label.choose_task` asks about them.
    """
    for column in columns:
        words = truth_words(column) if profile.kinds[column.name] == "string" else None
        if words is None or (column.name == label and any(words)):
            continue
        profile.kinds[column.name] = "int"
        if any(words):
            for key, texts in (("true_values", words.true), ("false_values", words.false)):
                profile.exports[key] = list(dict.fromkeys([*profile.exports.get(key, ()), *texts]))
            profile.notes.append(
                f"Column `{column.name}` has truth values in several spellings: they are read as 1 and 0"
                " (`true_values`, `false_values`)."
            )
