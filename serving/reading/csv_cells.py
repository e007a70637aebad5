"""How cells of a CSV are written: what a number looks like, and when a cell is quoted.

The server's requests and request log go by it, and so do the pipeline's exports, quarantines and predictions.
"""

_ALWAYS_QUOTED = b'"\r\n'
DIGITS = "[0-9]+"


def integer_pattern(digits: str = DIGITS) -> str:
    """A regular expression for integers, without anchors; for Python's `re`, and for RE2 on bytes.

    Args:
        digits: What stands for one or more digits, where they may be grouped.
    """
    return f"[+-]?{digits}"


def number_pattern(digits: str = DIGITS, point: str = r"\.") -> str:
    r"""The same for numbers: `1`, `-.5`, `+1.e-3`. There is no NaN, infinity, hexadecimal digit or space.

    Args:
        digits: What stands for one or more digits before the point, where they may be grouped.
        point: What stands for the mark before the fraction.
    """
    return rf"[+-]?(?:{digits}(?:{point}[0-9]*)?|{point}[0-9]+)(?:[eE][+-]?[0-9]+)?"


def csv_cell(text: bytes, delimiters: bytes = b",") -> bytes:
    """A cell of text, quoted where it has to be (RFC 4180), and where it is empty: unquoted, it is missing.

    Args:
        text: In an encoding in which ASCII is as in ASCII.
        delimiters: A cell that holds one of these is quoted.
    """
    if text and len(text.translate(None, _ALWAYS_QUOTED + delimiters)) == len(text):
        return text
    return b'"' + text.replace(b'"', b'""') + b'"'
