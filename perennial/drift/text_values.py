"""What a summary needs of texts: a hash of each, and of which kinds its letters are, many texts at once."""

from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

# How many rows of a day have a value with lower-case letters, with upper-case ones, with digits, with a space
# at either end, that is empty, that is no UTF-8; and the length of all values together in characters.
SHAPES: Final = ("lower", "upper", "digit", "space", "empty", "invalid", "length")
_LOWER, _UPPER, _DIGIT, _SPACE, _EMPTY, _INVALID, _LENGTH = range(len(SHAPES))

Hashes = npt.NDArray[np.uint64]

_GOLDEN: Final = np.uint64(0x9E3779B97F4A7C15)
_ASCII: Final = 128
_SPACES: Final = np.isin(np.arange(256), [9, 10, 11, 12, 13, 32])


def _kinds_of_bytes() -> npt.NDArray[np.uint8]:
    """For each byte a bit for lower-case, upper-case, digit, and beyond ASCII."""
    kinds = np.zeros(256, np.uint8)
    kinds[ord("a") : ord("z") + 1] = 1
    kinds[ord("A") : ord("Z") + 1] = 2
    kinds[ord("0") : ord("9") + 1] = 4
    kinds[_ASCII:] = 8
    return kinds


_KINDS: Final = _kinds_of_bytes()


def mixed(state: Hashes) -> Hashes:
    """Splitmix64's last step: uniform over 64 bits, where the input only differs (Steele et al., 2014)."""
    state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(state ^ (state >> np.uint64(31)))


def text_hashes(values: pa.Array) -> Hashes:
    """A hash of each text (binary, none missing); equal for equal texts in any process, shape (values,)."""
    content, starts, lengths = _content(values)
    place = np.arange(len(content), dtype=np.uint64) - np.repeat(starts, lengths).astype(np.uint64)
    of_bytes = mixed((place << np.uint64(8) | content) * _GOLDEN + np.uint64(1))
    return mixed(_by_text(np.add, of_bytes, starts, lengths) + lengths.astype(np.uint64) * _GOLDEN)


def text_shapes(values: pa.Array) -> npt.NDArray[np.int64]:
    """Of each text (binary, none missing) what `SHAPES` names: 0 or 1, and its length; shape (values, 7).

    The length of a text that is no UTF-8 is that of its bytes.
    """
    content, starts, lengths = _content(values)
    kinds = _by_text(np.bitwise_or, _KINDS[content], starts, lengths)
    shapes = np.zeros((len(values), len(SHAPES)), np.int64)
    for place, bit in ((_LOWER, 1), (_UPPER, 2), (_DIGIT, 4)):
        shapes[:, place] = (kinds & bit) > 0
    some = lengths > 0
    shapes[some, _SPACE] = _SPACES[content[starts[some]]] | _SPACES[content[(starts + lengths)[some] - 1]]
    shapes[:, _EMPTY] = ~some
    shapes[:, _LENGTH] = lengths
    for place in np.flatnonzero(kinds & 8):
        shapes[place] = _shape_beyond_ascii(values[int(place)].as_py())
    return shapes


def _shape_beyond_ascii(value: bytes) -> list[int]:
    is_invalid = False
    try:
        text = value.decode()
    except UnicodeDecodeError:
        is_invalid, text = True, value.decode("latin-1")
    return [
        any(letter.islower() for letter in text),
        any(letter.isupper() for letter in text),
        any(letter.isdigit() for letter in text),
        text != text.strip(),
        False,
        is_invalid,
        len(text),
    ]


def _content(
    values: pa.Array,
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """All bytes after each other; where each text begins; how long it is."""
    large = values.cast(pa.large_binary())
    _, offsets, data = large.buffers()
    if not len(large):
        return np.zeros(0, np.uint8), np.zeros(0, np.int64), np.zeros(0, np.int64)
    ends = np.frombuffer(offsets, np.int64)[large.offset : large.offset + len(large) + 1]
    content = np.frombuffer(data, np.uint8) if data and data.size else np.zeros(0, np.uint8)
    return content[ends[0] : ends[-1]], ends[:-1] - ends[0], np.diff(ends)


def _by_text(
    combine: np.ufunc,
    of_bytes: npt.NDArray[Any],
    starts: npt.NDArray[np.int64],
    lengths: npt.NDArray[np.int64],
) -> npt.NDArray[Any]:
    """Combines what is known of the bytes of each text; 0 for an empty text."""
    combined = np.zeros(len(starts), of_bytes.dtype)
    some = np.flatnonzero(lengths)
    if len(some):
        combined[some] = combine.reduceat(of_bytes, starts[some])
    return combined
